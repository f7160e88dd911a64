import { jsonOf } from '../../store/object-text.ts'

export interface WatchEvent {
  type: string
  object: object
}

/** Text that is remembered at most: more than a thousand watchers of a busy kind wait for, little beside the store. */
const MAX_BYTES = 16 * 1024 * 1024

/** The lines of watch events, so that one that many watchers get is encoded once. */
export class EventLines {
  readonly #known = new Map<object, { type: string; line: Buffer }>()
  #bytes = 0

  lineOf({ type, object }: WatchEvent): Buffer {
    const known = this.#known.get(object)
    if (known?.type === type) return known.line
    const line = Buffer.from(`{"type":${JSON.stringify(type)},"object":${jsonOf(object)}}\n`)
    if (Object.isFrozen(object)) this.#remember(object, type, line)
    return line
  }

  #remember(object: object, type: string, line: Buffer): void {
    if (this.#bytes + line.length > MAX_BYTES) {
      this.#known.clear()
      this.#bytes = 0
    }
    this.#bytes += line.length - (this.#known.get(object)?.line.length ?? 0)
    this.#known.set(object, { type, line })
  }
}
