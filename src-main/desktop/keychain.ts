import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { safeStorage } from 'electron'
import { makeFolder } from '../lib/folders.ts'
import type { KeyProvider } from '../store/encryption.ts'

/** The system's keychain cannot keep a secret here; the caller falls back to a key file, and says so. */
export class KeychainUnavailable extends Error {
  constructor(why: string, cause?: unknown) {
    super(`The system's keychain cannot be used: ${why}`, { cause })
    this.name = 'KeychainUnavailable'
  }
}

/**
 * The store's key, kept in the data folder encrypted by the system's keychain (Keychain, DPAPI, libsecret, KWallet).
 * @throws KeychainUnavailable where Electron would only scramble it with a fixed password (`basic_text`)
 */
export async function openKeychain(dataDir: string): Promise<KeyProvider> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) {
    throw new KeychainUnavailable(
      'it is locked or not installed. On Linux, install and unlock gnome-keyring or KWallet.',
    )
  }
  if (process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text') {
    throw new KeychainUnavailable('no keyring is running. Install and unlock gnome-keyring or KWallet.')
  }
  return { key: ({ create }) => keptKey(join(dataDir, 'key.keychain'), create) }
}

async function keptKey(file: string, create: boolean): Promise<Buffer> {
  const sealed = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!sealed && create) return newKey(file)
  if (!sealed) {
    throw new KeychainUnavailable(
      `the store is encrypted, but its key is missing. Restore ${file} from a backup.`,
    )
  }
  const opened = await safeStorage.decryptStringAsync(sealed).catch((error: unknown) => {
    throw new KeychainUnavailable(
      `it does not open ${file}. Was the keychain reset, or the folder copied from another computer?`,
      error,
    )
  })
  const key = Buffer.from(opened.result, 'base64')
  if (opened.shouldReEncrypt) await write(file, key)
  return key
}

async function newKey(file: string): Promise<Buffer> {
  const key = randomBytes(32)
  await write(file, key)
  return key
}

async function write(file: string, key: Buffer): Promise<void> {
  await makeFolder(join(file, '..'), 0o700)
  const sealed = await safeStorage.encryptStringAsync(key.toString('base64'))
  const part = `${file}.part`
  const handle = await open(part, 'w', 0o600)
  try {
    await handle.writeFile(sealed)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(part, file)
}
