import type { Client, WatchEvent } from '../../api/client.ts'
import type { EventRecorder } from '../../api/events.ts'
import type { KindSet } from '../../api/kinds/kind-set.ts'
import { type Kind, resourceOf } from '../../api/kinds/kind.ts'
import type { KubeObject } from '../../api/types.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Dispose, Disposers } from '../../lib/disposer.ts'
import { errorMessage, isStatusError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { type Outcome, WorkQueue } from './work-queue.ts'

/** A control loop: from `start` on it brings the world of its keys towards what the objects ask for. */
export interface Controller {
  start(): void
  /** Resolves when the work in hand has ended; nothing is written afterwards. */
  stop(): Promise<void>
}

/** What every controller is given. */
export interface ControllerOptions {
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
}

/** Where keys come from: subscribes, and enqueues what is there already. */
export type Source = (client: Client, enqueue: (key: string) => void) => Dispose

/**
 * Keys from the objects of one kind: those that exist at the start, and those of each change, before and after it.
 * @param keysOf the keys that an object concerns; it must not write
 * @param matters leaves out changes that no reconcile would act on
 */
export function changesOf<T extends KubeObject>(
  kind: Kind<T>,
  keysOf: (object: T) => Iterable<string>,
  matters: (event: WatchEvent<T>) => boolean = () => true,
): Source {
  return (client, enqueue) => {
    const stop = client.watch(kind, event => {
      if (!matters(event)) return
      for (const key of keysOf(event.object)) enqueue(key)
      if (event.previous) for (const key of keysOf(event.previous)) enqueue(key)
    })
    for (const object of client.list(kind)) for (const key of keysOf(object)) enqueue(key)
    return stop
  }
}

/** As `sourceOf` says for each kind there is, those included that CustomResourceDefinitions add and take away later. */
export function changesOfEach(kinds: KindSet, sourceOf: (kind: Kind) => Source): Source {
  return (client, enqueue) => {
    const followed = new Map<string, Dispose>()
    const follow = () => {
      const stored = new Map(kinds.stored.map(kind => [resourceOf(kind), kind]))
      for (const [resource, kind] of stored) {
        if (!followed.has(resource)) followed.set(resource, sourceOf(kind)(client, enqueue))
      }
      for (const [resource, stop] of followed) {
        if (stored.has(resource)) continue
        stop()
        followed.delete(resource)
      }
    }
    const stop = kinds.onChange(follow)
    follow()
    return () => {
      stop()
      for (const dispose of followed.values()) dispose()
    }
  }
}

export interface ReconcilerOptions extends ControllerOptions {
  /** Names the controller in logs. */
  name: string
  sources: readonly Source[]
  /** Reads everything about one key again and acts on it. It may run at any time, and again after any failure. */
  reconcile(key: string): Promise<Outcome>
  /** The object that a failure of a key is told on. */
  objectOf?(key: string): KubeObject | undefined
  workers?: number
}

/**
 * A level-triggered controller: changes only enqueue keys.
 *
 * It needs none of the "expectations" that Kubernetes' controllers keep (counts of creations not yet seen in an
 * informer's cache): reads come from the very memory that writes are committed to, so once a write has resolved
 * the next read shows it, and a key is never worked on twice at a time.
 */
export function createReconciler(options: ReconcilerOptions): Controller {
  const { client, clock, events, name, sources, workers } = options
  const logger = options.logger.child({ controller: name })
  const subscriptions = new Disposers()
  const queue = new WorkQueue({
    clock,
    workers,
    process: key => options.reconcile(key),
    onError: (key, error, failures) => {
      // Somebody else wrote first: the next round sees it.
      if (isStatusError(error, 'Conflict')) return
      logger.warn({ key, failures, err: error }, 'reconcile failed; it is tried again after a back-off')
      const object = options.objectOf?.(key)
      if (object) events.event(object, 'Warning', 'ReconcileFailed', errorMessage(error))
    },
  })
  return {
    start() {
      for (const source of sources) subscriptions.add(source(client, key => queue.add(key)))
    },
    async stop() {
      subscriptions.disposeAll()
      await queue.stop()
    },
  }
}
