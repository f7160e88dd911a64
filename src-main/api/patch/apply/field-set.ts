import { isJsonObject, type JsonObject } from '../../../lib/json.ts'

/** The member that marks, in `fieldsV1`, a path that is in the set although there are paths below it. */
const SELF = '.'

/**
 * A set of paths into an object, as a tree. A step is written as in `fieldsV1`: `f:spec` for a member, `k:{"name":"web"}`
 * for an element of a list by its keys, `v:"a"` for an element of a set.
 * Source: sigs.k8s.io/structured-merge-diff, fieldpath/serialize.go.
 */
export class FieldSet {
  /** Whether the path that leads here is itself in the set. */
  member = false
  readonly children = new Map<string, FieldSet>()

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0
  }

  add(path: readonly string[]): void {
    const node = path.reduce((at: FieldSet, step) => {
      const next = at.children.get(step) ?? new FieldSet()
      at.children.set(step, next)
      return next
    }, this)
    node.member = true
  }

  /** All paths in the set. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix
    for (const [step, child] of this.children) yield* child.paths([...prefix, step])
  }

  equals(other: FieldSet): boolean {
    return (
      this.member === other.member &&
      this.children.size === other.children.size &&
      [...this.children].every(([step, child]) => other.children.get(step)?.equals(child))
    )
  }

  /** The form in `managedFields[].fieldsV1`. */
  toJson(): JsonObject {
    const steps = [...this.children].sort(([a], [b]) => (a < b ? -1 : 1))
    const json: JsonObject = this.member && steps.length > 0 ? { [SELF]: {} } : {}
    for (const [step, child] of steps) json[step] = child.toJson()
    return json
  }

  /** Reads `fieldsV1`; what is not of its form is passed over. */
  static fromJson(json: unknown): FieldSet {
    const set = new FieldSet()
    if (!isJsonObject(json)) return set
    for (const [step, content] of Object.entries(json)) {
      if (step === SELF) set.member = true
      else if (/^[fkv]:/.test(step)) {
        const child = FieldSet.fromJson(content)
        if (child.isEmpty) child.member = true
        set.children.set(step, child)
      }
    }
    return set
  }
}

/** What is in `a`, in `b` or in both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left || right)
}

/** What is in `a` but not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left && !right)
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => left && right)
}

const nothing = new FieldSet()

function combine(a: FieldSet, b: FieldSet, isMember: (left: boolean, right: boolean) => boolean): FieldSet {
  const result = new FieldSet()
  result.member = isMember(a.member, b.member)
  for (const step of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(step) ?? nothing, b.children.get(step) ?? nothing, isMember)
    if (!child.isEmpty) result.children.set(step, child)
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
