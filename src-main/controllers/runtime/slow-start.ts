import { settleInPortions } from '../../lib/turn.ts'

/**
 * Runs `action` `count` times in batches of 1, 2, 4, … as long as none fails, so that an action that cannot succeed
 * (a quota, a refused object) fails once and not `count` times.
 * Source: kubernetes pkg/controller/replicaset/replica_set.go, slowStartBatch.
 * @returns how many succeeded, and the first failure
 */
export async function slowStart(
  count: number,
  action: (index: number) => Promise<unknown>,
): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0
  for (let start = 0, size = 1; start < count; start += size, size = Math.min(2 * size, count - start)) {
    const batch = Array.from({ length: size }, (_, index) => start + index)
    const results = await settleInPortions(batch, action)
    const failed = results.find(result => result.status === 'rejected')
    succeeded += results.filter(result => result.status === 'fulfilled').length
    if (failed) return { succeeded, error: failed.reason }
  }
  return { succeeded }
}
