import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'
import { EngineError } from '../engine.ts'
import type { SimulatedContainer } from './container.ts'

/** Unpacks a tar stream's files at `path`. Folders are only in the files' names. */
export async function putFiles(
  container: SimulatedContainer,
  path: string,
  tar: Readable | Buffer,
): Promise<void> {
  const entries = extract()
  const source = Buffer.isBuffer(tar) ? Readable.from([tar]) : tar
  source.once('error', error => entries.destroy(error))
  source.pipe(entries)
  for await (const entry of entries) {
    const bytes: Buffer[] = []
    for await (const chunk of entry) bytes.push(chunk as Buffer)
    if (entry.header.type !== 'file') continue
    container.files.set(posix.join(path, entry.header.name), Buffer.concat(bytes))
  }
}

/** A file, or all files below a folder, as Docker packs them: below the last part of the path. */
export function getFiles(container: SimulatedContainer, path: string): Readable {
  const root = posix.normalize(path).replace(/\/$/, '')
  const found = [...container.files].filter(([name]) => name === root || name.startsWith(`${root}/`))
  if (found.length === 0) {
    throw new EngineError('not-found', `cannot copy ${path} out of container ${container.name}: no such file`)
  }
  const tar = pack()
  for (const [name, bytes] of found) tar.entry({ name: posix.relative(posix.dirname(root), name) }, bytes)
  tar.finalize()
  // streamx, which tar-stream is built on, is no Readable of Node's
  return Readable.from(tar)
}
