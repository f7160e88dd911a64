import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Dispose } from '../lib/disposer.ts'
import type { KeyValue, KeyValueEvent, KeyValueStore } from './port.ts'

/** Where the key for encryption at rest comes from: a file (headless), the system's keychain (desktop). */
export interface KeyProvider {
  /**
   * 32 bytes. With `create: false` something is encrypted with the key already: a provider that has it no more must
   * reject, saying where it should be, and not make a new one.
   */
  key(request: { create: boolean }): Promise<Buffer>
}

/** A value could not be decrypted. */
export class DecryptionFailed extends Error {
  readonly key: string

  constructor(key: string, message: string, cause?: unknown) {
    super(`cannot decrypt "${key}": ${message}`, { cause })
    this.name = 'DecryptionFailed'
    this.key = key
  }
}

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const PREFIX = 'aes-256-gcm:'

/**
 * Turns values into envelopes `aes-256-gcm:<key id>:<base64 of nonce, ciphertext, tag>`. The store's key is
 * authenticated with the value, so that a ciphertext put under another key does not decrypt.
 */
export class ValueCipher {
  readonly #key: Buffer
  readonly #id: string

  /** @throws RangeError when the key has not 32 bytes */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) {
      throw new RangeError(`the encryption key must have ${KEY_BYTES} bytes, this one has ${key.length}`)
    }
    this.#key = key
    this.#id = createHash('sha256').update('coxswain key id').update(key).digest('hex').slice(0, 12)
  }

  encrypt(key: string, value: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce)
    cipher.setAAD(Buffer.from(key))
    const sealed = Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${PREFIX}${this.#id}:${sealed.toString('base64')}`
  }

  /** @throws DecryptionFailed */
  decrypt(key: string, envelope: string): string {
    const [id, text] = envelope.startsWith(PREFIX) ? envelope.slice(PREFIX.length).split(':') : []
    if (id === undefined || text === undefined) throw new DecryptionFailed(key, 'it is not encrypted')
    if (id !== this.#id) {
      throw new DecryptionFailed(
        key,
        `it was encrypted with key ${id}, this is key ${this.#id}; put the key back that belongs to this data folder`,
      )
    }
    const sealed = Buffer.from(text, 'base64')
    if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new DecryptionFailed(key, 'it is cut short')
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(key))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
      return Buffer.concat([plain, decipher.final()]).toString('utf8')
    } catch (error) {
      throw new DecryptionFailed(key, 'it was changed, or belongs to another object', error)
    }
  }
}

/** The key under which every store keeps a known text, encrypted, to recognise its encryption key by. */
const MARKER = 'encryption/marker'

/**
 * Fetches the encryption key and makes sure that it is this store's.
 * @throws DecryptionFailed when it is another one; whatever the provider throws
 */
export async function openCipher(kv: KeyValueStore, provider: KeyProvider): Promise<ValueCipher> {
  const marker = await kv.get(MARKER)
  const cipher = new ValueCipher(await provider.key({ create: !marker }))
  if (marker) cipher.decrypt(MARKER, marker.value)
  else await kv.compareAndSwap(MARKER, 0, cipher.encrypt(MARKER, 'coxswain'))
  return cipher
}

/** A KeyValueStore whose values are encrypted on their way down where `encrypted(key)` says so. */
export class EncryptedKeyValueStore implements KeyValueStore {
  readonly #inner: KeyValueStore
  readonly #cipher: ValueCipher
  readonly #encrypted: (key: string) => boolean

  constructor(inner: KeyValueStore, cipher: ValueCipher, encrypted: (key: string) => boolean) {
    this.#inner = inner
    this.#cipher = cipher
    this.#encrypted = encrypted
  }

  get revision(): number {
    return this.#inner.revision
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const found = await this.#inner.get(key)
    return found && this.#open(found)
  }

  async range(prefix: string): Promise<KeyValue[]> {
    return (await this.#inner.range(prefix)).map(found => this.#open(found))
  }

  compareAndSwap(key: string, expected: number, value: string | null): Promise<number> {
    const sealed = value !== null && this.#encrypted(key) ? this.#cipher.encrypt(key, value) : value
    return this.#inner.compareAndSwap(key, expected, sealed)
  }

  settled(key: string): Promise<void> {
    return this.#inner.settled(key)
  }

  watch(revision: number, listener: (event: KeyValueEvent) => void): Dispose {
    return this.#inner.watch(revision, event =>
      listener(event.type === 'put' ? { ...event, current: this.#open(event.current) } : event),
    )
  }

  lease(name: string): Promise<Dispose> {
    return this.#inner.lease(name)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** A value that was stored before its resource became an encrypted one is still plain. */
  #open(found: KeyValue): KeyValue {
    if (!this.#encrypted(found.key) || !found.value.startsWith(PREFIX)) return found
    return { ...found, value: this.#cipher.decrypt(found.key, found.value) }
  }
}
