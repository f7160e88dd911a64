import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage } from '../lib/errors.ts'
import { makeFolder } from '../lib/folders.ts'
import type { KeyProvider } from './encryption.ts'
import { keyFile } from './key-file.ts'
import { syncDirectory } from './nedb/damage.ts'

/** Seals a text so that only this user, on this computer, opens it again. */
export interface Keychain {
  seal(text: string): Promise<Buffer>
  /** `stale`: it opens, but should be sealed anew. */
  unseal(sealed: Buffer): Promise<{ text: string; stale: boolean }>
}

/** The system's keychain cannot keep, or give back, the key. */
export class KeychainUnavailable extends Error {
  readonly why: string

  constructor(why: string, cause?: unknown) {
    super(`The system's keychain cannot be used: ${why}`, { cause })
    this.name = 'KeychainUnavailable'
    this.why = why
  }
}

export interface StoreKeyOptions {
  dataDir: string
  /** Or why there is none. */
  keychain: Keychain | KeychainUnavailable
  /** Told at each start where a keychain was wanted and the key lies in a plain file. */
  onPlain?: (why: Error) => Promise<void>
}

/**
 * The key of a data folder: in `key.keychain`, sealed by the system's keychain, else in the file `key`. Once it is
 * sealed only the keychain counts; a key that lies in `key` moves into the keychain as soon as there is one.
 * @throws KeychainUnavailable, KeyFileError
 */
export function storeKey({ dataDir, keychain, onPlain }: StoreKeyOptions): KeyProvider {
  const sealed = join(dataDir, 'key.keychain')
  const plain = join(dataDir, 'key')

  async function plainKey(create: boolean, why: Error): Promise<Buffer> {
    const key = await keyFile(plain).key({ create })
    await onPlain?.(why)
    return key
  }

  return {
    async key({ create }) {
      if (existsSync(sealed)) {
        const key = await unsealFile(sealed, keychain)
        await removeCopy(plain, key)
        return key
      }
      if (keychain instanceof KeychainUnavailable) return plainKey(create, keychain)
      if (existsSync(plain)) {
        const key = await keyFile(plain).key({ create: false })
        try {
          await sealFile(sealed, key, keychain)
        } catch (error) {
          return plainKey(false, notSealed(error))
        }
        await removeCopy(plain, key)
        return key
      }
      if (!create) {
        throw new KeychainUnavailable(
          `the store is encrypted, but its key is missing. Restore ${sealed} (or ${plain}) from a backup.`,
        )
      }
      const key = randomBytes(32)
      await sealFile(sealed, key, keychain).catch((error: unknown) => {
        throw notSealed(error)
      })
      return key
    },
  }
}

async function unsealFile(file: string, keychain: Keychain | KeychainUnavailable): Promise<Buffer> {
  if (keychain instanceof KeychainUnavailable) {
    const { why } = keychain
    throw new KeychainUnavailable(
      `${why} The key of this data folder is sealed in ${file}, and nothing else opens it.`,
      keychain,
    )
  }
  const { text, stale } = await keychain.unseal(await readFile(file)).catch((error: unknown) => {
    throw new KeychainUnavailable(
      `it does not open ${file}. Unlock the keyring. Or was the keychain reset, or the folder copied from another computer?`,
      error,
    )
  })
  const key = Buffer.from(text, 'base64')
  // one that cannot be sealed anew still opens, and is tried again at the next start
  if (stale) await sealFile(file, key, keychain).catch(() => undefined)
  return key
}

/** Written beside, read back, and only then put in place: what is there opens. */
async function sealFile(file: string, key: Buffer, keychain: Keychain): Promise<void> {
  const folder = join(file, '..')
  await makeFolder(folder, 0o700)
  const part = `${file}.part`
  try {
    const text = key.toString('base64')
    const handle = await open(part, 'w', 0o600)
    try {
      await handle.writeFile(await keychain.seal(text))
      await handle.sync()
    } finally {
      await handle.close()
    }
    const kept = await keychain.unseal(await readFile(part))
    if (kept.text !== text) throw new Error('it gives back another text than it was given')
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await syncDirectory(folder)
}

function notSealed(error: unknown): KeychainUnavailable {
  return new KeychainUnavailable(`it did not seal the key (${errorMessage(error)}).`, error)
}

/** Removes the plain file of a key that is sealed; one that holds another key is left alone. */
async function removeCopy(plain: string, key: Buffer): Promise<void> {
  if (!existsSync(plain)) return
  const copy = await keyFile(plain)
    .key({ create: false })
    .catch(() => undefined)
  if (!copy?.equals(key)) return
  await rm(plain)
  await syncDirectory(join(plain, '..'))
}
