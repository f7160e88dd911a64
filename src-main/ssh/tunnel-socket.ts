import { Duplex } from 'node:stream'

/**
 * An SSH channel as http.Agent wants a socket: there at once, connecting in the background. (The agent counts only
 * sockets that it has: given channels later, through its callback, it opens one for every request that waits.)
 */
export class TunnelSocket extends Duplex {
  #open: () => Promise<Duplex>
  #channel: Duplex | undefined

  constructor(open: () => Promise<Duplex>) {
    // not half open: when Docker closes an idle connection, so do we, instead of using it for the next request
    super({ allowHalfOpen: false })
    this.#open = open
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.#open().then(channel => {
      if (this.destroyed) channel.destroy()
      else this.#join(channel)
      done()
    }, done)
  }

  #join(channel: Duplex): void {
    this.#channel = channel
    let ended = false
    channel.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) channel.pause()
    })
    channel.once('end', () => {
      ended = true
      this.push(null)
    })
    channel.once('error', error => this.destroy(error))
    // after a proper end what is still buffered here is read first; then the stream ends itself
    channel.once('close', () => {
      if (!ended) this.destroy(new Error('the SSH channel was closed'))
    })
  }

  override _read(): void {
    this.#channel?.resume()
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#channel) this.#channel.write(bytes, encoding, done)
    else done(new Error('the SSH channel is not open'))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel?.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel?.destroy()
    done(error)
  }

  // What http.Agent and http.ClientRequest call on a TCP socket; a channel has none of it.
  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}
