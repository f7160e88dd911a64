import type { Dispose } from '../lib/disposer.ts'
import { isStatusError, notFound, StatusError } from '../lib/errors.ts'
import { copyJson, equalJson } from '../lib/json.ts'
import type { ObjectStore, StoreEvent } from '../store/object-store.ts'
import type { Client, DeleteOptions, ObjectKey, WatchEvent } from './client.ts'
import { type Kind, resourceOf, type Selection } from './kinds/kind.ts'
import { hasStatusApart, type StructureContext } from './registry/admit.ts'
import { CameBetween, type RegistryContext, writeInTurn } from './registry/contention.ts'
import { createObject } from './registry/create.ts'
import { deleteObject, type DeleteResult } from './registry/delete.ts'
import { listAt } from './registry/history.ts'
import type { RequestOptions } from './registry/request.ts'
import { namesVersion, replicasIn, type Scale, scaleOf } from './registry/scale.ts'
import { asStatusError } from './registry/store-errors.ts'
import { updateObject, type UpdateTarget } from './registry/update.ts'
import { isConverted, shown, shownEvent, storedForm } from './registry/versions.ts'
import type { KubeObject, NewObject } from './types.ts'

/**
 * The API in process: every kind's defaults, validation and strategies over the object store. The HTTP server and
 * the control plane's own parts use the same one, so there is one set of rules.
 */
export class Registry implements Client {
  readonly #context: RegistryContext
  readonly #store: ObjectStore

  constructor(context: Omit<RegistryContext, 'lines' | 'writing'>) {
    this.#context = { ...context, lines: new Map(), writing: new Map() }
    this.#store = context.store
  }

  /** The resourceVersion of a list made now. */
  get revision(): number {
    return this.#store.revision
  }

  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace?: string): T | undefined {
    const object = this.#store.get(resourceOf(kind), name, namespace)
    return object && shown(kind, object)
  }

  list<T extends KubeObject>(kind: Kind<T>, selection?: Selection): T[] {
    const objects = this.#store.list(resourceOf(kind), selection)
    return isConverted(kind as unknown as Kind)
      ? objects.map(object => shown(kind, object))
      : (objects as unknown[] as T[])
  }

  /**
   * The list as it was at an earlier revision.
   * @throws StatusError Expired when the changes since then are no longer kept
   */
  listAt<T extends KubeObject>(kind: Kind<T>, revision: number, selection?: Selection): T[] {
    if (revision === this.revision) return this.list(kind, selection)
    try {
      return listAt(this.#store, resourceOf(kind), revision, selection).map(object => shown(kind, object))
    } catch (error) {
      throw asStatusError(error, kind, '')
    }
  }

  async create<T extends KubeObject>(
    kind: Kind<T>,
    object: NewObject<T>,
    options?: RequestOptions,
  ): Promise<T> {
    const { kind: stored, input } = toStorage(kind, object, { options, ignoreStatus: hasStatusApart(kind) })
    return shown(kind, await createObject(this.#context, stored, input, storageOptions(kind, options)))
  }

  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: RequestOptions): Promise<T> {
    return this.#update(kind, object, { part: 'object', options })
  }

  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, options?: RequestOptions): Promise<T> {
    return this.#update(kind, object, { part: 'status', options })
  }

  /** Replaces a Namespace's `spec.finalizers`: the last step of its deletion. */
  async finalize<T extends KubeObject>(kind: Kind<T>, object: T, options?: RequestOptions): Promise<T> {
    return (await updateObject(this.#context, kind, object, 'finalize', options)) as T
  }

  /** Replaces a pod's `spec.ephemeralContainers`. */
  async updateEphemeralContainers<T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options?: RequestOptions,
  ): Promise<T> {
    return (await updateObject(this.#context, kind, object, 'ephemeralcontainers', options)) as T
  }

  modify<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    change: (draft: T) => void,
  ): Promise<T | undefined> {
    return this.#modify(kind, key, change, draft => this.update(kind, draft))
  }

  modifyStatus<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    change: (draft: T) => void,
  ): Promise<T | undefined> {
    return this.#modify(kind, key, change, draft => this.updateStatus(kind, draft))
  }

  async delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: DeleteOptions): Promise<void> {
    try {
      await this.remove(kind, key, options)
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error
    }
  }

  /** As `delete`, but tells what became of the object, and rejects with NotFound. */
  remove(kind: Kind, key: ObjectKey, options?: DeleteOptions & { dryRun?: boolean }): Promise<DeleteResult> {
    const deleted = deleteObject(this.#context, kind, key, options)
    if (!isConverted(kind)) return deleted
    return deleted.then(({ object, gone }) => ({ object: shown(kind, object), gone }))
  }

  /** @throws StatusError NotFound */
  getScale(kind: Kind, key: ObjectKey): Scale {
    const { mapping, object } = this.#scalable(kind, key)
    return scaleOf(mapping, object)
  }

  /** Sets the number of replicas; Conflict when the Scale was read from another version of the object. */
  async updateScale(kind: Kind, key: ObjectKey, scale: unknown, options?: RequestOptions): Promise<Scale> {
    const attempt = async () => {
      const { mapping, object } = this.#scalable(kind, key)
      const draft = copyJson(object)
      mapping.setReplicas(draft, replicasIn(kind, object, scale))
      return scaleOf(mapping, await this.update(kind, draft, { ...options, subresource: 'scale' }))
    }
    // a PATCH, which has its turn already, names the version that it read
    if (namesVersion(scale)) return attempt()
    return this.writeInTurn(kind, key, () =>
      attempt().catch((error: unknown) => {
        throw isStatusError(error, 'Conflict') ? new CameBetween(error) : error
      }),
    )
  }

  watch<T extends KubeObject>(kind: Kind<T>, listener: (event: WatchEvent<T>) => void): Dispose {
    return this.#store.watch(
      resourceOf(kind),
      undefined,
      this.#shownTo(kind as unknown as Kind, event => listener(event as unknown as WatchEvent<T>)),
    )
  }

  /**
   * As `watch`, beginning with the changes after `revision`.
   * @throws StatusError Expired when those are no longer kept
   */
  watchFrom(kind: Kind, revision: number, listener: (event: StoreEvent) => void): Dispose {
    try {
      return this.#store.watch(resourceOf(kind), revision, this.#shownTo(kind, listener))
    } catch (error) {
      throw asStatusError(error, kind, '')
    }
  }

  /** Runs `attempt` until no other write comes between what it reads and what it writes: see `writeInTurn`. */
  writeInTurn<T>(kind: Kind, key: ObjectKey, attempt: () => Promise<T>): Promise<T> {
    return writeInTurn(this.#context, resourceOf(kind), key, attempt)
  }

  #shownTo(kind: Kind, listener: (event: StoreEvent) => void): (event: StoreEvent) => void {
    return isConverted(kind) ? event => listener(shownEvent(kind, event)) : listener
  }

  async #update<T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    { part, options }: { part: UpdateTarget; options: RequestOptions | undefined },
  ): Promise<T> {
    const { name, namespace } = object.metadata
    const old = kind.storedAs && this.get(kind, name, namespace)
    const ignoreStatus = part === 'object' && hasStatusApart(kind)
    const { kind: stored, input } = toStorage(kind, object, { old, options, ignoreStatus })
    const written = await updateObject(
      this.#context,
      stored,
      input as KubeObject,
      part,
      storageOptions(kind, options),
    )
    return shown(kind, written)
  }

  async #modify<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    change: (draft: T) => void,
    write: (draft: T) => Promise<T>,
  ): Promise<T | undefined> {
    return writeInTurn(this.#context, resourceOf(kind), key, async () => {
      const stored = this.get(kind, key.name, key.namespace)
      if (!stored) return undefined
      const draft = copyJson(stored)
      change(draft)
      if (equalJson(draft, stored)) return stored
      try {
        return await write(draft)
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return undefined
        throw isStatusError(error, 'Conflict') ? new CameBetween(error) : error
      }
    })
  }

  #scalable(kind: Kind, key: ObjectKey) {
    if (!kind.scale) {
      throw new StatusError(
        'NotFound',
        `the server could not find the requested resource: ${kind.plural} have no scale`,
      )
    }
    const object = this.get(kind, key.name, key.namespace)
    if (!object) throw notFound({ group: kind.group, resource: kind.plural }, key.name)
    return { mapping: kind.scale, object }
  }
}

/** The kind whose storage an object goes to, and its form there. */
function toStorage<T extends KubeObject>(
  kind: Kind<T>,
  object: T | NewObject<T>,
  { options = {}, ...context }: Partial<StructureContext>,
): { kind: Kind; input: KubeObject | NewObject } {
  const own = kind as unknown as Kind
  const { storedAs } = own
  if (!storedAs) return { kind: own, input: object as NewObject }
  const input = storedForm({ ...own, storedAs }, object as NewObject, { ...context, options })
  return { kind: storedAs.kind, input }
}

/** Fields that the version of the request knows are not held against the caller if the stored version does not. */
function storageOptions(kind: Kind<never>, options: RequestOptions | undefined): RequestOptions | undefined {
  return kind.storedAs ? { ...options, fieldValidation: 'Ignore', version: kind as unknown as Kind } : options
}
