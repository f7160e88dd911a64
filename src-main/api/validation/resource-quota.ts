import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { ResourceQuota } from '../types.ts'
import { checkImmutable } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { qualifiedName } from './text-rules.ts'

type Requirement = NonNullable<
  NonNullable<ResourceQuota['spec']['scopeSelector']>['matchExpressions']
>[number]

const COUNTS = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
/** What of pods is added up. */
const COMPUTE = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']
const STORAGE = [
  'requests.storage',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]
const STANDARD = [...COUNTS, ...COMPUTE, ...STORAGE]
const HUGE_PAGES = /^(requests\.)?hugepages-/

const ofPods = (name: string) => name === 'pods' || COMPUTE.includes(name)
const ofClaims = (name: string) =>
  name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes('.storageclass.')

/** For each scope the resources that it can be applied to. */
const SCOPES: Readonly<Record<string, (resource: string) => boolean>> = {
  Terminating: ofPods,
  NotTerminating: ofPods,
  NotBestEffort: ofPods,
  PriorityClass: ofPods,
  CrossNamespacePodAffinity: ofPods,
  BestEffort: name => name === 'pods',
  VolumeAttributesClass: ofClaims,
}
/** Scopes that a pod is in or not: there are no values to choose from. */
const PLAIN = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']

/** Source: kubernetes pkg/apis/core/validation, ValidateResourceQuotaSpec. */
export function validateResourceQuota(
  { spec }: ResourceQuota,
  errors: FieldErrors,
  old?: ResourceQuota,
): void {
  const { hard = {}, scopeSelector } = spec
  const scopes: readonly string[] = spec.scopes ?? []
  for (const [name, quantity] of Object.entries(hard)) validateAmount(name, quantity, errors)
  if (scopes.some(scope => !Object.hasOwn(SCOPES, scope))) {
    errors.invalid('spec.scopes', scopes, 'unsupported scope')
  } else if (scopes.some(scope => !fits(scope, hard))) {
    errors.invalid('spec.scopes', scopes, 'unsupported scope applied to resource')
  }
  const has = (...names: string[]) => names.every(name => scopes.includes(name))
  if (has('BestEffort', 'NotBestEffort') || has('Terminating', 'NotTerminating')) {
    errors.invalid('spec.scopes', scopes, 'conflicting scopes')
  }
  scopeSelector?.matchExpressions?.forEach((requirement, index) =>
    validateRequirement(requirement, hard, {
      field: `spec.scopeSelector.matchExpressions[${index}]`,
      errors,
    }),
  )
  if (old) checkImmutable(errors, 'spec.scopes', spec.scopes, old.spec.scopes)
}

/** Only what is counted under a name of Kubernetes' own is held against a scope. */
function fits(scope: string, hard: object): boolean {
  return Object.keys(hard).every(name => !isStandard(name) || SCOPES[scope]?.(name))
}

function isStandard(name: string): boolean {
  return STANDARD.includes(name) || HUGE_PAGES.test(name)
}

function validateAmount(name: string, quantity: string | number, errors: FieldErrors): void {
  const field = `spec.hard[${name}]`
  const wrong = name.startsWith('count/') ? undefined : qualifiedName(name)
  if (wrong) errors.invalid(field, name, wrong)
  else if (!name.includes('/') && !isStandard(name)) {
    errors.invalid(field, name, 'must be a standard resource for quota')
  }
  const amount = isQuantity(quantity) ? parseMilli(quantity) : undefined
  if (amount === undefined) return
  if (amount < 0n) errors.invalid(field, String(quantity), 'must be greater than or equal to 0')
  const isCounted =
    COUNTS.includes(name) ||
    (name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.'))
  if (isCounted && amount % 1000n !== 0n) errors.invalid(field, String(quantity), 'must be an integer')
}

function validateRequirement(
  { scopeName, operator, values = [] }: Requirement,
  hard: object,
  { field, errors }: { field: string; errors: FieldErrors },
): void {
  if (!Object.hasOwn(SCOPES, scopeName)) errors.invalid(`${field}.scopeName`, scopeName, 'unsupported scope')
  else if (!fits(scopeName, hard)) errors.invalid(field, scopeName, 'unsupported scope applied to resource')
  if (PLAIN.includes(scopeName) && operator !== 'Exists') {
    const detail = `must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`
    errors.invalid(`${field}.operator`, operator, detail)
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    errors.required(`${field}.values`, detail)
  } else if (values.length > 0) {
    const detail = "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector"
    errors.invalid(`${field}.values`, values, detail)
  }
}
