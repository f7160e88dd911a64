import fc from 'fast-check'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Demultiplexer } from '../../../../src-main/engine/docker/demux.ts'
import { jsonLines } from '../../../../src-main/engine/docker/json-lines.ts'

/** Cuts bytes at arbitrary places. */
function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })

function frame(stream: 'stdout' | 'stderr', data: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream === 'stdout' ? 1 : 2
  header.writeUInt32BE(data.length, 4)
  return Buffer.concat([header, data])
}

describe('Demultiplexer', () => {
  const frames = fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array()))

  it('gives each stream its bytes in order, wherever the network cut them', () => {
    fc.assert(
      fc.property(frames, sizes, (list, lengths) => {
        const demultiplexer = new Demultiplexer()
        const wire = Buffer.concat(list.map(([stream, data]) => frame(stream, Buffer.from(data))))
        const chunks = cut(wire, lengths).flatMap(piece => demultiplexer.push(piece))
        for (const name of ['stdout', 'stderr'] as const) {
          const sent = Buffer.concat(list.filter(([stream]) => stream === name).map(([, data]) => data))
          const got = Buffer.concat(chunks.filter(({ stream }) => stream === name).map(({ data }) => data))
          expect(got.equals(sent)).toBe(true)
        }
      }),
    )
  })
})

describe('jsonLines', () => {
  it('reads what was written, wherever the network cut it, with or without a last line end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), sizes, fc.boolean(), async (values, lengths, ends) => {
        // through JSON first: it has no -0
        const sent = values.map(value => JSON.parse(JSON.stringify(value)) as unknown)
        const text = sent.map(value => JSON.stringify(value)).join('\r\n') + (ends ? '\n' : '')
        const got: unknown[] = []
        for await (const value of jsonLines(Readable.from(cut(Buffer.from(text), lengths)))) got.push(value)
        expect(got).toEqual(sent)
      }),
    )
  })

  it('fails with the stream', async () => {
    const broken = new Readable({ read: () => undefined })
    const reading = (async () => {
      for await (const value of jsonLines(broken)) void value
    })()
    broken.destroy(new Error('cut'))
    await expect(reading).rejects.toThrow('cut')
  })
})
