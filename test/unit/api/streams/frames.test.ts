import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SPDY_DICTIONARY } from '../../../../src-main/api/streams/spdy/dictionary.ts'
import {
  controlFrame,
  dataHead,
  type Frame,
  FRAME,
  FrameParser,
  words,
} from '../../../../src-main/api/streams/spdy/frames.ts'
import { HeaderDecoder, HeaderEncoder } from '../../../../src-main/api/streams/spdy/header-block.ts'

it('has the dictionary that the draft prints', () => {
  let a = 1
  let b = 0
  for (const byte of SPDY_DICTIONARY) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  expect((b * 65_536 + a).toString(16)).toBe('e3c6a7c2')
})

type Whole = { control: number; payload: string } | { stream: number; data: string; fin: boolean }

/** Frames with the parts of DATA frames put together. */
function parse(bytes: Buffer, cuts: number[]): Whole[] {
  const parser = new FrameParser()
  const whole: Whole[] = []
  const edges = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((x, y) => x - y), bytes.length]
  const frames: Frame[] = edges.flatMap((edge, index) => [
    ...parser.push(bytes.subarray(edge, edges[index + 1] ?? edge)),
  ])
  const data = new Map<number, Buffer>()
  for (const frame of frames) {
    if (frame.type === 'control') whole.push({ control: frame.kind, payload: frame.payload.toString('hex') })
    else {
      const before = data.get(frame.streamId) ?? Buffer.alloc(0)
      data.set(frame.streamId, Buffer.concat([before, frame.bytes]))
      if (frame.fin) {
        const all = data.get(frame.streamId)?.toString('hex') ?? ''
        whole.push({ stream: frame.streamId, data: all, fin: true })
        data.delete(frame.streamId)
      }
    }
  }
  return whole
}

const control = fc
  .record({ kind: fc.constantFrom(...Object.values(FRAME)), payload: fc.uint8Array({ maxLength: 50 }) })
  .map(({ kind, payload }) => ({
    bytes: controlFrame(kind, Buffer.from(payload)),
    frame: { control: kind, payload: Buffer.from(payload).toString('hex') } as Whole,
  }))
const data = fc
  .record({ id: fc.integer({ min: 1, max: 9 }), data: fc.uint8Array({ maxLength: 300 }) })
  .map(({ id, data: content }) => ({
    bytes: Buffer.concat([dataHead(id, content.length, true), content]),
    frame: { stream: id, data: Buffer.from(content).toString('hex'), fin: true } as Whole,
  }))

describe('frames', () => {
  it('come out whole, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(control, data)), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(frame => frame.bytes))
        expect(parse(bytes, cuts)).toEqual(frames.map(({ frame }) => frame))
      }),
    )
  })

  it('hands on the content of a large frame as it comes', () => {
    const parser = new FrameParser()
    const [part] = parser.push(Buffer.concat([dataHead(1, 10_000_000, true), Buffer.from('begin')]))
    expect(part).toMatchObject({ type: 'data', streamId: 1, fin: false, bytes: Buffer.from('begin') })
  })

  it.each([
    ['another version', Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])],
    ['a control frame without end', Buffer.from([0x80, 3, 0, 1, 0, 255, 255, 255])],
  ])('refuses %s', (_what, bytes) => {
    expect(() => [...new FrameParser().push(bytes)]).toThrow()
  })
})

describe('header blocks', () => {
  const headers = fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.string({ unit: 'grapheme' }))

  it('come out as they went in, one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 5 }), async blocks => {
        const encoder = new HeaderEncoder()
        const decoder = new HeaderDecoder()
        for (const block of blocks) {
          const decoded = await decoder.decode(await encoder.encode(new Map(Object.entries(block))))
          expect(Object.fromEntries(decoded)).toEqual(block)
        }
        encoder.close()
        decoder.close()
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['rubbish', async () => Buffer.from('rubbish')],
    ['one that grows without measure', () => new HeaderEncoder().encode(new Map([['a', 'x'.repeat(1e6)]]))],
    ['a length beyond its end', async () => new HeaderEncoder().encode(new Map())],
  ])('refuses %s', async (what, block) => {
    const decoder = new HeaderDecoder()
    const bytes = await block()
    if (what.startsWith('a length')) {
      expect(await decoder.decode(bytes)).toEqual(new Map())
      await expect(decoder.decode(words(1))).rejects.toThrow()
    } else await expect(decoder.decode(bytes)).rejects.toThrow()
  })
})
