import type { Duplex } from 'node:stream'
import type { Pod } from '../api/types.ts'
import { EngineError, type Engine } from '../engine/engine.ts'
import { badRequest, internalError } from '../lib/errors.ts'

/**
 * A connection to a pod's port, made from its server: to the pod's address, or to the server's own loopback for a pod
 * on the host's network. A process that listens only on the loopback of its pod is not reached.
 * @throws StatusError BadRequest when the pod has no address or nothing listens
 */
export async function dialPod(engine: Engine, pod: Pod, port: number): Promise<Duplex> {
  const address = pod.spec.hostNetwork ? '127.0.0.1' : pod.status?.podIP
  if (!address)
    throw badRequest(`pod ${pod.metadata.name} has no address yet: it is ${pod.status?.phase ?? 'Pending'}`)
  try {
    return await engine.dial(address, port)
  } catch (error) {
    if (!(error instanceof EngineError)) throw internalError(error)
    throw badRequest(
      `cannot connect to port ${port} of pod ${pod.metadata.name}: ${error.message}. Does a container listen on it, on 0.0.0.0?`,
      error,
    )
  }
}
