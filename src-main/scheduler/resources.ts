import type { Container, Pod } from '../api/types.ts'
import { milliCpu, units } from '../lib/quantity.ts'

/** Amounts by resource name: `cpu` in thousandths of a core, everything else in whole units (bytes). */
export type Resources = ReadonlyMap<string, number>

/** What a container that asks for nothing counts as when nodes are compared: 0.1 core and 200 MB. */
const UNASKED = { cpu: 100, memory: 200 * 1024 * 1024 }

type Quantities = Record<string, string | number> | undefined

export function parseResources(quantities: Quantities): Map<string, number> {
  const amounts = new Map<string, number>()
  for (const [name, quantity] of Object.entries(quantities ?? {})) amounts.set(name, amountOf(name, quantity))
  return amounts
}

function amountOf(name: string, quantity: string | number): number {
  return name === 'cpu' ? milliCpu(quantity) : units(quantity)
}

export interface PodRequests {
  /** What the node must have free. */
  requests: Resources
  /** The same for comparing nodes, where asking for nothing does not mean needing nothing. */
  estimate: { cpu: number; memory: number }
}

/**
 * Containers run together, so theirs add up; init containers run one after the other before them, so the largest
 * counts; sidecars (init containers that are always restarted) run beside all that comes after them.
 *
 *   containers 100m + 200m, init 500m           →  500m
 *   containers 100m + 200m, init 50m            →  300m
 *   containers 100m, sidecar 100m, then init 400m  →  500m (the init container runs beside the sidecar)
 *
 * Source: kubernetes component-helpers resource/helpers.go, PodRequests.
 */
export function podRequests({ spec }: Pod): PodRequests {
  const total = new Map<string, number>()
  const estimate = new Map<string, number>()
  for (const container of spec.containers) {
    add(total, requestsOf(container))
    add(estimate, estimateOf(container))
  }
  addInit(total, spec.initContainers ?? [], requestsOf)
  addInit(estimate, spec.initContainers ?? [], estimateOf)
  add(total, parseResources(spec.overhead))
  add(estimate, parseResources(spec.overhead))
  return {
    requests: total,
    estimate: { cpu: estimate.get('cpu') ?? 0, memory: estimate.get('memory') ?? 0 },
  }
}

function requestsOf({ resources }: Container): Resources {
  return parseResources({ ...resources?.limits, ...resources?.requests })
}

function estimateOf(container: Container): Resources {
  const requests = requestsOf(container)
  return new Map([
    ['cpu', requests.get('cpu') ?? UNASKED.cpu],
    ['memory', requests.get('memory') ?? UNASKED.memory],
  ])
}

function addInit(
  total: Map<string, number>,
  containers: readonly Container[],
  read: (container: Container) => Resources,
): void {
  const sidecars = new Map<string, number>()
  const peak = new Map<string, number>()
  for (const container of containers) {
    const isSidecar = container.restartPolicy === 'Always'
    if (isSidecar) add(sidecars, read(container))
    const running = new Map(sidecars)
    if (!isSidecar) add(running, read(container))
    for (const [name, amount] of running) peak.set(name, Math.max(peak.get(name) ?? 0, amount))
  }
  add(total, sidecars)
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount))
}

function add(total: Map<string, number>, more: Resources): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount)
}
