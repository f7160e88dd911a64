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
  const { key } = requirement
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined
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

/** Whether a requirement is the kind that an index answers: one value for one label. */
export function isExact({ operator, values }: Requirement): boolean {
  return operator === 'In' && values?.length === 1
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

type Matcher = (labels: LabelMap | undefined) => boolean

/** Matches a LabelSelector; an absent selector matches nothing, an empty one everything, as in Kubernetes. */
export function matchesSelector(selector: LabelSelector | undefined, labels: LabelMap | undefined): boolean {
  return selector !== undefined && selectorMatcher(selector)(labels)
}

/** The test of a LabelSelector, for holding many objects against it. */
export function selectorMatcher(selector: LabelSelector): Matcher {
  return preparedFor(selector, () => matcherOf(requirementsOf(selector)))
}

/** Whether labels have every one of `wanted`, as the selector of a Service says it. */
export function hasLabels(labels: LabelMap | undefined, wanted: LabelMap): boolean {
  return preparedFor(wanted, () => matcherOf(requirementsOf({ matchLabels: wanted })))(labels)
}

const prepared = new WeakMap<object, Matcher>()

/** A stored object is frozen, and so what it selects is worked out once, however many objects are held against it. */
function preparedFor(selector: object, make: () => Matcher): Matcher {
  const known = prepared.get(selector)
  if (known) return known
  const matcher = make()
  if (Object.isFrozen(selector)) prepared.set(selector, matcher)
  return matcher
}

/** What some requirements together say about one label. */
interface LabelTest {
  mustBeThere: boolean
  mustBeAbsent: boolean
  allowed?: ReadonlySet<string>
  readonly excluded: Set<string>
  /** The number that the value is lies between these. */
  above?: number
  below?: number
}

/**
 * A test whether labels meet all of some requirements, for holding many objects against many requirements, or against
 * ones with many values: what is said about a label is put together first, and each label is looked up once.
 */
export function matcherOf(requirements: readonly Requirement[]): Matcher {
  if (requirements.length <= 2 && requirements.every(({ values = [] }) => values.length <= 8)) {
    return labels => requirements.every(requirement => meets(labels, requirement))
  }
  const tests = new Map<string, LabelTest>()
  for (const requirement of requirements) {
    const { key } = requirement
    const test = tests.get(key) ?? { mustBeThere: false, mustBeAbsent: false, excluded: new Set() }
    tests.set(key, test)
    addTo(test, requirement)
  }
  const needed = [...tests.values()].filter(({ mustBeThere }) => mustBeThere).length
  return labels => {
    let found = 0
    for (const [key, value] of Object.entries(labels ?? {})) {
      const test = tests.get(key)
      if (!test) continue
      if (!passes(value, test)) return false
      if (test.mustBeThere) found++
    }
    return found === needed
  }
}

function addTo(test: LabelTest, { operator, values = [] }: Requirement): void {
  const number = Number.parseInt(values[0] ?? '', 10)
  if (operator === 'NotIn') for (const value of values) test.excluded.add(value)
  else if (operator === 'DoesNotExist') test.mustBeAbsent = true
  else test.mustBeThere = true
  // Math.max and Math.min keep a NaN, which nothing is above or below
  if (operator === 'In') test.allowed = inBoth(values, test.allowed)
  else if (operator === 'Gt') test.above = Math.max(number, test.above ?? -Infinity)
  else if (operator === 'Lt') test.below = Math.min(number, test.below ?? Infinity)
}

function inBoth(values: readonly string[], others: ReadonlySet<string> | undefined): ReadonlySet<string> {
  return new Set(others ? values.filter(value => others.has(value)) : values)
}

function passes(value: string, { mustBeAbsent, allowed, excluded, above, below }: LabelTest): boolean {
  const number = Number.parseInt(value, 10)
  return (
    !mustBeAbsent &&
    (!allowed || allowed.has(value)) &&
    !excluded.has(value) &&
    (above === undefined || number > above) &&
    (below === undefined || number < below)
  )
}

const NEGATED = /^!\s*([^\s!=<>,()]+)$/
const EQUALITY = /^([^\s!=<>,()]+)\s*(==|!=|=)\s*([^\s!=<>,()]*)$/
const NUMBER = /^([^\s!=<>,()]+)\s*([<>])\s*([+-]?\d+)$/
const SET = /^([^\s!=<>,()]+)\s+(in|notin)\s*\(([^()]*)\)$/
const KEY = /^[^\s!=<>,()]+$/

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
        `unable to parse label selector "${text}": "${part}" is not key, !key, key=value, key!=value, key in (a,b), key notin (a,b), key>1 or key<1`,
      )
    })
}

function parseRequirement(part: string): Requirement | undefined {
  const [, negated] = NEGATED.exec(part) ?? []
  if (negated !== undefined) return { key: negated, operator: 'DoesNotExist' }
  const [, key = '', equality, value = ''] = EQUALITY.exec(part) ?? []
  if (equality) return { key, operator: equality === '!=' ? 'NotIn' : 'In', values: [value] }
  const [, counted = '', comparison, number = ''] = NUMBER.exec(part) ?? []
  if (comparison) return { key: counted, operator: comparison === '>' ? 'Gt' : 'Lt', values: [number] }
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
