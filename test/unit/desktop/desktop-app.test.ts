import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KeyProvider } from '../../../src-main/store/encryption.ts'
import { createFakeElectron, type FakeElectron } from './fake-electron.ts'

let electron: FakeElectron
let dataDir: string

beforeEach(async () => {
  vi.resetModules()
  dataDir = await mkdtemp(join(tmpdir(), 'coxswain-desktop-'))
  electron = createFakeElectron()
  vi.doMock('electron', () => electron.module)
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function run({ profileDir }: { profileDir?: string } = {}) {
  const { runDesktop } = await import('../../../src-main/desktop/desktop-app.ts')
  const stop = vi.fn(async () => undefined)
  const start = vi.fn(async (_keyProvider: KeyProvider) => ({
    windowUrl: () => 'http://127.0.0.1:4242/?token=once',
    stop,
  }))
  await runDesktop({ dataDir, profileDir, start })
  return { start, stop }
}

describe('the window', () => {
  it('is sandboxed, isolated, without Node and without a preload script', async () => {
    await run()
    expect(electron.app.enableSandbox).toHaveBeenCalledBefore(electron.app.whenReady)
    const [window] = electron.windows
    expect(window?.url).toBe('http://127.0.0.1:4242/?token=once')
    expect(window?.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      webSecurity: true,
    })
    expect(window?.options.webPreferences).not.toHaveProperty('preload')
  })

  it('is focused, not opened twice, when the app is started again', async () => {
    await run()
    await electron.emit('second-instance')
    expect(electron.windows).toHaveLength(1)
    expect(electron.windows[0]?.focus).toHaveBeenCalled()
  })

  it('is one instance for each data folder that it is told', async () => {
    await run({ profileDir: join(dataDir, 'window') })
    expect(electron.app.setPath).toHaveBeenCalledWith('userData', join(dataDir, 'window'))
    expect(electron.app.setPath).toHaveBeenCalledBefore(electron.app.requestSingleInstanceLock)
  })

  it('does not start a control plane when another instance runs', async () => {
    electron.app.requestSingleInstanceLock.mockReturnValue(false)
    const { start } = await run()
    expect(start).not.toHaveBeenCalled()
    expect(electron.app.quit).toHaveBeenCalled()
  })
})

describe('the lockdown', () => {
  it.each([
    ['media', 'http://127.0.0.1:4242', false],
    ['geolocation', 'http://127.0.0.1:4242', false],
    ['clipboard-sanitized-write', 'http://127.0.0.1:4242', true],
    ['clipboard-sanitized-write', 'http://127.0.0.1:4242.evil.example', false],
  ])('answers a request for %s from %s with %s', async (permission, requester, allowed) => {
    await run()
    expect(electron.askPermission(permission, requester)).toBe(allowed)
    expect(electron.checkPermission(permission, requester)).toBe(allowed)
    expect(electron.askDevice()).toBe(false)
  })

  it.each([
    ['http://127.0.0.1:4242/servers', false],
    ['http://127.0.0.1:4242.evil.example/', true],
    ['http://127.0.0.1:9999/', true],
    ['file:///etc/passwd', true],
    ['not an address', true],
  ])('navigation to %s is prevented: %s', async (url, prevented) => {
    await run()
    expect(electron.navigate(url)).toBe(prevented)
  })

  it('opens no window of its own, and only https outside', async () => {
    await run()
    expect(electron.openWindow('https://example.org/docs')).toEqual({ action: 'deny' })
    expect(electron.openWindow('file:///etc/passwd')).toEqual({ action: 'deny' })
    expect(electron.openWindow('javascript:alert(1)')).toEqual({ action: 'deny' })
    expect(electron.opened).toEqual(['https://example.org/docs'])
  })
})

describe('quitting', () => {
  it('stops the control plane once the windows have agreed, then quits', async () => {
    const { stop } = await run()
    expect(await electron.emit('before-quit')).toBe(false)
    expect(stop).not.toHaveBeenCalled()
    expect(await electron.emit('will-quit')).toBe(true)
    await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled())
    expect(stop).toHaveBeenCalledOnce()
    expect(await electron.emit('will-quit')).toBe(false)
  })

  it('opens no window on a control plane that stops', async () => {
    const { stop } = await run()
    stop.mockReturnValue(new Promise(() => undefined))
    electron.windows.length = 0
    await electron.emit('will-quit')
    await electron.emit('activate')
    await electron.emit('second-instance')
    expect(electron.windows).toEqual([])
  })

  it.each([
    { answer: 'Leave', response: 0, leaves: true },
    { answer: 'Stay', response: 1, leaves: false },
  ])('asks where something typed is not applied yet: $answer', async ({ response, leaves }) => {
    await run()
    electron.dialog.showMessageBoxSync.mockReturnValue(response)
    expect(electron.preventUnload()).toBe(leaves)
    expect(electron.dialog.showMessageBoxSync).toHaveBeenCalledOnce()
  })
})

describe('where there is no keychain', () => {
  it('the person is told, and the key lies in a file', async () => {
    electron.safeStorage.getSelectedStorageBackend.mockReturnValue('basic_text')
    const { start } = await run()
    await start.mock.calls[0]?.[0].key({ create: true })
    expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce()
    expect(await readdir(dataDir)).toEqual(['key'])
  })
})
