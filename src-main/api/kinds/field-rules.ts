import { isJsonObject } from '../../lib/json.ts'
import type { NotHonoured } from './kind.ts'

/** A place in an object that a pattern leads to. */
export interface Place {
  field: string
  /** The last step: the name of a member. */
  name: string
  value: unknown
}

/** A field that is accepted but that nothing acts on yet. */
export interface Rule {
  /** Path below what is looked at; `*` is every element or member, `a|b` either name. */
  path: string
  /** What happens instead; a user reads it after the field's name. */
  why: string
  /** Narrows the rule to some values or names. */
  when?(place: Place): boolean
}

/** What the rules say of one place, and the steps that lead on from it. */
interface Step {
  /** In the order of the rules: `order` is a rule's place among all. */
  readonly rules: { rule: Rule; order: number }[]
  /** The steps that leave from here, by how the rules write them: `*`, `name`, `one|other`. */
  readonly next: Map<string, Step>
  /** The same by the member's name. */
  readonly byName: Map<string, Step[]>
}

const newStep = (): Step => ({ rules: [], next: new Map(), byName: new Map() })

/**
 * Finds the fields that some rules name. Every write is held against them, so the rules are made one tree: what they
 * have in common of their paths is followed once.
 * @returns for an object, or a part of one which stands at `field`, what is in it without effect, in the rules' order
 */
export function fieldFinder(
  rules: readonly Rule[],
): (value: unknown, field?: string) => readonly NotHonoured[] {
  const root = newStep()
  rules.forEach((rule, order) => stepOf(root, rule.path).rules.push({ rule, order }))
  const find = (value: unknown, field: string): readonly NotHonoured[] => {
    const found: (NotHonoured & { order: number })[] = []
    follow({ field, name: '', value }, root, (place, step) => {
      for (const { rule, order } of step.rules) {
        if (!rule.when || rule.when(place)) found.push({ field: place.field, why: rule.why, order })
      }
    })
    return found.sort((a, b) => a.order - b.order).map(({ field, why }) => ({ field, why }))
  }
  // Most writes of a pod keep the stored spec, which is frozen.
  const known = new WeakMap<object, { field: string; found: readonly NotHonoured[] }>()
  return (value, field = '') => {
    if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return find(value, field)
    const before = known.get(value)
    if (before?.field === field) return before.found
    const found = find(value, field)
    known.set(value, { field, found })
    return found
  }
}

/** The step at the end of a path, which is made as far as it is new. */
function stepOf(root: Step, path: string): Step {
  let step = root
  for (const names of path.split('.')) {
    const known = step.next.get(names)
    const next = known ?? newStep()
    if (!known) {
      step.next.set(names, next)
      for (const name of names.split('|')) step.byName.set(name, [...(step.byName.get(name) ?? []), next])
    }
    step = next
  }
  return step
}

/** Calls `reached` with every place that steps lead to from `place`. */
function follow(place: Place, step: Step, reached: (place: Place, step: Step) => void): void {
  const { field, value } = place
  if (value === undefined) return
  if (step.rules.length > 0) reached(place, step)
  if (step.next.size === 0) return
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      for (const [name, next] of step.next)
        follow({ field: `${field}[${index}]`, name, value: item }, next, reached)
    })
    return
  }
  if (!isJsonObject(value)) return
  const any = step.byName.get('*')
  for (const name of Object.keys(value)) {
    const steps = step.byName.get(name)
    if (!steps && !any) continue
    const member = { field: field ? `${field}.${name}` : name, name, value: value[name] }
    for (const next of [...(steps ?? []), ...(any ?? [])]) follow(member, next, reached)
  }
}
