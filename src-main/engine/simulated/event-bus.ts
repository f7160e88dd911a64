import { EngineError, type EngineEvent } from '../engine.ts'

/** A watcher that falls this far behind is cut off, and lists again. */
const MAX_BEHIND = 10_000

interface Watcher {
  queue: EngineEvent[]
  failure?: EngineError
  wake?: () => void
}

/** Hands each event to every watcher, each at its own pace. */
export class EventBus {
  #watchers = new Set<Watcher>()

  emit(event: EngineEvent): void {
    for (const watcher of this.#watchers) {
      if (watcher.queue.length >= MAX_BEHIND) {
        this.#fail(
          watcher,
          new EngineError('unreachable', 'the reader of events fell too far behind; list again'),
        )
        continue
      }
      watcher.queue.push(event)
      watcher.wake?.()
    }
  }

  /** Every watch ends with this error, as when a connection drops. */
  failAll(error: EngineError): void {
    for (const watcher of this.#watchers) this.#fail(watcher, error)
  }

  #fail(watcher: Watcher, error: EngineError): void {
    watcher.failure = error
    this.#watchers.delete(watcher)
    watcher.wake?.()
  }

  /** Events from this call on, not from the first read on. */
  watch(signal: AbortSignal): AsyncIterable<EngineEvent> {
    const watcher: Watcher = { queue: [] }
    if (!signal.aborted) {
      this.#watchers.add(watcher)
      const onAbort = () => {
        this.#watchers.delete(watcher)
        watcher.wake?.()
      }
      signal.addEventListener('abort', onAbort, { once: true })
    }
    return this.#read(watcher, signal)
  }

  async *#read(watcher: Watcher, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    try {
      while (!signal.aborted) {
        const event = watcher.queue.shift()
        if (event) yield event
        else if (watcher.failure) throw watcher.failure
        else await new Promise<void>(resolve => (watcher.wake = resolve))
      }
    } finally {
      this.#watchers.delete(watcher)
    }
  }
}
