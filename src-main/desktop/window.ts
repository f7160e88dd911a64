import { BrowserWindow, dialog, type BrowserWindowConstructorOptions } from 'electron'

export const windowOptions: BrowserWindowConstructorOptions = {
  width: 1280,
  height: 800,
  minWidth: 900,
  minHeight: 560,
  show: false,
  title: 'Coxswain',
  webPreferences: {
    // No preload and no IPC: the page speaks HTTP to the control plane, as any browser does.
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    webSecurity: true,
    spellcheck: false,
  },
}

/** Opens the window at an address of the control plane and shows it once it has something to show. */
export async function openWindow(url: string): Promise<BrowserWindow> {
  const window = new BrowserWindow(windowOptions)
  window.webContents.on('will-prevent-unload', event => {
    if (mayLeave(window)) event.preventDefault()
  })
  window.once('ready-to-show', () => window.show())
  await window.loadURL(url)
  return window
}

/** Asks what a browser would: Electron itself lets a page that would rather stay keep its window open in silence. */
function mayLeave(window: BrowserWindow): boolean {
  const leave = 0
  const answer = dialog.showMessageBoxSync(window, {
    type: 'question',
    message: 'Leave the editor?',
    detail:
      'What was typed there has not been applied. It is kept for the next time, unless it holds a Secret.',
    buttons: ['Leave', 'Stay'],
    defaultId: 1,
    cancelId: 1,
  })
  return answer === leave
}
