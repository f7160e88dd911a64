import type { ContainerStats as DockerStats } from 'dockerode'
import { EngineError, type ContainerStats } from '../engine.ts'
import type { DockerClient } from './client.ts'

/**
 * Docker's sample in the port's words; undefined for a container that does not run. The working set is use less the
 * inactive page cache, whose name differs: `total_inactive_file` in cgroup v1, `inactive_file` in v2.
 */
export function toContainerStats(stats: Partial<DockerStats>): ContainerStats | undefined {
  const usage = stats.memory_stats?.usage
  const cpu = stats.cpu_stats?.cpu_usage?.total_usage
  const at = Date.parse(stats.read ?? '')
  if (usage === undefined || cpu === undefined || Number.isNaN(at)) return undefined
  const memory: Partial<Record<string, number>> = { ...stats.memory_stats?.stats }
  const inactive = memory.total_inactive_file ?? memory.inactive_file ?? 0
  return { at, cpuUsageNanos: cpu, memoryWorkingSetBytes: Math.max(0, usage - inactive) }
}

export async function containerStats(client: DockerClient, id: string): Promise<ContainerStats | undefined> {
  try {
    const stats = await client.json<DockerStats>({
      doing: `read the use of container ${id}`,
      path: `/containers/${encodeURIComponent(id)}/stats`,
      // one-shot: without it Docker waits a second for two samples to compare
      query: { stream: false, 'one-shot': true },
    })
    return stats && toContainerStats(stats)
  } catch (error) {
    if (error instanceof EngineError && error.code === 'not-found') return undefined
    throw error
  }
}
