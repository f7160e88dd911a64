import type { ScorePlugin } from '../framework.ts'

/**
 * Prefers nodes whose cpu and memory would be used to the same degree, so that neither is left over alone:
 * 100 · (1 - standard deviation of the two used shares), which for two is half their distance.
 */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  normalize: 'none',
  prepare:
    ({ estimate }) =>
    ({ allocatable, estimated }) => {
      const used = (name: 'cpu' | 'memory') => {
        const capacity = allocatable.get(name) ?? 0
        return capacity > 0 ? Math.min(1, (estimated[name] + estimate[name]) / capacity) : 1
      }
      return (1 - Math.abs(used('cpu') - used('memory')) / 2) * 100
    },
}
