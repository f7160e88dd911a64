import { app, BrowserWindow, dialog, session } from 'electron'
import { errorMessage } from '../lib/errors.ts'
import type { KeyProvider } from '../store/encryption.ts'
import { storeKey } from '../store/store-key.ts'
import { openKeychain } from './keychain.ts'
import { lockDown } from './lockdown.ts'
import { openWindow } from './window.ts'

/** The control plane as the desktop needs it. */
export interface RunningControlPlane {
  /** A fresh one-time address of the window. */
  windowUrl(): string
  stop(): Promise<void>
}

export interface DesktopOptions {
  dataDir: string
  /** A folder that is there, for what Chromium keeps; apps with the same one are one instance. Absent: Electron's own. */
  profileDir?: string
  start(keyProvider: KeyProvider): Promise<RunningControlPlane>
}

/** Runs Coxswain as a desktop app: one instance, one control plane, one window. */
export async function runDesktop({ dataDir, profileDir, start }: DesktopOptions): Promise<void> {
  app.enableSandbox()
  if (profileDir) app.setPath('userData', profileDir)
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  await app.whenReady()
  const keychain = await openKeychain()
  const keyProvider = storeKey({ dataDir, keychain, onPlain: why => warnOfPlainKey(dataDir, why) })
  const controlPlane = await start(keyProvider).catch((error: unknown) => {
    dialog.showErrorBox('Coxswain could not start', errorMessage(error))
    return undefined
  })
  if (!controlPlane) {
    app.exit(1)
    return
  }
  const quitting = quitCleanly(controlPlane)
  lockDown(session.defaultSession, new URL(controlPlane.windowUrl()).origin)
  const show = async () => {
    if (!quitting.aborted) await showWindow(controlPlane)
  }
  app.on('second-instance', show)
  app.on('activate', show)
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  await show()
}

async function showWindow(controlPlane: RunningControlPlane): Promise<void> {
  const [open] = BrowserWindow.getAllWindows()
  if (!open) {
    await openWindow(controlPlane.windowUrl())
    return
  }
  if (open.isMinimized()) open.restore()
  open.focus()
}

/** A keychain that cannot keep secrets is said aloud once at each start, never papered over. */
async function warnOfPlainKey(dataDir: string, why: Error): Promise<void> {
  await dialog.showMessageBox({
    type: 'warning',
    message: 'Secrets are protected by a key file only',
    detail: `${why.message} Until then the key lies in ${dataDir}, readable by your user only.`,
  })
}

/**
 * Stops the control plane once all windows are closed, for one of them may refuse to.
 * @returns aborted from then on
 */
function quitCleanly(controlPlane: RunningControlPlane): AbortSignal {
  const quitting = new AbortController()
  let stopped = false
  app.on('will-quit', event => {
    if (stopped) return
    event.preventDefault()
    if (quitting.signal.aborted) return
    quitting.abort()
    controlPlane
      .stop()
      .catch((error: unknown) => dialog.showErrorBox('Coxswain did not stop cleanly', errorMessage(error)))
      .finally(() => {
        stopped = true
        app.quit()
      })
  })
  return quitting.signal
}
