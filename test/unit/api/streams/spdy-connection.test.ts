import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SpdyConnection } from '../../../../src-main/api/streams/spdy/connection.ts'
import { FRAME } from '../../../../src-main/api/streams/spdy/frames.ts'
import type { SpdyStream } from '../../../../src-main/api/streams/spdy/stream.ts'
import { systemClock } from '../../../../src-main/lib/clock.ts'
import { SpdyClient } from './spdy-client.ts'

let client: SpdyClient
let connection: SpdyConnection
let streams: SpdyStream[]
let serverSide: Socket
let stop: () => void

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
  ;[serverSide] = (await once(server, 'connection')) as [Socket]
  streams = []
  connection = new SpdyConnection(serverSide, {
    clock: systemClock,
    onStream: stream => streams.push(stream),
  })
  client = new SpdyClient(socket)
  stop = () => {
    socket.destroy()
    serverSide.destroy()
    server.close()
  }
})
afterEach(() => stop())

async function openOne(): Promise<SpdyStream> {
  await client.open(1, { streamtype: 'stdin' })
  await client.until(() => client.count(FRAME.synReply) === 1)
  const [stream] = streams
  if (!stream) throw new Error('no stream was opened')
  return stream
}

/** Lets everything that can happen happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
}

it('opens streams with their headers, and half-closes in both directions', async () => {
  const stream = await openOne()
  expect(stream.headers.get('streamtype')).toBe('stdin')
  client.send(1, 'hello ')
  client.send(1, 'world', { fin: true })
  let heard = ''
  stream.on('data', bytes => (heard += String(bytes)))
  await once(stream, 'end')
  expect(heard).toBe('hello world')
  stream.end('bye')
  await client.until(() => client.ended(1))
  expect(client.text(1)).toBe('bye')
  expect(client.count(FRAME.rstStream)).toBe(0)
})

it('answers a PING', async () => {
  client.control(FRAME.ping, 7)
  await client.until(() => client.count(FRAME.ping) === 1)
  expect(client.frames[0]?.payload.readUInt32BE()).toBe(7)
})

it.each([
  ['an even stream id', 2, 2],
  ['a stream id twice', 1, 1],
])('ends the connection for %s', async (_what, first, second) => {
  await client.open(first, {})
  await client.open(second, {})
  await connection.closed
  expect(serverSide.destroyed).toBe(true)
})

it('resets a stream that is destroyed, and forgets one that the client resets', async () => {
  const stream = await openOne()
  stream.destroy()
  await client.until(() => client.count(FRAME.rstStream) === 1)
  await client.open(3, {})
  await client.until(() => client.count(FRAME.synReply) === 2)
  client.control(FRAME.rstStream, 3, 5)
  await once(streams[1] as SpdyStream, 'close')
  expect(streams[1]?.destroyed).toBe(true)
})

it('destroys the streams of a client that is gone', async () => {
  const stream = await openOne()
  const closed = new Promise(resolve => stream.once('close', resolve))
  client.close()
  await closed
  await connection.closed
})

describe('flow control', () => {
  it('sends on for a client that keeps no windows, as those of Kubernetes', async () => {
    const stream = await openOne()
    stream.end(Buffer.alloc(1_000_000))
    await client.until(() => client.ended(1))
    expect(client.length(1)).toBe(1_000_000)
  })

  it('waits for a client that keeps windows', async () => {
    const stream = await openOne()
    client.control(FRAME.windowUpdate, 99, 1)
    client.control(FRAME.ping, 1)
    await client.until(() => client.count(FRAME.ping) === 1)
    stream.end(Buffer.alloc(100_000))
    await client.until(() => client.length(1) === 65_536)
    await settle()
    expect(client.length(1)).toBe(65_536)
    client.control(FRAME.windowUpdate, 1, 10_000)
    await client.until(() => client.length(1) === 75_536)
    client.control(FRAME.windowUpdate, 1, 100_000)
    await client.until(() => client.ended(1))
    expect(client.length(1)).toBe(100_000)
  })

  it('takes the size of windows from SETTINGS', async () => {
    client.control(FRAME.settings, 1, 7, 1_000)
    const stream = await openOne()
    stream.write(Buffer.alloc(5_000))
    await client.until(() => client.length(1) === 1_000)
    await settle()
    expect(client.length(1)).toBe(1_000)
  })

  it('grants the client as much as was read', async () => {
    const stream = await openOne()
    client.send(1, Buffer.alloc(60_000))
    await settle()
    expect(client.count(FRAME.windowUpdate)).toBeLessThanOrEqual(1)
    stream.resume()
    client.send(1, Buffer.alloc(60_000))
    await client.until(() => {
      const granted = client.frames.filter(({ kind }) => kind === FRAME.windowUpdate)
      return granted.reduce((sum, { payload }) => sum + payload.readUInt32BE(4), 0) >= 90_000
    })
  })

  it('reads no further from a client that sends more than a stream holds, and goes on when it is read', async () => {
    const stream = await openOne()
    const chunk = Buffer.alloc(64 * 1024)
    let sent = 0
    while (client.send(1, chunk)) {
      sent += chunk.length
      await settle()
      if (sent > 100 * 1024 * 1024) throw new Error('the server reads without end')
    }
    sent += chunk.length
    client.send(1, '', { fin: true })
    let read = 0
    for await (const bytes of stream) read += (bytes as Buffer).length
    expect(read).toBe(sent)
  })
})
