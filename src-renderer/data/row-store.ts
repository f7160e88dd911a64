import type { KubeObject } from '../../src-main/api/types.ts'
import { resources, type ResourceName } from '../api/resources.ts'
import type { Cell, RowContext, RowKind, State, Status } from '../rows/row-kind.ts'
import { cellText } from '../rows/row-kind.ts'
import type { Filterable } from './filter.ts'

/** One object as the table shows it. Stays the same until the object, or what the row is made of, changes. */
export class Row<T extends KubeObject = KubeObject> {
  readonly id: string
  readonly object: T
  readonly status: Status
  readonly #kind: RowKind<T>
  readonly #context: RowContext
  #cells: Record<string, Cell> | undefined
  #filterable: Filterable | undefined

  constructor(object: T, kind: RowKind<T>, context: RowContext) {
    this.id = object.metadata.uid
    this.object = object
    this.status = kind.status(object, context)
    this.#kind = kind
    this.#context = context
  }

  get cells(): Record<string, Cell> {
    return (this.#cells ??= this.#kind.cells(this.object, this.#context))
  }

  get filterable(): Filterable {
    return (this.#filterable ??= {
      name: this.object.metadata.name.toLowerCase(),
      labels: this.object.metadata.labels ?? {},
      annotations: this.object.metadata.annotations ?? {},
      state: this.status.state,
      text: Object.values(this.cells).map(cellText).join(' ').toLowerCase(),
    })
  }
}

/** The rows of one kind, made when they are first asked for and again when something they show has changed. */
export class RowStore<T extends KubeObject = KubeObject> {
  readonly kind: RowKind<T>
  readonly tally: Record<State, number> = { ok: 0, working: 0, wrong: 0, off: 0 }
  readonly #context: RowContext
  readonly #rows = new Map<string, Row<T>>()
  readonly #listeners = new Set<(ids: ReadonlySet<string>) => void>()

  constructor(kind: RowKind<T>, context: RowContext) {
    this.kind = kind
    this.#context = context
    const { cache } = context.collection<T>(kind.resource)
    cache.subscribe(({ upserted, removed }) => {
      this.#refresh([...upserted, ...removed].map(object => object.metadata.uid))
    })
    for (const [name, keyOf] of Object.entries(kind.related ?? {})) {
      this.#follow(name as ResourceName, keyOf as ((object: KubeObject) => string | undefined) | 'all')
    }
    this.#refresh([...cache.values()].map(object => object.metadata.uid))
  }

  get(id: string): Row<T> | undefined {
    return this.#rows.get(id)
  }

  get ids(): IterableIterator<string> {
    return this.#rows.keys()
  }

  /** Tells which rows were made again or are gone. */
  subscribe(listener: (ids: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #follow(name: ResourceName, keyOf: ((object: KubeObject) => string | undefined) | 'all'): void {
    const own = this.#context.collection<T>(this.kind.resource).cache
    this.#context
      .collection(resources[name].plural as ResourceName)
      .cache.subscribe(({ upserted, removed }) => {
        if (keyOf === 'all') return this.#refresh([...this.#rows.keys()])
        const keys = new Set([...upserted, ...removed].map(keyOf))
        this.#refresh([...keys].flatMap(key => (key && own.byName(key)?.metadata.uid) || []))
      })
  }

  #refresh(uids: readonly string[]): void {
    if (uids.length === 0) return
    const { cache } = this.#context.collection<T>(this.kind.resource)
    for (const uid of uids) {
      const before = this.#rows.get(uid)
      if (before) this.tally[before.status.state] -= 1
      const object = cache.get(uid)
      if (!object) {
        this.#rows.delete(uid)
        continue
      }
      const row = new Row(object, this.kind, this.#context)
      this.tally[row.status.state] += 1
      this.#rows.set(uid, row)
    }
    const changed = new Set(uids)
    for (const listener of [...this.#listeners]) listener(changed)
  }
}
