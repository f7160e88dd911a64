import type { Job } from '../../types.ts'
import { defaultPodTemplate } from './pod-spec.ts'

/** Source: kubernetes pkg/apis/batch/v1/defaults.go, SetDefaults_Job. */
export function defaultJob(spec: Job['spec']): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1
    spec.parallelism = 1
  }
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.manualSelector ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of onPodConditions ?? []) condition.status ||= 'True'
  }
  defaultPodTemplate(spec.template)
}
