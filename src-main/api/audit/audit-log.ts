import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sleep, type Clock } from '../../lib/clock.ts'
import { makeFolder } from '../../lib/folders.ts'
import type { Logger } from '../../lib/logger.ts'

export interface AuditLogOptions {
  /** `DATA/audit.log`; older ones are beside it, `audit.log.1` being the newest of them. */
  path: string
  /** A file that has grown to this many bytes is put aside. Default 10 MiB. */
  maxBytes?: number
  /** How many are kept beside the one that is written. Default 9. */
  keep?: number
  clock: Clock
  logger: Logger
}

/** Where audit events go. */
export interface AuditLog {
  /** Takes one event. Never throws and never waits: a request must not suffer from its record. */
  write(event: object): void
  /** Resolves when everything that was taken is in the file. */
  close(): Promise<void>
}

/** So many lines may wait for a disk that does not keep up; what comes then is counted instead. */
const MAX_WAITING = 10_000
/** Lines are gathered for so long: one write for many requests. */
const GATHER_MS = 50

/**
 * An audit log that rotates by size. Lines are written in the order in which they came, one JSON object each. A disk
 * that fails or is full costs lines, never a request: the next line that can be written says how many were lost.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  return new RotatingLog(options)
}

class RotatingLog implements AuditLog {
  readonly #options: Required<AuditLogOptions>
  #waiting: string[] = []
  #lost = 0
  #failing = false
  #file: FileHandle | undefined
  #bytes = 0
  #writing: Promise<void> | undefined
  readonly #closing = new AbortController()

  constructor({ maxBytes = 10 * 1024 * 1024, keep = 9, ...options }: AuditLogOptions) {
    this.#options = { ...options, maxBytes, keep }
  }

  write(event: object): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost++
      return
    }
    this.#waiting.push(`${JSON.stringify(event)}\n`)
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    while (this.#writing) await this.#writing
    await this.#closeFile()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await sleep(this.#options.clock, GATHER_MS, this.#closing.signal).catch(() => undefined)
      const lines = this.#waiting.splice(0)
      try {
        await this.#append(lines)
        this.#failing = false
      } catch (error) {
        this.#lost += lines.length
        await this.#closeFile()
        // once for each time that it breaks down, not for each line
        if (!this.#failing)
          this.#options.logger.warn({ err: error }, 'the audit log cannot be written: events are lost')
        this.#failing = true
      }
    }
  }

  /** Takes from `lines` what it has written, so that the rest can be counted when it fails. */
  async #append(lines: string[]): Promise<void> {
    while (lines.length > 0) {
      const file = await this.#open()
      const lost = this.#lost
      const portion = lost > 0 ? [`${JSON.stringify({ kind: 'Lost', count: lost })}\n`] : []
      let count = 0
      let bytes = 0
      while (count < lines.length && (count === 0 || this.#bytes + bytes < this.#options.maxBytes)) {
        const line = lines[count++] ?? ''
        portion.push(line)
        bytes += Buffer.byteLength(line)
      }
      await file.appendFile(portion.join(''))
      this.#lost -= lost
      lines.splice(0, count)
      this.#bytes += bytes
      if (this.#bytes >= this.#options.maxBytes) await this.#rotate()
    }
  }

  async #open(): Promise<FileHandle> {
    if (this.#file) return this.#file
    const { path } = this.#options
    await makeFolder(dirname(path))
    const file = await open(path, 'a', 0o600)
    this.#file = file
    this.#bytes = (await file.stat()).size
    return file
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options
    await this.#closeFile()
    for (let age = keep; age >= 1; age--) {
      const from = age === 1 ? path : `${path}.${age - 1}`
      await rename(from, `${path}.${age}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }
}
