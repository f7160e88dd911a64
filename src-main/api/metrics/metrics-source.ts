import type { Pod } from '../types.ts'

/** What was used over a window of time. */
export interface Usage {
  /** Billionths of a core, on average over the window. */
  cpuNanoCores: number
  /** Working set at the window's end. */
  memoryBytes: number
}

export interface Measurement {
  /** End of the window, ms since the epoch. */
  at: number
  windowMs: number
}

export interface PodUsage extends Measurement {
  containers: ({ name: string } & Usage)[]
}

export interface NodeUsage extends Measurement, Usage {}

/** Where metrics come from. The composition root passes in an implementation (the kubelets'). */
export interface MetricsSource {
  /** Undefined: nothing of the pod runs, or nothing was measured yet. */
  pod(pod: Pod): Promise<PodUsage | undefined>
  node(name: string): Promise<NodeUsage | undefined>
}
