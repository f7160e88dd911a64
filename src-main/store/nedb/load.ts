import { chmod, rm, stat } from 'node:fs/promises'
import Datastore from 'nedb-promises'
import type { Logger } from '../../lib/logger.ts'
import type { Revisions } from '../group-commit.ts'
import { DamagedFile, inspect, setAside } from './damage.ts'
import type { Span } from './data-file.ts'
import { escapeLineEnds, parseHead } from './line.ts'

/** What is kept in memory of a key; its value stays in the file. */
export interface Entry extends Revisions, Span {}

export interface Loaded {
  entries: Map<string, Entry>
  /** Highest revision that the file knows of; 1 for an empty one. */
  revision: number
}

/**
 * Lets NeDB read a data file, finish or undo an interrupted compaction, and write it anew without what is outdated.
 * NeDB's own copy of the documents is dropped afterwards: the index built here says where each one lies in the file.
 * @throws DamagedFile when lines that had been stored cannot be read any more
 */
export async function loadWithNedb(
  file: string,
  options: { now(): number; logger: Logger },
): Promise<Loaded> {
  try {
    return await load(file)
  } catch (error) {
    if (!isCorruption(error)) throw error
  }
  const { middle, tail } = await inspect(file)
  if (middle.length > 0 || tail.length === 0) throw new DamagedFile(file, middle)
  const copy = await setAside(file, tail, options.now())
  const bytes = tail.reduce((sum, { length }) => sum + length, 0)
  options.logger.warn(
    { file, copy, lines: tail.length, bytes },
    'the last write was interrupted before it was complete; it had not been acknowledged. It was set aside in the copy',
  )
  return load(file)
}

/** NeDB's error when a line cannot be read and the threshold is 0. */
function isCorruption(error: unknown): boolean {
  return error instanceof Error && 'corruptItems' in error
}

async function load(file: string): Promise<Loaded> {
  const entries = new Map<string, Entry>()
  let revision = 1
  let offset = 0
  const options = {
    filename: file,
    // Any unreadable line is an error; NeDB would drop up to a tenth of the file without a word.
    corruptAlertThreshold: 0,
    modes: { fileMode: 0o600, dirMode: 0o700 },
    // NeDB also skips readable lines that are not documents. Only ours are allowed, so the rest is made unreadable.
    beforeDeserialization: (line: string) => (parseHead(line) ? line : 'not a line of ours'),
    // Called for each line of the compacted file in order, which tells where each one lies.
    afterSerialization(text: string): string {
      const escaped = escapeLineEnds(text)
      const length = Buffer.byteLength(escaped) + 1
      const line = parseHead(text)
      if (line?.type === 'put') {
        const { key, createRevision, modRevision } = line
        entries.set(key, { createRevision, modRevision, offset, length })
        revision = Math.max(revision, modRevision)
      } else if (line?.type === 'counter') revision = Math.max(revision, line.revision)
      offset += length
      return escaped
    },
  }
  try {
    await Datastore.create(options).load()
  } catch (error) {
    // NeDB leaves a compaction that failed (a full disk, for one) lying about.
    await rm(`${file}~`, { force: true })
    throw error
  }
  await chmod(file, 0o600)
  const { size } = await stat(file)
  if (size !== offset) throw new Error(`${file} has ${size} bytes after compaction, ${offset} were written`)
  return { entries, revision }
}
