import { badRequest } from './errors.ts'

export type LabelMap = Readonly<Record<string, string>>

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'

/** One requirement of a selector, in the form of `metav1.LabelSelectorRequirement` and `NodeSelectorRequirement`. */
export interface Requirement {
  key: string
  operator: Operator
  values?: readonly string[]
}

/** `metav1.LabelSelector`. */
export interface LabelSelector {
  matchLabels?: LabelMap
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[]
}

/** True when `labels` meet one requirement. A missing key satisfies `NotIn` and `DoesNotExist`, as in Kubernetes. */
export function meets(labels: LabelMap | undefined, requirement: Requirement): boolean {
  const value = labels?.[requirement.key]
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number.parseInt(value, 10) > Number.parseInt(values[0] ?? '', 10)
    case 'Lt':
      return value !== undefined && Number.parseInt(value, 10) < Number.parseInt(values[0] ?? '', 10)
  }
}

/** The requirements of a LabelSelector. An empty selector has none and so matches everything. */
export function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: 'In' as const,
    values: [value],
  }))
  return [...equal, ...((selector.matchExpressions ?? []) as Requirement[])]
}

/** Matches a LabelSelector; an absent selector matches nothing, an empty one everything, as in Kubernetes. */
export function matchesSelector(selector: LabelSelector | undefined, labels: LabelMap | undefined): boolean {
  return selector !== undefined && requirementsOf(selector).every(requirement => meets(labels, requirement))
}

/**
 * A test whether labels meet all of some requirements, for holding many objects against many requirements: each label is
 * looked up once, however many requirements there are.
 */
export function matcherOf(requirements: readonly Requirement[]): (labels: LabelMap | undefined) => boolean {
  if (requirements.length <= 2) return labels => requirements.every(requirement => meets(labels, requirement))
  const tests = new Map<string, ((value: string) => boolean)[]>()
  const excluded = new Map<string, Set<string>>()
  const needed = new Set<string>()
  for (const requirement of requirements) {
    const { key, operator, values = [] } = requirement
    if (operator === 'NotIn') {
      for (const value of values) entryOf(excluded, key, () => new Set<string>()).add(value)
      continue
    }
    entryOf(tests, key, () => []).push(testOf(requirement))
    if (operator !== 'DoesNotExist') needed.add(key)
  }
  return labels => {
    let found = 0
    for (const [key, value] of Object.entries(labels ?? {})) {
      if (excluded.get(key)?.has(value) || tests.get(key)?.some(isMet => !isMet(value))) return false
      if (needed.has(key)) found++
    }
    return found === needed.size
  }
}

/** What a requirement says about a label that is there. */
function testOf(requirement: Requirement): (value: string) => boolean {
  const values = new Set(requirement.values)
  if (requirement.operator === 'In') return value => values.has(value)
  return value => meets({ [requirement.key]: value }, requirement)
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

const NEGATED = /^!\s*([^\s!=,()]+)$/
const EQUALITY = /^([^\s!=,()]+)\s*(==|!=|=)\s*([^\s!=,()]*)$/
const SET = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/
const KEY = /^[^\s!=,()]+$/

/**
 * Parses the query form of a selector: `app=web,tier in (front,back),!legacy`.
 * @throws StatusError BadRequest naming the part that could not be read
 */
export function parseSelector(text: string): Requirement[] {
  return partsOf(text)
    .filter(part => part !== '')
    .map(part => {
      const requirement = parseRequirement(part)
      if (requirement) return requirement
      throw badRequest(
        `unable to parse label selector "${text}": "${part}" is not key, !key, key=value, key!=value, key in (a,b) or key notin (a,b)`,
      )
    })
}

function parseRequirement(part: string): Requirement | undefined {
  const [, negated] = NEGATED.exec(part) ?? []
  if (negated !== undefined) return { key: negated, operator: 'DoesNotExist' }
  const [, key = '', equality, value = ''] = EQUALITY.exec(part) ?? []
  if (equality) return { key, operator: equality === '!=' ? 'NotIn' : 'In', values: [value] }
  const [, subject = '', operator, set = ''] = SET.exec(part) ?? []
  if (operator) {
    const values = set.split(',').map(item => item.trim())
    return { key: subject, operator: operator === 'in' ? 'In' : 'NotIn', values }
  }
  return KEY.test(part) ? { key: part, operator: 'Exists' } : undefined
}

/** Split at the commas outside of parentheses, trimmed. Expressions that look for them take time with the square of the length. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth <= 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
