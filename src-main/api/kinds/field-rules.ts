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

/**
 * Finds the fields that some rules name. Every write is held against them, so their paths are taken apart once: each step
 * as its names.
 * @returns for an object, or a part of one which stands at `field`, what is in it without effect
 */
export function fieldFinder(rules: readonly Rule[]): (value: unknown, field?: string) => NotHonoured[] {
  const taken = rules.map(rule => ({ ...rule, steps: rule.path.split('.').map(step => step.split('|')) }))
  return (value, field = '') => {
    const found: NotHonoured[] = []
    for (const { steps, why, when } of taken) {
      follow({ field, name: '', value }, steps, place => {
        if (place.value !== undefined && (!when || when(place))) found.push({ field: place.field, why })
      })
    }
    return found
  }
}

/** Calls `reached` with every place that the steps lead to from `place`. */
function follow(
  { field, name, value }: Place,
  [names, ...rest]: readonly (readonly string[])[],
  reached: (place: Place) => void,
): void {
  if (!names) return reached({ field, name, value })
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) =>
      follow({ field: `${field}[${index}]`, name: names.join('|'), value: item }, rest, reached),
    )
    return
  }
  if (!isJsonObject(value)) return
  for (const member of names[0] === '*' ? Object.keys(value) : names) {
    if (!Object.hasOwn(value, member)) continue
    follow(
      { field: field ? `${field}.${member}` : member, name: member, value: value[member] },
      rest,
      reached,
    )
  }
}
