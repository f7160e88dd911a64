import type { PodSpec, Toleration } from '../types.ts'
import { checkText, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabels } from './metadata.ts'
import { validateLabelSelector, validateNodeExpression } from './selectors.ts'
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './text-rules.ts'

type Affinity = NonNullable<PodSpec['affinity']>
type NodeAffinity = NonNullable<Affinity['nodeAffinity']>
type PodAffinity = NonNullable<Affinity['podAffinity']>
type NodeTerm = NonNullable<
  NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number]
type PodTerm = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number]
type Spread = NonNullable<PodSpec['topologySpreadConstraints']>[number]

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

/** Everything that says where a pod may run. Source: kubernetes pkg/apis/core/validation. */
export function validateScheduling(spec: PodSpec, field: string, errors: FieldErrors): void {
  checkText(errors, `${field}.nodeName`, spec.nodeName, dnsSubdomain)
  validateLabels(spec.nodeSelector, `${field}.nodeSelector`, errors)
  spec.tolerations?.forEach((toleration, index) =>
    validateToleration(toleration, `${field}.tolerations[${index}]`, errors),
  )
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (nodeAffinity) validateNodeAffinity(nodeAffinity, `${field}.affinity.nodeAffinity`, errors)
  if (podAffinity) validatePodAffinity(podAffinity, `${field}.affinity.podAffinity`, errors)
  if (podAntiAffinity) validatePodAffinity(podAntiAffinity, `${field}.affinity.podAntiAffinity`, errors)
  validateSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`, errors)
}

/** Source: ValidateTolerations. */
function validateToleration(toleration: Toleration, field: string, errors: FieldErrors): void {
  const { key, operator, value, effect, tolerationSeconds } = toleration
  checkText(errors, `${field}.key`, key, qualifiedName)
  if (!key && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.invalid(`${field}.operator`, operator ?? '', detail)
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.invalid(
      `${field}.effect`,
      effect ?? '',
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    )
  }
  if (operator === 'Exists') {
    if (value)
      errors.invalid(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'")
  } else checkText(errors, `${field}.value`, value, labelValue)
}

function validateNodeAffinity(affinity: NodeAffinity, field: string, errors: FieldErrors): void {
  const required = affinity[REQUIRED]
  if (required) {
    validateNodeSelectorTerms(required.nodeSelectorTerms, `${field}.${REQUIRED}.nodeSelectorTerms`, errors)
  }
  affinity[PREFERRED]?.forEach(({ weight, preference }, index) => {
    const path = `${field}.${PREFERRED}[${index}]`
    checkWeight(errors, `${path}.weight`, weight)
    validateNodeTerm(preference ?? {}, `${path}.preference`, errors)
  })
}

/** The terms of a selector of nodes, of which one has to match. Source: ValidateNodeSelector. */
export function validateNodeSelectorTerms(
  terms: readonly NodeTerm[] | undefined,
  field: string,
  errors: FieldErrors,
): void {
  if (!terms?.length) errors.required(field, 'must have at least one node selector term')
  terms?.forEach((term, index) => validateNodeTerm(term, `${field}[${index}]`, errors))
}

function validateNodeTerm(term: NodeTerm, field: string, errors: FieldErrors): void {
  term.matchExpressions?.forEach((expression, index) =>
    validateNodeExpression(expression, `${field}.matchExpressions[${index}]`, errors),
  )
  term.matchFields?.forEach(({ key, values }, index) => {
    const path = `${field}.matchFields[${index}]`
    if (key !== 'metadata.name') errors.invalid(`${path}.key`, key, 'not a valid field selector key')
    if (values?.length !== 1) {
      errors.required(
        `${path}.values`,
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      )
    }
  })
}

function validatePodAffinity(affinity: PodAffinity, field: string, errors: FieldErrors): void {
  affinity[REQUIRED]?.forEach((term, index) =>
    validatePodTerm(term, `${field}.${REQUIRED}[${index}]`, errors),
  )
  affinity[PREFERRED]?.forEach(({ weight, podAffinityTerm }, index) => {
    const path = `${field}.${PREFERRED}[${index}]`
    checkWeight(errors, `${path}.weight`, weight)
    validatePodTerm(podAffinityTerm, `${path}.podAffinityTerm`, errors)
  })
}

function validatePodTerm(term: PodTerm | undefined, field: string, errors: FieldErrors): void {
  validateLabelSelector(term?.labelSelector, `${field}.labelSelector`, errors)
  validateLabelSelector(term?.namespaceSelector, `${field}.namespaceSelector`, errors)
  term?.namespaces?.forEach((name, index) =>
    requireText(errors, `${field}.namespaces[${index}]`, name, dnsLabel),
  )
  checkTopologyKey(errors, `${field}.topologyKey`, term?.topologyKey)
}

function checkTopologyKey(errors: FieldErrors, field: string, key: string | undefined): void {
  if (key) checkText(errors, field, key, qualifiedName)
  else errors.required(field, 'can not be empty')
}

function checkWeight(errors: FieldErrors, field: string, weight: number): void {
  if (weight < 1 || weight > 100) errors.invalid(field, weight, 'must be in the range 1-100')
}

function validateSpread(constraints: readonly Spread[], field: string, errors: FieldErrors): void {
  const seen = new Set<string>()
  constraints.forEach((constraint, index) => {
    const path = `${field}[${index}]`
    const { maxSkew, minDomains, topologyKey, whenUnsatisfiable, labelSelector } = constraint
    if (maxSkew <= 0) errors.invalid(`${path}.maxSkew`, maxSkew, 'must be greater than zero')
    checkTopologyKey(errors, `${path}.topologyKey`, topologyKey)
    if (minDomains !== undefined && minDomains <= 0) {
      errors.invalid(`${path}.minDomains`, minDomains, 'must be greater than zero')
    }
    if (minDomains !== undefined && whenUnsatisfiable === 'ScheduleAnyway') {
      const detail = 'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway'
      errors.invalid(`${path}.minDomains`, minDomains, detail)
    }
    validateLabelSelector(labelSelector, `${path}.labelSelector`, errors)
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(pair)) errors.duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, pair)
    seen.add(pair)
  })
}

/** The taints of a node. Source: ValidateNodeTaints. */
export function validateTaints(
  taints: readonly { key: string; value?: string; effect: string }[],
  field: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  taints.forEach(({ key, value, effect }, index) => {
    const path = `${field}[${index}]`
    requireText(errors, `${path}.key`, key, qualifiedName)
    checkText(errors, `${path}.value`, value, labelValue)
    if (!effect) errors.required(`${path}.effect`)
    const pair = `${key}:${effect}`
    if (seen.has(pair)) errors.duplicate(path, pair)
    seen.add(pair)
  })
}
