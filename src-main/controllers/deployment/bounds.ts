import type { Deployment } from '../../api/types.ts'

/** How many pods a Deployment may and must have at any moment. */
export interface Bounds {
  /** Pods asked for. */
  replicas: number
  /** Pods that there may be beyond `replicas` during a rolling update. */
  maxSurge: number
  /** Pods of `replicas` that may be missing during a rolling update. */
  maxUnavailable: number
  /** replicas + maxSurge */
  maxTotal: number
  /** replicas - maxUnavailable */
  minAvailable: number
}

/**
 * Percentages are of `replicas`; surge is rounded up and unavailability down, and both 0 would never get anywhere:
 *
 *   replicas 10, 25% / 25%  →  maxSurge 3 (2.5 up), maxUnavailable 2 (2.5 down): at most 13 pods, at least 8 available
 *   replicas  3, 25% / 25%  →  maxSurge 1, maxUnavailable 0: at most 4 pods, at least 3 available
 *   replicas  3,  0  / 25%  →  maxSurge 0, maxUnavailable 0 → 1
 *
 * Recreate has neither. Source: kubernetes pkg/controller/deployment/util, ResolveFenceposts.
 */
export function boundsOf({ spec }: Deployment): Bounds {
  const replicas = spec.replicas ?? 1
  const { maxSurge, maxUnavailable } = isRolling(spec)
    ? resolve(replicas, spec.strategy?.rollingUpdate)
    : { maxSurge: 0, maxUnavailable: 0 }
  return {
    replicas,
    maxSurge,
    maxUnavailable,
    maxTotal: replicas + maxSurge,
    minAvailable: replicas - maxUnavailable,
  }
}

export function isRolling({ strategy }: Deployment['spec']): boolean {
  return (strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

type RollingUpdate = NonNullable<Deployment['spec']['strategy']>['rollingUpdate']

function resolve(replicas: number, parameters: RollingUpdate) {
  const maxSurge = countOf(parameters?.maxSurge, replicas, Math.ceil)
  const maxUnavailable = countOf(parameters?.maxUnavailable, replicas, Math.floor)
  if (replicas === 0) return { maxSurge, maxUnavailable: 0 }
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 }
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) }
}

/** `2` is 2; `"25%"` is a quarter of `total`, rounded as asked. */
function countOf(value: string | number | undefined, total: number, round: (x: number) => number): number {
  if (typeof value === 'number') return value
  return round((Number.parseInt(value ?? '25%', 10) * total) / 100)
}
