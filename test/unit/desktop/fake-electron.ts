import { vi } from 'vitest'

type Handler = (...args: never[]) => unknown

/** The part of Electron's surface that src-main/desktop uses, with what a test wants to look at. */
export function createFakeElectron() {
  const handlers = new Map<string, Handler[]>()
  const contentsHandlers = new Map<string, Handler>()
  const windows: FakeWindow[] = []
  const opened: string[] = []
  let permissionRequest: Handler = () => undefined
  let permissionCheck: Handler = () => true
  let device: Handler = () => true
  let openHandler: Handler = () => ({ action: 'allow' })

  const contents = {
    on: (name: string, handler: Handler) => contentsHandlers.set(name, handler),
    setWindowOpenHandler: (handler: Handler) => (openHandler = handler),
  }

  class FakeWindow {
    static getAllWindows = () => windows
    url = ''
    focus = vi.fn()
    restore = vi.fn()
    show = vi.fn()
    isMinimized = () => false
    readonly webContents = contents
    readonly options: { webPreferences?: object }
    constructor(options: { webPreferences?: object }) {
      this.options = options
      windows.push(this)
    }
    once(_name: string, handler: () => void) {
      handler()
    }
    async loadURL(url: string) {
      this.url = url
      call(handlers.get('web-contents-created') ?? [], {}, contents)
    }
  }

  const app = {
    enableSandbox: vi.fn(),
    requestSingleInstanceLock: vi.fn(() => true),
    whenReady: vi.fn(async () => undefined),
    setPath: vi.fn(),
    quit: vi.fn(),
    exit: vi.fn(),
    on: (name: string, handler: Handler) => handlers.set(name, [...(handlers.get(name) ?? []), handler]),
  }
  const safeStorage = {
    isAsyncEncryptionAvailable: vi.fn(async () => true),
    getSelectedStorageBackend: vi.fn(() => 'gnome_libsecret'),
    encryptStringAsync: vi.fn(async (text: string) => Buffer.from([...text].reverse().join(''))),
    decryptStringAsync: vi.fn(async (sealed: Buffer) => ({
      result: [...sealed.toString()].reverse().join(''),
      shouldReEncrypt: false,
    })),
  }
  const dialog = {
    showErrorBox: vi.fn(),
    showMessageBox: vi.fn(async () => ({ response: 0 })),
    showMessageBoxSync: vi.fn(() => 0),
  }
  const session = {
    defaultSession: {
      setPermissionRequestHandler: (handler: Handler) => (permissionRequest = handler),
      setPermissionCheckHandler: (handler: Handler) => (permissionCheck = handler),
      setDevicePermissionHandler: (handler: Handler) => (device = handler),
    },
  }
  const shell = { openExternal: vi.fn(async (url: string) => void opened.push(url)) }

  /** Emits an app event. @returns whether the default was prevented */
  async function emit(name: string): Promise<boolean> {
    const preventDefault = vi.fn()
    await Promise.all(call(handlers.get(name) ?? [], { preventDefault }))
    return preventDefault.mock.calls.length > 0
  }

  return {
    module: { app, BrowserWindow: FakeWindow, dialog, safeStorage, session, shell },
    app,
    dialog,
    safeStorage,
    windows,
    opened,
    emit,
    askPermission(permission: string, requester: string) {
      let answer: unknown
      call(
        [permissionRequest],
        { getURL: () => requester },
        permission,
        (allowed: boolean) => (answer = allowed),
      )
      return answer
    },
    checkPermission: (permission: string, requester: string) =>
      call([permissionCheck], null, permission, requester)[0],
    askDevice: () => call([device], {})[0],
    navigate(url: string) {
      const preventDefault = vi.fn()
      call([contentsHandlers.get('will-navigate') ?? (() => undefined)], { url, preventDefault })
      return preventDefault.mock.calls.length > 0
    },
    /** A page that would rather stay. @returns whether it is left all the same */
    preventUnload() {
      const preventDefault = vi.fn()
      call([contentsHandlers.get('will-prevent-unload') ?? (() => undefined)], { preventDefault })
      return preventDefault.mock.calls.length > 0
    },
    openWindow: (url: string) => call([openHandler], { url })[0],
  }
}

export type FakeElectron = ReturnType<typeof createFakeElectron>

function call(list: Handler[], ...args: unknown[]): unknown[] {
  return list.map(handler => (handler as (...args: unknown[]) => unknown)(...args))
}
