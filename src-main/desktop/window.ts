import { BrowserWindow, type BrowserWindowConstructorOptions } from 'electron'

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
  window.once('ready-to-show', () => window.show())
  await window.loadURL(url)
  return window
}
