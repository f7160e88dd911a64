import type { StatusError } from '../../lib/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ObjectStore } from '../../store/object-store.ts'
import type { ObjectKey } from '../client.ts'
import type { Draft, RequestOptions } from './request.ts'

/** What the registry's operations stand on. */
export interface RegistryContext {
  store: ObjectStore
  clock: Clock
  /** The last of those who wait to write an object again, by its resource, namespace and name. */
  lines: Map<string, Promise<unknown>>
  /** Drafts that have been admitted and are being written, by their resource. */
  writing: Map<string, Set<Draft>>
}

/** A bound only against a store that would refuse for ever: who waits in line is overtaken by first attempts alone. */
const ATTEMPTS = 100

/** Another write was quicker: nothing is wrong with the request itself. */
export class CameBetween extends Error {
  readonly status: StatusError

  constructor(status: StatusError) {
    super(status.message, { cause: status })
    this.name = 'CameBetween'
    this.status = status
  }
}

/**
 * Runs `attempt`, which reads an object and writes what it makes of it. When it throws CameBetween, it is run again in
 * its turn, first come, first served: among many who write one object at once everybody gets through.
 * An attempt must not wait for `writeInTurn` of the same object.
 * @throws what `attempt` throws; the status of CameBetween in the end
 */
export async function writeInTurn<T>(
  { store, lines }: RegistryContext,
  resource: string,
  { name, namespace = '' }: ObjectKey,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof CameBetween)) throw error
  }
  const again = async () => {
    for (let count = 2; ; count++) {
      await store.settled(resource, name, namespace)
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof CameBetween)) throw error
        if (count === ATTEMPTS) throw error.status
      }
    }
  }
  const key = `${resource}/${namespace}/${name}`
  const turn = (lines.get(key) ?? Promise.resolve()).then(again, again)
  lines.set(key, turn)
  try {
    return await turn
  } finally {
    if (lines.get(key) === turn) lines.delete(key)
  }
}

/**
 * Writes a draft, which others who are admitted meanwhile see (`Lookup.writing`). To be called as soon as it is admitted,
 * with nothing awaited in between.
 */
export async function announced<Result>(
  { writing }: RegistryContext,
  resource: string,
  { draft, options: { dryRun } }: { draft: Draft; options: RequestOptions },
  write: () => Promise<Result>,
): Promise<Result> {
  if (dryRun) return write()
  let drafts = writing.get(resource)
  if (!drafts) writing.set(resource, (drafts = new Set()))
  drafts.add(draft)
  try {
    return await write()
  } finally {
    drafts.delete(draft)
  }
}
