import type { LabelMap, LabelSelector } from '../../../lib/labels.ts'

/** Writes a LabelSelector in its query form, requirements by key: `app=web,tier in (back,front)`; `''` when empty. */
export function selectorText(selector: LabelSelector | undefined): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }))
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    text: expressionText(key, operator, values ?? []),
  }))
  return [...equal, ...expressions]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',')
}

function expressionText(key: string, operator: string, values: readonly string[]): string {
  switch (operator) {
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    default:
      return `${key} ${operator.toLowerCase()} (${[...values].sort().join(',')})`
  }
}

/** A map of labels as `a=1,b=2`, by key; `<none>` when empty. */
export function labelsText(labels: LabelMap | undefined): string {
  return selectorText({ matchLabels: labels ?? {} }) || '<none>'
}
