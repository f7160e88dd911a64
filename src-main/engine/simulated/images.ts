import { createHash } from 'node:crypto'
import { sleep, type Clock } from '../../lib/clock.ts'
import { EngineError, type EngineErrorCode, type EngineImage, type RegistryAuth } from '../engine.ts'

const PULL_MIN_MS = 300
const PULL_SPREAD_MS = 1200

/** Names that a simulated registry refuses, so that the playground can show what a failed pull looks like. */
const REFUSALS: { pattern: RegExp; code: EngineErrorCode; unlessAuth?: boolean; words: string }[] = [
  {
    pattern: /:missing$|does-not-exist/,
    code: 'image-not-found',
    words: 'manifest unknown; check the name and the tag',
  },
  {
    pattern: /^private\./,
    code: 'registry-unauthorized',
    unlessAuth: true,
    words: 'no basic auth credentials; give an imagePullSecret for its registry',
  },
  {
    pattern: /^unreachable\./,
    code: 'registry-unreachable',
    words: "dial tcp: no such host; check the registry's address",
  },
]

const REFERENCE =
  /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/

/** `nginx`, `nginx:latest` and `docker.io/library/nginx` are one image. */
export function canonicalReference(reference: string): string {
  const name = reference.replace(/^docker\.io\//, '').replace(/^library\//, '')
  return name.includes('@') || name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`
}

/** The images of one simulated engine. Every image exists in its registry, but for the names in REFUSALS. */
export class SimulatedImages {
  #clock: Clock
  #random: () => number
  #present = new Map<string, EngineImage>()
  #pulls = new Map<string, Promise<EngineImage>>()

  constructor(clock: Clock, random: () => number, present: readonly string[]) {
    this.#clock = clock
    this.#random = random
    for (const reference of present) this.#add(canonicalReference(reference))
  }

  /** By name or by id. */
  find(reference: string): EngineImage | undefined {
    if (reference.startsWith('sha256:')) return this.list().find(image => image.id === reference)
    return this.#present.get(canonicalReference(reference))
  }

  list(): EngineImage[] {
    return [...this.#present.values()]
  }

  /** Takes from 0.3 to 1.5 s; two pulls of one image at a time are one. */
  async pull(reference: string, auth?: RegistryAuth, signal?: AbortSignal): Promise<EngineImage> {
    const fail = (code: EngineErrorCode, words: string) =>
      new EngineError(code, `cannot pull image "${reference}": ${words}`)
    if (!REFERENCE.test(reference)) throw fail('invalid-image-name', 'invalid reference format')
    const name = canonicalReference(reference)
    const refusal = REFUSALS.find(({ pattern, unlessAuth }) => pattern.test(name) && !(unlessAuth && auth))
    const ms = PULL_MIN_MS + PULL_SPREAD_MS * this.#random()
    if (refusal) {
      await this.#wait(reference, ms / 3, signal)
      throw fail(refusal.code, refusal.words)
    }
    const present = this.#present.get(name)
    if (present) return present
    let pull = this.#pulls.get(name)
    if (!pull) {
      pull = sleep(this.#clock, ms).then(() => this.#add(name))
      this.#pulls.set(name, pull)
      void pull.finally(() => this.#pulls.delete(name))
    }
    return abortable(pull, reference, signal)
  }

  async #wait(reference: string, ms: number, signal?: AbortSignal): Promise<void> {
    await abortable(sleep(this.#clock, ms), reference, signal)
  }

  /** An image of one's own making. */
  import(reference: string, entrypoint: string[]): void {
    this.#add(canonicalReference(reference), entrypoint)
  }

  remove(reference: string): void {
    this.#present.delete(canonicalReference(reference))
  }

  #add(name: string, entrypoint: string[] = []): EngineImage {
    const digest = createHash('sha256').update(name).digest('hex')
    const repository = name.replace(/(@sha256)?:[^/:]*$/, '')
    const image: EngineImage = {
      id: `sha256:${digest}`,
      tags: name.includes('@') ? [] : [name],
      digests: [`${repository}@sha256:${digest}`],
      sizeBytes: 20_000_000 + (Number.parseInt(digest.slice(0, 7), 16) % 180_000_000),
      user: '',
      entrypoint,
      command: entrypoint.length > 0 ? [] : ['serve'],
      environment: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      labels: {},
    }
    this.#present.set(name, image)
    return image
  }
}

function abortable<T>(work: Promise<T>, reference: string, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const onAbort = () =>
      reject(new EngineError('aborted', `the pull of ${reference} was stopped`, signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
