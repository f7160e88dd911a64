import { randomBytes, randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../lib/folders.ts'
import type { KeyProvider } from './encryption.ts'
import { syncDirectory } from './nedb/damage.ts'

/** The key file is missing, open to others, or not a key. */
export class KeyFileError extends Error {
  readonly file: string

  constructor(file: string, message: string, cause?: unknown) {
    super(`the key file ${file} ${message}`, { cause })
    this.name = 'KeyFileError'
    this.file = file
  }
}

const FORM = /^[0-9a-f]{64}$/

/** Keeps the key as 64 hexadecimal digits in a file that only its owner may read (0600). */
export function keyFile(file: string): KeyProvider {
  return {
    async key({ create }) {
      const existing = await read(file)
      if (existing) return existing
      if (!create) {
        throw new KeyFileError(
          file,
          'is missing, and the data folder holds secrets encrypted with it. Put the file back (from a backup or the ' +
            'machine that the folder came from)',
        )
      }
      return createKey(file)
    },
  }
}

async function read(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    const { mode } = await stat(file)
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const bits = (mode & 0o777).toString(8)
      throw new KeyFileError(file, `can be read by others (mode ${bits}). Run: chmod 600 '${file}'`)
    }
    text = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new KeyFileError(file, 'cannot be read. Check its owner and mode', error)
  }
  if (!FORM.test(text)) {
    throw new KeyFileError(file, 'does not hold a key (64 hexadecimal digits). Put the right file back')
  }
  return Buffer.from(text, 'hex')
}

/** Written beside and then linked, so that it appears whole or not at all, and never over another one. */
async function createKey(file: string): Promise<Buffer> {
  const beside = `${file}-${randomUUID()}`
  try {
    await makeFolder(dirname(file), 0o700)
    await writeFile(beside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    await link(beside, file)
    await syncDirectory(dirname(file))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new KeyFileError(file, 'cannot be created. Check that its folder can be written', error)
    }
  } finally {
    await rm(beside, { force: true })
  }
  const key = await read(file)
  if (!key) throw new KeyFileError(file, 'vanished right after it was created')
  return key
}
