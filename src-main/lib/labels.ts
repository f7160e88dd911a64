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

const EXPRESSION = /^\s*(!?)\s*([^\s!=,()]+)\s*(?:(==|!=|=)\s*([^\s,()]*)|\s(in|notin)\s*\(([^)]*)\))?\s*$/

/**
 * Parses the query form of a selector: `app=web,tier in (front,back),!legacy`.
 * @throws StatusError BadRequest naming the part that could not be read
 */
export function parseSelector(text: string): Requirement[] {
  const parts = text.split(/,(?![^(]*\))/).filter(part => part.trim() !== '')
  return parts.map(part => {
    const match = EXPRESSION.exec(part)
    if (!match) {
      throw badRequest(
        `unable to parse label selector "${text}": "${part.trim()}" is not key, !key, key=value, key!=value, key in (a,b) or key notin (a,b)`,
      )
    }
    const [, not, key = '', equality, value = '', setOperator, set = ''] = match
    if (not) return { key, operator: 'DoesNotExist' }
    if (equality) return { key, operator: equality === '!=' ? 'NotIn' : 'In', values: [value] }
    if (setOperator) {
      const values = set.split(',').map(item => item.trim())
      return { key, operator: setOperator === 'in' ? 'In' : 'NotIn', values }
    }
    return { key, operator: 'Exists' }
  })
}
