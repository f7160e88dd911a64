import type { FilterPlugin } from '../framework.ts'

/** What the pod asks for must be free: every resource that it names, and room for one more pod. */
export const fit: FilterPlugin = {
  name: 'NodeResourcesFit',
  retryAfter: ['PodRemoved', 'NodeChanged'],
  filter({ requests }, { allocatable, pods, requested }) {
    const missing: string[] = []
    if (pods.size + 1 > (allocatable.get('pods') ?? 0)) missing.push('Too many pods')
    for (const [name, amount] of requests) {
      const free = (allocatable.get(name) ?? 0) - (requested.get(name) ?? 0)
      if (amount > 0 && amount > free) missing.push(`Insufficient ${name}`)
    }
    return missing.length > 0 ? missing : undefined
  },
}
