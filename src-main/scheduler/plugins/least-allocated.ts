import type { ScorePlugin } from '../framework.ts'

/**
 * Prefers nodes that would have much left: the free share of cpu and of memory, averaged.
 *
 *   4 cores, 1 taken, pod asks 1 → 50; 8 GiB, 2 taken, pod asks 1 → 62.5; score 56.25
 */
export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  normalize: 'none',
  prepare:
    ({ estimate }) =>
    ({ allocatable, estimated }) => {
      const free = (name: 'cpu' | 'memory') => {
        const capacity = allocatable.get(name) ?? 0
        const taken = estimated[name] + estimate[name]
        return capacity > 0 && taken <= capacity ? ((capacity - taken) * 100) / capacity : 0
      }
      return (free('cpu') + free('memory')) / 2
    },
}
