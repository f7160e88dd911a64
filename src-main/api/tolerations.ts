import type { Taint, Toleration } from './types.ts'

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  // An empty key with Equal would tolerate by value alone: Kubernetes does not allow it.
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '')
}

export function isTolerated(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(toleration => tolerates(toleration, taint))
}
