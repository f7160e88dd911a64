import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import type { LogChunk, LogOptions } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { Demultiplexer } from './demux.ts'
import { toEngineError } from './errors.ts'

/** Docker's `since` and `until`: seconds with a fraction. */
function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / 1000).toFixed(3)
}

/**
 * A container's output as chunks in order. A container with a tty has one raw stream, all others are multiplexed;
 * when the caller does not say which, Docker is asked.
 */
export async function containerLogs(
  client: DockerClient,
  id: string,
  options: LogOptions,
): Promise<Readable & AsyncIterable<LogChunk>> {
  const doing = `read the logs of container ${id}`
  const tty = options.tty ?? (await hasTty(client, id, doing))
  const source = await client.stream({
    doing,
    path: `/containers/${encodeURIComponent(id)}/logs`,
    query: {
      stdout: true,
      stderr: true,
      follow: options.follow ?? false,
      timestamps: options.timestamps ?? false,
      tail: options.tail ?? 'all',
      ...(options.since === undefined ? {} : { since: seconds(options.since) }),
      ...(options.until === undefined ? {} : { until: seconds(options.until) }),
    },
    signal: options.signal,
  })
  const demultiplexer = new Demultiplexer()
  const chunks = new Transform({
    readableObjectMode: true,
    transform(bytes: Buffer, _encoding, done) {
      const found: LogChunk[] = tty ? [{ stream: 'stdout', data: bytes }] : demultiplexer.push(bytes)
      for (const chunk of found) this.push(chunk)
      done()
    },
    destroy(error, done) {
      // An abort is the reader's own wish, not a failure of the engine.
      const wished = error === null || options.signal?.aborted === true
      done(wished ? null : toEngineError(error, doing))
    },
  })
  // The failure reaches the reader through `chunks`, which pipeline destroys with it.
  pipeline(source, chunks, () => undefined)
  return chunks as Readable & AsyncIterable<LogChunk>
}

async function hasTty(client: DockerClient, id: string, doing: string): Promise<boolean> {
  const path = `/containers/${encodeURIComponent(id)}/json`
  const container = await client.json<{ Config?: { Tty?: boolean } }>({ doing, path })
  return container?.Config?.Tty === true
}
