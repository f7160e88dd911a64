import type { Bounds } from './bounds.ts'
import { allOf, availableOf, isSettled, replicasOf, type Resize, type Sets, totalOf } from './replica-sets.ts'

/**
 * The next step of a rolling update: new pods up as far as the surge allows, else old pods down as far as enough
 * stay available. One step at a time: each is followed by another round when the pods have followed.
 *
 * A set that has not acted on its last resize yet is waited for. Kubernetes does not wait, and so may for a moment
 * have more pods than replicas + maxSurge; here that never happens.
 *
 * Source: kubernetes pkg/controller/deployment/rolling.go.
 */
export function planRolling(sets: Sets, bounds: Bounds): Resize[] {
  if (!sets.current || !allOf(sets).every(isSettled)) return []
  const wanted = currentReplicas(sets, bounds)
  if (wanted !== replicasOf(sets.current)) return [{ set: sets.current, replicas: wanted }]
  return planScaleDown(sets, bounds)
}

/**
 * How many replicas the current set should have now. It also answers for a set that is yet to be created.
 *
 *   replicas 10, maxSurge 3 (at most 13 pods)
 *   old 10, new 0  →  room for 3     →  new 3
 *   old  8, new 3  →  room for 2     →  new 5
 *   old  1, new 9  →  room for 3, but 10 are enough  →  new 10
 *   old  0, new 12 (the Deployment was scaled down)  →  new 10
 */
export function currentReplicas(sets: Sets, { replicas, maxTotal }: Bounds): number {
  const now = sets.current ? replicasOf(sets.current) : 0
  if (now >= replicas) return replicas
  if (!allOf(sets).every(isSettled)) return now
  const room = maxTotal - totalOf(allOf(sets))
  return now + Math.max(0, Math.min(room, replicas - now))
}

/**
 * Old pods to give up: first those that are not available anyway, then available ones, the oldest sets first.
 *
 *   replicas 10, maxUnavailable 2 (at least 8 available), maxSurge 3
 *   old 10 (all available), new 3 (none yet)  →  13 - 8 - 3 = 2 may go           →  old 8
 *   old  8 (all available), new 5 (3 ready)   →  13 - 8 - 2 = 3 may go           →  old 5
 *   old 10 (4 broken),      new 3 (none yet)  →  2 may go, and 2 of the broken go →  old 8, and no healthy one
 */
function planScaleDown({ current, old }: Sets, { minAvailable }: Bounds): Resize[] {
  if (!current) return []
  const all = [...old, current]
  const notYetAvailable = replicasOf(current) - availableOf(current)
  const mayGo = totalOf(all) - minAvailable - notYetAvailable
  if (mayGo <= 0) return []
  const unhealthy = takeFrom(old, mayGo, set => replicasOf(set) - availableOf(set))
  const healthy = takeFrom(old, mayGo - sum(unhealthy), availableOf)
  return old
    .map((set, index) => ({
      set,
      replicas: replicasOf(set) - (unhealthy[index] ?? 0) - (healthy[index] ?? 0),
    }))
    .filter(({ set, replicas }) => replicas !== replicasOf(set))
}

/** Takes up to `count` in order, from each at most what `available` says. @returns how many from each */
function takeFrom<T>(items: readonly T[], count: number, available: (item: T) => number): number[] {
  let left = Math.max(0, count)
  return items.map(item => {
    const taken = Math.min(left, available(item))
    left -= taken
    return taken
  })
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
