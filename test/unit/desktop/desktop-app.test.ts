import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeElectron, type FakeElectron } from './fake-electron.ts'

let electron: FakeElectron
let dataDir: string

beforeEach(async () => {
  vi.resetModules()
  dataDir = await mkdtemp(join(tmpdir(), 'coxswain-desktop-'))
  electron = createFakeElectron({ userData: dataDir })
  vi.doMock('electron', () => electron.module)
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function run() {
  const { runDesktop } = await import('../../../src-main/desktop/desktop-app.ts')
  const stop = vi.fn(async () => undefined)
  const start = vi.fn(async (_options: object) => ({
    windowUrl: () => 'http://127.0.0.1:4242/?token=once',
    stop,
  }))
  await runDesktop({ start })
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
  it('stops the control plane first, then quits', async () => {
    const { stop } = await run()
    const prevented = await electron.emit('before-quit')
    expect(prevented).toBe(true)
    await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled())
    expect(stop).toHaveBeenCalledOnce()
    expect(await electron.emit('before-quit')).toBe(false)
  })
})

describe('the keychain', () => {
  it('keeps one key, encrypted, and gives the same one again', async () => {
    const { openKeychain } = await import('../../../src-main/desktop/keychain.ts')
    const key = await (await openKeychain(dataDir)).key({ create: true })
    expect(key).toHaveLength(32)
    expect(await (await openKeychain(dataDir)).key({ create: true })).toEqual(key)
    const kept = await readFile(join(dataDir, 'key.keychain'))
    expect(kept.includes(key.toString('base64'))).toBe(false)
  })

  it('makes no new key for a store that is encrypted with a lost one', async () => {
    const { openKeychain } = await import('../../../src-main/desktop/keychain.ts')
    await expect((await openKeychain(dataDir)).key({ create: false })).rejects.toThrow(/from a backup/)
  })

  it('is refused where Electron would only scramble the key, and the person is told', async () => {
    electron.safeStorage.getSelectedStorageBackend.mockReturnValue('basic_text')
    const { start } = await run()
    expect(start).toHaveBeenCalledWith({ dataDir, keyProvider: undefined })
    expect(electron.dialog.showMessageBox).toHaveBeenCalled()
  })

  it('says what to do when the kept key cannot be opened', async () => {
    const { openKeychain } = await import('../../../src-main/desktop/keychain.ts')
    await (await openKeychain(dataDir)).key({ create: true })
    electron.safeStorage.decryptStringAsync.mockRejectedValue(new Error('wrong key'))
    await expect((await openKeychain(dataDir)).key({ create: true })).rejects.toThrow(
      /copied from another computer/,
    )
  })
})
