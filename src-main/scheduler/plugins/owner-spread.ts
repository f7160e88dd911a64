import type { ScorePlugin } from '../framework.ts'

/**
 * Prefers nodes with the fewest pods of the same controller, so that the loss of one server takes as few of them as
 * possible. It stands where Kubernetes has its default topology spread constraints, with their weight.
 */
export const ownerSpread: ScorePlugin = {
  name: 'OwnerSpread',
  weight: 2,
  normalize: 'inverse-range',
  prepare: ({ owner }) => (owner === undefined ? undefined : node => node.podsOf(owner)),
}
