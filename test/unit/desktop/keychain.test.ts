import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openCipher } from '../../../src-main/store/encryption.ts'
import { keyFile } from '../../../src-main/store/key-file.ts'
import { MemoryKeyValueStore } from '../../../src-main/store/memory.ts'
import { createFakeElectron, type FakeElectron } from './fake-electron.ts'

let electron: FakeElectron
let dataDir: string
let kv: MemoryKeyValueStore

beforeEach(async () => {
  vi.resetModules()
  dataDir = await mkdtemp(join(tmpdir(), 'coxswain-keychain-'))
  electron = createFakeElectron()
  vi.doMock('electron', () => electron.module)
  kv = new MemoryKeyValueStore()
})

afterEach(async () => {
  await kv.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function provider(onPlain?: (why: Error) => Promise<void>) {
  const { openKeychain } = await import('../../../src-main/desktop/keychain.ts')
  const { storeKey } = await import('../../../src-main/store/store-key.ts')
  return storeKey({ dataDir, keychain: await openKeychain(), ...(onPlain && { onPlain }) })
}

const lock = () => electron.safeStorage.isAsyncEncryptionAvailable.mockResolvedValue(false)
const unlock = () => electron.safeStorage.isAsyncEncryptionAvailable.mockResolvedValue(true)

/** What every start of the desktop does with the store. */
const start = async () => openCipher(kv, await provider())

describe('the key of a data folder', () => {
  it('is sealed by the keychain, and the same at every start', async () => {
    const text = (await start()).encrypt('secrets/a', 'x')
    expect((await start()).decrypt('secrets/a', text)).toBe('x')
    expect(await readdir(dataDir)).toEqual(['key.keychain'])
    const key = await (await provider()).key({ create: false })
    const kept = await readFile(join(dataDir, 'key.keychain'))
    expect(kept.includes(key.toString('base64'))).toBe(false)
  })

  it('moves from its file into the keychain once there is one', async () => {
    const text = (await openCipher(kv, keyFile(join(dataDir, 'key')))).encrypt('secrets/a', 'x')
    expect((await start()).decrypt('secrets/a', text)).toBe('x')
    expect(await readdir(dataDir)).toEqual(['key.keychain'])
    expect((await start()).decrypt('secrets/a', text)).toBe('x')
  })

  it('lies in a file as long as no keyring is unlocked, which is told', async () => {
    lock()
    const told = vi.fn(async () => undefined)
    const text = (await openCipher(kv, await provider(told))).encrypt('secrets/a', 'x')
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('locked') }))
    unlock()
    expect((await start()).decrypt('secrets/a', text)).toBe('x')
  })

  it('lies in a file when the keychain does not even answer', async () => {
    electron.safeStorage.isAsyncEncryptionAvailable.mockRejectedValue(new Error('no bus'))
    const told = vi.fn(async () => undefined)
    await openCipher(kv, await provider(told))
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('no bus') }))
    expect(await readdir(dataDir)).toEqual(['key'])
  })

  it('asks for the keyring, and makes no other key, when a sealed one is locked away', async () => {
    await start()
    lock()
    await expect(start()).rejects.toThrow(/Unlock the keyring/)
    expect(await readdir(dataDir)).toEqual(['key.keychain'])
    unlock()
    await start()
  })

  it('is not made anew by a store that has no secret yet while a sealed one is locked away', async () => {
    await start()
    lock()
    await expect(openCipher(new MemoryKeyValueStore(), await provider())).rejects.toThrow(
      /Unlock the keyring/,
    )
  })

  it.each([
    {
      what: 'does not seal',
      breakIt: () => electron.safeStorage.encryptStringAsync.mockRejectedValue(new Error('no')),
    },
    {
      what: 'gives back another text',
      breakIt: () =>
        electron.safeStorage.decryptStringAsync.mockResolvedValue({ result: 'x', shouldReEncrypt: false }),
    },
  ])('stays in its file when the keychain $what', async ({ breakIt }) => {
    const text = (await openCipher(kv, keyFile(join(dataDir, 'key')))).encrypt('secrets/a', 'x')
    breakIt()
    const told = vi.fn(async () => undefined)
    expect((await openCipher(kv, await provider(told))).decrypt('secrets/a', text)).toBe('x')
    expect(told).toHaveBeenCalledOnce()
    expect(await readdir(dataDir)).toEqual(['key'])
  })

  it('leaves its file when the move was cut short before that was removed', async () => {
    await openCipher(kv, keyFile(join(dataDir, 'key')))
    await copyFile(join(dataDir, 'key'), join(dataDir, 'saved'))
    await start()
    await copyFile(join(dataDir, 'saved'), join(dataDir, 'key'))
    await start()
    expect(await readdir(dataDir)).toEqual(['key.keychain', 'saved'])
  })

  it('does not take away a file that holds another key', async () => {
    await start()
    await writeFile(join(dataDir, 'key'), `${'0'.repeat(64)}\n`, { mode: 0o600 })
    await start()
    expect(await readdir(dataDir)).toEqual(['key', 'key.keychain'])
  })

  it('is not made anew for a store that is encrypted with a lost one', async () => {
    await start()
    await rm(join(dataDir, 'key.keychain'))
    await expect(start()).rejects.toThrow(/from a backup/)
    expect(await readdir(dataDir)).toEqual([])
  })

  it('that the keychain does not open says what may have happened', async () => {
    await start()
    electron.safeStorage.decryptStringAsync.mockRejectedValue(new Error('wrong key'))
    await expect(start()).rejects.toThrow(/copied from another computer/)
  })
})
