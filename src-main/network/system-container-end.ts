import { EngineError, type Engine } from '../engine/engine.ts'
import { findOwn, OWN_CONTAINERS, type OwnContainer } from './own-containers.ts'

/** A container of our own does not run on a server that should have it. */
export class SystemContainerEnded extends Error {
  constructor(name: string) {
    super(`The container ${name} has ended on the server, or was removed; it is started again.`)
    this.name = 'SystemContainerEnded'
  }
}

/**
 * Rejects when one of a server's containers of our own ends. Docker starts it again after a crash, but not when somebody
 * has stopped or removed it.
 *
 * @throws SystemContainerEnded
 * @throws EngineError when the engine tells no more
 */
export async function untilSystemContainerEnds(
  engine: Engine,
  clusterId: string,
  signal: AbortSignal,
): Promise<never> {
  // before they are looked at, so that no end falls in between
  const events = engine.events(signal)
  const startedAt = await lastStarts(engine, clusterId)
  for await (const event of events) {
    if (event.type !== 'container' || (event.action !== 'die' && event.action !== 'destroy')) continue
    const container = startedAt.get(event.id)
    // an event may be of the time before
    if (container && event.at > container.at) throw new SystemContainerEnded(container.name)
  }
  throw new EngineError('unreachable', "the engine's events have ended")
}

async function lastStarts(
  engine: Engine,
  clusterId: string,
): Promise<Map<string, { name: string; at: number }>> {
  const starts = new Map<string, { name: string; at: number }>()
  for (const [own, name] of Object.entries(OWN_CONTAINERS)) {
    const id = await findOwn(engine, clusterId, own as OwnContainer)
    const container = id && (await engine.inspectContainer(id))
    if (!container || container.state !== 'running') throw new SystemContainerEnded(name)
    starts.set(container.id, { name, at: container.startedAt ?? 0 })
  }
  return starts
}
