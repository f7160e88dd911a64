import { copyJson, equalJson, isJsonObject } from '../../lib/json.ts'
import type { PodSpec } from '../types.ts'
import type { FieldErrors } from './field-errors.ts'

const SENTENCE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/**
 * A pod keeps most of what it was made with. Source: kubernetes pkg/apis/core/validation, ValidatePodUpdate; instead
 * of the difference in Go's notation the paths that differ are named. The scheduler's binding is a change from no
 * `nodeName` to one.
 */
export function validatePodUpdate(spec: PodSpec, old: PodSpec, errors: FieldErrors): void {
  for (const group of ['containers', 'initContainers'] as const) {
    if ((spec[group]?.length ?? 0) !== (old[group]?.length ?? 0)) {
      errors.forbidden(`spec.${group}`, 'pod updates may not add or remove containers')
      return
    }
  }
  validateDeadline(spec, old, errors)
  validateTolerations(spec, old, errors)
  const changed = differences(withAllowedChanges(spec, old), old, 'spec')
  if (changed.length > 0) errors.forbidden('spec', `${SENTENCE}; changed: ${changed.join(', ')}`)
}

/** The new spec with what may change put back to what it was. */
function withAllowedChanges(spec: PodSpec, old: PodSpec): PodSpec {
  const comparable = copyJson(spec)
  for (const group of ['containers', 'initContainers'] as const) {
    comparable[group]?.forEach((container, index) => {
      const before = old[group]?.[index]?.image
      if (before === undefined) delete container.image
      else container.image = before
    })
  }
  const restore = <K extends keyof PodSpec>(key: K) => {
    if (old[key] === undefined) delete comparable[key]
    else comparable[key] = copyJson(old[key])
  }
  restore('activeDeadlineSeconds')
  restore('tolerations')
  if (!old.nodeName) restore('nodeName')
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    restore('terminationGracePeriodSeconds')
  }
  if (isSubset(spec.schedulingGates ?? [], old.schedulingGates ?? [])) restore('schedulingGates')
  return comparable
}

/** Of flat objects. */
function isSubset(some: readonly object[], all: readonly object[]): boolean {
  const textOf = (item: object) => JSON.stringify(item, Object.keys(item).sort())
  const texts = new Set(all.map(textOf))
  return some.every(item => texts.has(textOf(item)))
}

function validateDeadline(spec: PodSpec, old: PodSpec, errors: FieldErrors): void {
  const now = spec.activeDeadlineSeconds
  const before = old.activeDeadlineSeconds
  if (before === undefined || now === before) return
  const field = 'spec.activeDeadlineSeconds'
  if (now === undefined) errors.invalid(field, null, 'must not update from a positive integer to nil value')
  else if (now > before) errors.invalid(field, now, 'must be less than or equal to previous value')
}

function validateTolerations(spec: PodSpec, old: PodSpec, errors: FieldErrors): void {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: { tolerationSeconds?: number }) => rest
  const now = (spec.tolerations ?? []).map(withoutSeconds)
  if (isSubset((old.tolerations ?? []).map(withoutSeconds), now)) return
  errors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')
}

/** The paths at which two values differ, down to the place where it shows. */
function differences(now: unknown, before: unknown, path: string): string[] {
  if (equalJson(now, before)) return []
  if (Array.isArray(now) && Array.isArray(before) && now.length === before.length) {
    return now.flatMap((item, index) => differences(item, before[index], `${path}[${index}]`))
  }
  if (isJsonObject(now) && isJsonObject(before)) {
    const keys = new Set([...Object.keys(now), ...Object.keys(before)])
    return [...keys].flatMap(key => differences(now[key], before[key], `${path}.${key}`))
  }
  return [path]
}
