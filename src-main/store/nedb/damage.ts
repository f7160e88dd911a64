import { constants } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseLine } from './line.ts'

/** A stretch of a data file that holds no readable line. */
export interface Damage {
  /** Counted from 1. */
  line: number
  offset: number
  /** Bytes, newline included where there is one. */
  length: number
}

export interface Inspection {
  /** Damage with readable lines after it: it was once whole. */
  middle: Damage[]
  /** Damage that reaches to the end of the file: a write that a crash or a power cut interrupted. */
  tail: Damage[]
  lines: number
}

/** A data file holds lines that cannot be read and that were once acknowledged. */
export class DamagedFile extends Error {
  readonly file: string
  readonly damage: readonly Damage[]

  constructor(file: string, damage: readonly Damage[]) {
    const where = damage.length === 1 ? 'line' : 'lines'
    const lines = damage.slice(0, 10).map(({ line }) => line)
    const more = damage.length > lines.length ? ` and ${damage.length - lines.length} more` : ''
    super(
      `${file} is damaged at ${where} ${lines.join(', ')}${more}: the disk or another program changed what had been ` +
        'stored, and the objects of those lines are lost or would fall back to an older state. Restore a backup, or ' +
        'run "cox repair" to set the damaged lines aside in a file of their own and go on without them.',
    )
    this.name = 'DamagedFile'
    this.file = file
    this.damage = damage
  }
}

const CHUNK = 1024 * 1024
const NEWLINE = 0x0a

/** Reads a whole data file and tells every line that is not one of ours. */
export async function inspect(file: string): Promise<Inspection> {
  const found: Damage[] = []
  let lines = 0
  let lastGood = 0
  const visit = (bytes: Buffer, offset: number) => {
    lines++
    const text = bytes.toString('utf8').trimEnd()
    // Empty lines are where damaged ones were set aside.
    if (text === '' && bytes.at(-1) === NEWLINE) return
    if (parseLine(text)) lastGood = lines
    else found.push({ line: lines, offset, length: bytes.length })
  }
  await eachLine(file, visit)
  return {
    middle: found.filter(({ line }) => line < lastGood),
    tail: found.filter(({ line }) => line > lastGood),
    lines,
  }
}

async function eachLine(file: string, visit: (bytes: Buffer, offset: number) => void): Promise<void> {
  const handle = await open(file, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    let offset = 0
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null)
      if (bytesRead === 0) break
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      let start = 0
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        visit(bytes.subarray(start, end + 1), offset + start)
        start = end + 1
      }
      rest = bytes.subarray(start)
      offset += start
    }
    if (rest.length > 0) visit(rest, offset)
  } finally {
    await handle.close()
  }
}

/**
 * Copies the damaged bytes to `<file>.damaged-<time>` and then overwrites them with newlines, which every reader
 * skips. In place, so that it works on a full disk and every other line stays where it is.
 * @param now milliseconds since the epoch, for the copy's name
 * @returns the copy's path
 */
export async function setAside(file: string, damage: readonly Damage[], now: number): Promise<string> {
  const copy = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`
  const handle = await open(file, constants.O_RDWR)
  try {
    const pieces: Buffer[] = []
    for (const { offset, length } of damage) {
      const piece = Buffer.alloc(length)
      await handle.read(piece, 0, length, offset)
      pieces.push(piece.at(-1) === NEWLINE ? piece : Buffer.concat([piece, Buffer.from('\n')]))
    }
    await writeFile(copy, Buffer.concat(pieces), { mode: 0o600, flag: 'wx', flush: true })
    await syncDirectory(dirname(file))
    for (const { offset, length } of damage)
      await handle.write(Buffer.alloc(length, NEWLINE), 0, length, offset)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  return copy
}

/** Makes a rename or a new file in `path` survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; NTFS journals its names itself.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
