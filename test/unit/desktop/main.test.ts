import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeElectron, type FakeElectron } from './fake-electron.ts'

let electron: FakeElectron
let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'coxswain-main-'))
  electron = createFakeElectron()
  vi.doMock('electron', () => electron.module)
  vi.stubEnv('COXSWAIN_DATA', dataDir)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(dataDir, { recursive: true, force: true })
})

test('the main module waits for nothing that Electron does only once it has been evaluated', async () => {
  electron.app.whenReady.mockReturnValue(new Promise<never>(() => undefined))
  await import('../../../src-main/main.ts')
  await vi.waitFor(() => expect(electron.app.whenReady).toHaveBeenCalled())
  expect(electron.app.setPath).toHaveBeenCalledWith('userData', join(dataDir, 'window'))
})
