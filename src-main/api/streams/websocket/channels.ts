import { Readable, Writable } from 'node:stream'
import { type RawData, WebSocket } from 'ws'
import type { Clock } from '../../../lib/clock.ts'

/** Kubernetes' channel numbers for exec and attach. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

const NORMAL_CLOSURE = 1000
/** While the client is not read, only writing shows that it is gone. */
const PROBE_EVERY_MS = 10_000

export interface ChannelsOptions {
  clock: Clock
  /** Text messages: the channel as a digit, then base64. Else binary ones: the channel as a byte, then the data. */
  base64: boolean
}

/**
 * Several byte streams over one WebSocket: each message begins with the number of its channel. A channel that is full
 * holds up the whole connection, and so its sender.
 */
export class WebSocketChannels {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>
  readonly #websocket: WebSocket
  readonly #options: ChannelsOptions
  readonly #inputs = new Map<number, Readable>()
  readonly #full = new Set<number>()
  #cancelProbe: () => void = () => undefined

  constructor(websocket: WebSocket, options: ChannelsOptions) {
    this.#websocket = websocket
    this.#options = options
    websocket.on('message', (data: RawData) => this.#receive(data as Buffer))
    this.closed = new Promise(resolve => {
      websocket.once('close', () => {
        this.#cancelProbe()
        for (const input of this.#inputs.values()) input.destroy()
        resolve()
      })
    })
  }

  /** What the client sends on a channel; it ends when the client closes the channel (v5 only). */
  readable(channel: number): Readable {
    const input = new Readable({ read: () => this.#taken(channel) })
    input.on('error', () => undefined)
    this.#inputs.set(channel, input)
    return input
  }

  writable(channel: number): Writable {
    const output = new Writable({
      write: (bytes: Buffer, _encoding, done) => this.#send(channel, bytes, done),
    })
    output.on('error', () => undefined) // whoever writes sees it closed
    return output
  }

  /** Closes once everything that was written has left. */
  close(): void {
    this.#taken()
    this.#websocket.close(NORMAL_CLOSURE)
  }

  #receive(message: Buffer): void {
    const decoded = this.#options.base64 ? decode(message) : message
    const channel = decoded[0]
    const data = decoded.subarray(1)
    if (channel === CHANNEL.close) {
      this.#inputs.get(data[0] ?? -1)?.push(null)
      return
    }
    const input = channel === undefined ? undefined : this.#inputs.get(channel)
    if (channel === undefined || !input || data.length === 0) return
    if (input.destroyed || input.readableEnded || input.push(data)) return
    this.#full.add(channel)
    if (this.#websocket.isPaused) return
    this.#websocket.pause()
    this.#probe()
  }

  #taken(channel?: number): void {
    if (channel === undefined) this.#full.clear()
    else this.#full.delete(channel)
    if (this.#full.size > 0 || !this.#websocket.isPaused) return
    this.#cancelProbe()
    this.#websocket.resume()
  }

  #probe(): void {
    this.#cancelProbe = this.#options.clock.after(PROBE_EVERY_MS, () => {
      this.#websocket.ping()
      this.#probe()
    })
  }

  #send(channel: number, bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#websocket.readyState !== WebSocket.OPEN) {
      done(new Error('the client is gone'))
      return
    }
    const message = this.#options.base64
      ? `${channel}${bytes.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), bytes])
    this.#websocket.send(message, done)
  }
}

function decode(message: Buffer): Buffer {
  const channel = message[0] === undefined ? -1 : message[0] - '0'.charCodeAt(0)
  if (channel < 0 || channel > 9) return Buffer.alloc(0)
  return Buffer.concat([Buffer.from([channel]), Buffer.from(message.toString('latin1', 1), 'base64')])
}
