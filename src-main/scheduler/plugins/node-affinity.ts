import type { Node, Pod } from '../../api/types.ts'
import { meets, type Requirement } from '../../lib/labels.ts'
import type { FilterPlugin, ScorePlugin } from '../framework.ts'

type NodeAffinity = NonNullable<NonNullable<Pod['spec']['affinity']>['nodeAffinity']>
type Term = NonNullable<
  NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number]

/** nodeSelector and required node affinity: all of the one and any term of the other. */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  retryAfter: ['NodeChanged'],
  filter({ pod }, { node }) {
    const selector = Object.entries(pod.spec.nodeSelector ?? {})
    const terms =
      pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    const fits =
      selector.every(([key, value]) => node.metadata.labels?.[key] === value) &&
      (terms === undefined || terms.some(term => matchesTerm(term, node)))
    return fits ? undefined : "node(s) didn't match Pod's node affinity/selector"
  },
}

/** The sum of the weights of the preferred terms that a node meets. */
export const preferredAffinity: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  normalize: 'max',
  prepare({ pod }) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (preferred.length === 0) return undefined
    return ({ node }) =>
      preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0)
  },
}

/** A term without any requirement matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: Term, { metadata }: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const fields = { 'metadata.name': metadata.name }
  return (
    matchExpressions.every(requirement => meets(metadata.labels, requirement as Requirement)) &&
    matchFields.every(requirement => meets(fields, requirement as Requirement))
  )
}
