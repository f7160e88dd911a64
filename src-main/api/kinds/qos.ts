import { parseMilli } from '../../lib/quantity.ts'
import type { PodSpec } from '../types.ts'
import { containersOf } from './defaults/pod-spec.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const RESOURCES = ['cpu', 'memory'] as const

/**
 * How dear a pod's resources are to it: Guaranteed when every container has limits for cpu and memory and requests as
 * much, BestEffort when none asks for anything. Source: kubernetes pkg/apis/core/helper/qos, ComputePodQOS.
 */
export function qosClass(spec: PodSpec): QosClass {
  let asksForAnything = false
  let guaranteed = true
  for (const { resources } of containersOf(spec)) {
    for (const name of RESOURCES) {
      const limit = amount(resources?.limits?.[name])
      const request = amount(resources?.requests?.[name]) || limit
      if (request > 0n) asksForAnything = true
      if (limit === 0n || request !== limit) guaranteed = false
    }
  }
  if (!asksForAnything) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

function amount(quantity: string | number | undefined): bigint {
  return quantity === undefined ? 0n : (parseMilli(quantity) ?? 0n)
}
