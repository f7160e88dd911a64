import { isJsonObject, type JsonObject } from '../../../lib/json.ts'

/** The member that marks, in `fieldsV1`, a path that is in the set although there are paths below it. */
const SELF = '.'

/** Most nodes of a set are leaves: they share this one. */
const NO_CHILDREN: ReadonlyMap<string, FieldSet> = new Map()

/**
 * A set of paths into an object, as a tree. A step is written as in `fieldsV1`: `f:spec` for a member, `k:{"name":"web"}`
 * for an element of a list by its keys, `v:"a"` for an element of a set. Sets that were made of others share their
 * branches with them: only a set that is being built is changed.
 * Source: sigs.k8s.io/structured-merge-diff, fieldpath/serialize.go.
 */
export class FieldSet {
  /** Whether the path that leads here is itself in the set. */
  member = false
  #children: Map<string, FieldSet> | undefined
  /** What this stands for besides `member`, until it is built further: most of a large object is never looked at. */
  #stored: JsonObject | undefined

  get children(): ReadonlyMap<string, FieldSet> {
    if (this.#stored && !this.#children) this.#readChildren(this.#stored)
    return this.#children ?? NO_CHILDREN
  }

  get isEmpty(): boolean {
    return !this.member && !this.#children && !this.#stored
  }

  add(path: readonly string[]): void {
    path.reduce((at: FieldSet, step) => at.branch(step), this).member = true
  }

  /** What is below a step; made, to be built further, when there is nothing yet. */
  branch(step: string): FieldSet {
    const known = this.children.get(step)
    this.#stored = undefined
    if (known) return known
    const made = new FieldSet()
    this.graft(step, made)
    return made
  }

  /** @param branch what is to be below the step from now on; not an empty one */
  graft(step: string, branch: FieldSet): void {
    this.#children ??= new Map()
    this.#children.set(step, branch)
  }

  /** All paths in the set. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix
    for (const [step, child] of this.children) yield* child.paths([...prefix, step])
  }

  equals(other: FieldSet): boolean {
    if (this.#stored && this.#stored === other.#stored) return true
    return (
      this.member === other.member &&
      this.children.size === other.children.size &&
      [...this.children].every(([step, child]) => other.children.get(step)?.equals(child))
    )
  }

  /** The form in `managedFields[].fieldsV1`. */
  toJson(): JsonObject {
    if (this.#stored) return this.#stored
    if (!this.#children) return {}
    const steps = [...this.children].sort(([a], [b]) => (a < b ? -1 : 1))
    const json: JsonObject = this.member ? { [SELF]: {} } : {}
    for (const [step, child] of steps) json[step] = child.toJson()
    return json
  }

  /** Reads `fieldsV1` as a client wrote it; what is not of its form is passed over. */
  static fromJson(json: unknown): FieldSet {
    const set = new FieldSet()
    if (!isJsonObject(json)) return set
    for (const [step, content] of Object.entries(json)) {
      if (step === SELF) set.member = true
      else if (/^[fkv]:/.test(step)) {
        const child = FieldSet.fromJson(content)
        if (child.isEmpty) child.member = true
        set.graft(step, child)
      }
    }
    return set
  }

  /** @param json what `toJson` wrote; it is not copied, and must not change any more */
  static fromStored(json: JsonObject): FieldSet {
    const set = new FieldSet()
    set.member = Object.hasOwn(json, SELF)
    if (Object.keys(json).length > (set.member ? 1 : 0)) set.#stored = json
    return set
  }

  #readChildren(stored: JsonObject): void {
    this.#children = new Map()
    for (const [step, content] of Object.entries(stored)) {
      if (step === SELF) continue
      const child = FieldSet.fromStored(content as JsonObject)
      if (child.isEmpty) child.member = true
      this.#children.set(step, child)
    }
  }
}

/** What is in `a`, in `b` or in both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isEmpty) return a
  if (a.isEmpty) return b
  return combine(a, b, { isMember: a.member || b.member, inner: union, onlyInA: true, onlyInB: true })
}

/** What is in `a` but not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isEmpty) return a
  return combine(a, b, { isMember: a.member && !b.member, inner: difference, onlyInA: true })
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, { isMember: a.member && b.member, inner: intersection })
}

/** @param how `inner`: for branches of the same step; `onlyInA`, `onlyInB`: whether branches of one side alone stay */
function combine(
  a: FieldSet,
  b: FieldSet,
  how: {
    isMember: boolean
    inner: (a: FieldSet, b: FieldSet) => FieldSet
    onlyInA?: boolean
    onlyInB?: boolean
  },
): FieldSet {
  const result = new FieldSet()
  result.member = how.isMember
  for (const [step, branch] of a.children) {
    const other = b.children.get(step)
    const combined = other ? how.inner(branch, other) : branch
    if ((other ?? how.onlyInA) && !combined.isEmpty) result.graft(step, combined)
  }
  if (how.onlyInB) {
    for (const [step, branch] of b.children) if (!a.children.has(step)) result.graft(step, branch)
  }
  return result
}

/** A path as Kubernetes' messages show it: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path
    .map(step => {
      const content = step.slice(2)
      if (step.startsWith('f:')) return `.${content}`
      if (step.startsWith('v:')) return `[=${content}]`
      const keys = Object.entries(JSON.parse(content) as JsonObject)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    })
    .join('')
}
