import { equalJson } from '../../lib/json.ts'
import type { StatefulSet } from '../types.ts'
import { checkCountOrPercent, checkNotNegative, checkText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateClaimSpec } from './persistent-volumes.ts'
import { validateLongRunningTemplate } from './pod-spec.ts'
import { validateWorkloadSelector } from './selectors.ts'
import { dnsSubdomain } from './text-rules.ts'

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

/** Source: kubernetes pkg/apis/apps/validation, ValidateStatefulSet and ValidateStatefulSetUpdate. */
export function validateStatefulSet(set: StatefulSet, errors: FieldErrors, old?: StatefulSet): void {
  const { spec } = set
  checkNotNegative(errors, 'spec.replicas', spec.replicas)
  checkNotNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  checkNotNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit)
  checkNotNegative(errors, 'spec.ordinals.start', spec.ordinals?.start)
  checkText(errors, 'spec.serviceName', spec.serviceName, dnsSubdomain)
  validateUpdateStrategy(spec.updateStrategy, errors)
  validateWorkloadSelector(spec, 'statefulset', errors)
  const template = withClaims(spec)
  validateLongRunningTemplate(template, { field: 'spec.template', kind: 'StatefulSet' }, errors)
  const claims = spec.volumeClaimTemplates ?? []
  claims.forEach((claim, index) =>
    validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`, errors),
  )
  if (old) validateChange(spec, old.spec, errors)
}

/** The claims become volumes of the pods, so that containers may mount them. One of the template gives way to its claim. */
function withClaims({
  template,
  volumeClaimTemplates = [],
}: StatefulSet['spec']): StatefulSet['spec']['template'] {
  if (!template?.spec) return template
  const claims = volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? '').filter(Boolean)
  const replaced = new Set(claims)
  const volumes = (template.spec.volumes ?? []).filter(({ name }) => !replaced.has(name))
  const claimed = claims.map(name => ({ name, persistentVolumeClaim: { claimName: name } }))
  return { ...template, spec: { ...template.spec, volumes: [...volumes, ...claimed] } }
}

function validateUpdateStrategy(strategy: StatefulSet['spec']['updateStrategy'], errors: FieldErrors): void {
  const rolling = strategy?.rollingUpdate
  if (!rolling) return
  const field = 'spec.updateStrategy.rollingUpdate'
  if (strategy.type === 'OnDelete') {
    errors.invalid(field, rolling, "only allowed for updateStrategy 'RollingUpdate'")
    return
  }
  checkNotNegative(errors, `${field}.partition`, rolling.partition)
  checkCountOrPercent(errors, `${field}.maxUnavailable`, rolling.maxUnavailable)
  if (rolling.maxUnavailable === 0 || rolling.maxUnavailable === '0%') {
    errors.invalid(`${field}.maxUnavailable`, rolling.maxUnavailable, 'cannot be 0')
  }
}

function validateChange(spec: StatefulSet['spec'], old: StatefulSet['spec'], errors: FieldErrors): void {
  const fixed = (value: StatefulSet['spec']) => {
    const rest: Partial<StatefulSet['spec']> = { ...value }
    for (const key of CHANGEABLE) delete rest[key]
    return rest
  }
  if (equalJson(fixed(spec), fixed(old))) return
  const [last, ...others] = CHANGEABLE.map(key => `'${key}'`).reverse()
  const names = `${others.reverse().join(', ')} and ${last}`
  errors.forbidden('spec', `updates to statefulset spec for fields other than ${names} are forbidden`)
}
