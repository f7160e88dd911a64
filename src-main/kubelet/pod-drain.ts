import type { Pod } from '../api/types.ts'
import { sleep } from '../lib/clock.ts'
import type { NodeContext } from './node-context.ts'

/** Knows when nothing is sent to a pod any more. */
export interface PodDrain {
  /** Resolves once every server has dropped the pod, which is being deleted, from its endpoints. */
  settled(pod: Pod): Promise<void>
}

/**
 * A server that does not answer must not keep the pods of others from ending. One that is merely busy may take some
 * seconds to change its rules, and a pod that ended sooner would fail requests.
 */
const DRAIN_MS = 15_000

/**
 * Waits until nobody sends anything new to the pod, for a while at most, and never for more than half of the time that is
 * left until `until` (ms since the epoch): the other half is the program's.
 */
export async function drained(
  { drain, clock, logger, signal }: NodeContext,
  pod: Pod,
  until: number,
): Promise<void> {
  const patience = Math.min(DRAIN_MS, (until - clock.now()) / 2)
  if (!drain || patience <= 0) return
  const done = new AbortController()
  const late = sleep(clock, patience, AbortSignal.any([signal, done.signal])).then(
    () => logger.warn({ pod: pod.metadata.name }, 'a pod ends before every server has let go of it'),
    () => undefined, // settled in time, or the kubelet stops
  )
  const settled = drain.settled(pod).catch((error: unknown) => {
    logger.warn({ pod: pod.metadata.name, err: error }, 'cannot tell who still sends to a pod; it ends now')
  })
  await Promise.race([settled, late])
  done.abort()
}
