import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { DecryptionFailed, ValueCipher } from '../../../src-main/store/encryption.ts'
import { keyFile, KeyFileError } from '../../../src-main/store/key-file.ts'
import { openObjectStore, storeDir } from '../../../src-main/store/open.ts'
import { object } from './stores.ts'

let dataDir: string
let file: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'store-'))
  file = join(dataDir, 'key')
})
afterEach(() => rm(dataDir, { recursive: true }))

describe('ValueCipher', () => {
  const cipher = new ValueCipher(randomBytes(32))

  it('gives back what it was given, and never the same envelope twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, value) => {
        const envelope = cipher.encrypt(key, value)
        expect(cipher.decrypt(key, envelope)).toBe(value)
        expect(cipher.encrypt(key, value)).not.toBe(envelope)
      }),
    )
  })

  const envelope = cipher.encrypt('secrets/a', 'a very secret value')
  const flipped = envelope.slice(0, -8) + (envelope.at(-8) === 'A' ? 'B' : 'A') + envelope.slice(-7)
  it.each([
    { what: 'moved to another key', key: 'secrets/b', text: envelope, says: 'belongs to another object' },
    { what: 'changed in one bit', key: 'secrets/a', text: flipped, says: 'it was changed' },
    { what: 'cut short', key: 'secrets/a', text: envelope.slice(0, 40), says: 'cut short' },
    { what: 'not encrypted', key: 'secrets/a', text: '{}', says: 'not encrypted' },
    {
      what: 'of another key',
      key: 'secrets/a',
      text: new ValueCipher(randomBytes(32)).encrypt('secrets/a', 'x'),
      says: 'put the key back',
    },
  ])('refuses an envelope that is $what', ({ key, text, says }) => {
    expect(() => cipher.decrypt(key, text)).toThrow(DecryptionFailed)
    expect(() => cipher.decrypt(key, text)).toThrow(says)
  })

  it('refuses a key of the wrong length', () => {
    expect(() => new ValueCipher(randomBytes(16))).toThrow('32 bytes')
  })
})

describe('a key file', () => {
  it('is created once, whole, for its owner only', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => keyFile(file).key({ create: true })))
    expect(new Set(keys.map(key => key.toString('hex'))).size).toBe(1)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['key'])
    expect(await keyFile(file).key({ create: false })).toEqual(keys[0])
  })

  it('is not replaced when it is missing and something is encrypted with it', async () => {
    await expect(keyFile(file).key({ create: false })).rejects.toThrow(/key is missing.*Put the file back/)
    expect(await readdir(dataDir)).toEqual([])
  })

  it.each([
    { what: 'can be read by others', mode: 0o640, text: '0'.repeat(64), says: 'chmod 600' },
    { what: 'holds something else', mode: 0o600, text: 'hello', says: 'does not hold a key' },
    { what: 'is empty', mode: 0o600, text: '', says: 'does not hold a key' },
  ])('that $what is refused', async ({ mode, text, says }) => {
    await writeFile(file, text)
    await chmod(file, mode)
    await expect(keyFile(file).key({ create: true })).rejects.toThrow(KeyFileError)
    await expect(keyFile(file).key({ create: true })).rejects.toThrow(says)
  })
})

describe('openObjectStore', () => {
  const open = () =>
    openObjectStore({
      dataDir,
      keyProvider: keyFile(file),
      encrypted: resource => resource === 'secrets',
      clock: systemClock,
      logger: silentLogger,
    })

  it('keeps the secrets of a data folder unreadable on disk, also after compaction, and gives them back', async () => {
    const store = await open()
    const secret = { ...object('s', { namespace: 'x' }), data: { password: 'hunter2' } }
    const stored = await store.create('secrets', secret)
    await store.update('secrets', { ...stored, data: { password: 'hunter3' } } as typeof stored)
    await store.create('configmaps', { ...object('c'), data: { greeting: 'hello' } } as typeof stored)
    await store.close()
    const text = () => readFile(join(storeDir(dataDir), 'objects.db'), 'utf8')
    expect(await text()).not.toContain('hunter')
    expect(await text()).toContain('hello')
    const again = await open()
    expect(await text()).not.toContain('hunter')
    expect(again.get('secrets', 's', 'x')).toMatchObject({ data: { password: 'hunter3' } })
    await again.close()
  })

  it('says so, and changes nothing, when the key is gone or another one', async () => {
    await (await open()).close()
    await rename(file, `${file}.kept`)
    await expect(open()).rejects.toThrow(KeyFileError)
    await keyFile(file).key({ create: true })
    await expect(open()).rejects.toThrow(/encrypted with key .* this is key .* put the key back/)
    await rename(`${file}.kept`, file)
    await (await open()).close()
  })

  it('leaves the folder free when it fails', async () => {
    await writeFile(file, 'no key', { mode: 0o600 })
    await expect(open()).rejects.toThrow(KeyFileError)
    await rm(file)
    await (await open()).close()
  })

  it('refuses a folder that is open already, naming process and folder', async () => {
    const store = await open()
    await expect(open()).rejects.toThrow(`the data folder ${dataDir} is in use by process ${process.pid}`)
    await store.close()
    await (await open()).close()
  })
})
