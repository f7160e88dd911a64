import { equalJson } from '../../lib/json.ts'
import type { CronJob, Job } from '../types.ts'
import { validateSchedule } from './cron.ts'
import { checkImmutable, checkNotNegative } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateTemplateMetadata } from './metadata.ts'
import { validatePodSpec } from './pod-spec.ts'
import { validateLabelSelector } from './selectors.ts'
import { dnsLabel } from './text-rules.ts'

type JobSpec = Job['spec']
type FailurePolicy = NonNullable<JobSpec['podFailurePolicy']>

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
  'ttlSecondsAfterFinished',
] as const
const MAX_PARALLEL_INDEXED = 100_000
const MAX_CRON_JOB_NAME = 52

/** Source: kubernetes pkg/apis/batch/validation, ValidateJob and ValidateJobUpdate. */
export function validateJob({ spec }: Job, errors: FieldErrors, old?: Job): void {
  validateJobSpec(spec, 'spec', errors)
  if (!spec.selector) errors.required('spec.selector')
  else {
    validateLabelSelector(spec.selector, 'spec.selector', errors)
    const labels = spec.template?.metadata?.labels ?? {}
    const wanted = Object.entries(spec.selector.matchLabels ?? {})
    if (!wanted.every(([key, value]) => labels[key] === value)) {
      errors.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
    }
  }
  if (!old) return
  for (const name of [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
  ] as const) {
    checkImmutable(errors, `spec.${name}`, spec[name], old.spec[name])
  }
  if (spec.completionMode !== 'Indexed')
    checkImmutable(errors, 'spec.completions', spec.completions, old.spec.completions)
  // A job that has not started may still be moved to other servers
  const waiting = old.spec.suspend === true && !old.status?.startTime
  if (!waiting) checkImmutable(errors, 'spec.template', spec.template, old.spec.template)
}

function validateJobSpec(spec: JobSpec, field: string, errors: FieldErrors): void {
  for (const name of COUNTS) checkNotNegative(errors, `${field}.${name}`, spec[name])
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined) {
      errors.required(`${field}.completions`, 'when completion mode is Indexed')
    }
    if ((spec.parallelism ?? 0) > MAX_PARALLEL_INDEXED) {
      const detail = `must be less than or equal to ${MAX_PARALLEL_INDEXED} when completion mode is Indexed`
      errors.invalid(`${field}.parallelism`, spec.parallelism, detail)
    }
  } else {
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const) {
      if (spec[name] !== undefined) {
        errors.invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode')
      }
    }
  }
  validateTemplate(spec, field, errors)
  if (spec.podFailurePolicy) {
    validateFailurePolicy(spec, spec.podFailurePolicy, `${field}.podFailurePolicy`, errors)
  }
}

/** A job's pods have to end: what restarts for ever is refused. */
function validateTemplate({ template }: JobSpec, field: string, errors: FieldErrors): void {
  const path = `${field}.template`
  const pod = template?.spec
  validateTemplateMetadata(template?.metadata, `${path}.metadata`, errors)
  if (!pod) {
    errors.required(`${path}.spec.containers`)
    return
  }
  validatePodSpec(pod, { field: `${path}.spec`, isPod: false }, errors)
  if (pod.restartPolicy === 'Always') {
    const detail = 'valid values: "OnFailure", "Never"'
    errors.required(`${path}.spec.restartPolicy`, detail)
  }
  if (pod.ephemeralContainers?.length) {
    errors.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
  }
}

function validateFailurePolicy(
  spec: JobSpec,
  { rules = [] }: FailurePolicy,
  field: string,
  errors: FieldErrors,
): void {
  if (spec.template?.spec?.restartPolicy !== 'Never') {
    const restart = spec.template?.spec?.restartPolicy ?? ''
    const detail = 'only "Never" is supported when podFailurePolicy is specified'
    errors.invalid(field.replace('podFailurePolicy', 'template.spec.restartPolicy'), restart, detail)
  }
  rules.forEach((rule, index) => {
    const path = `${field}.rules[${index}]`
    const { onExitCodes, onPodConditions = [] } = rule
    if (onExitCodes && onPodConditions.length > 0) {
      errors.invalid(path, rule, 'specifying both OnExitCodes and OnPodConditions is not supported')
    } else if (!onExitCodes && onPodConditions.length === 0) {
      errors.invalid(path, rule, 'specifying one of OnExitCodes and OnPodConditions is required')
    }
    if (!onExitCodes) return
    const values = onExitCodes.values ?? []
    if (values.length === 0) {
      errors.invalid(`${path}.onExitCodes.values`, values, 'at least one value is required')
    }
    if (onExitCodes.operator === 'In' && values.includes(0)) {
      const zero = `${path}.onExitCodes.values[${values.indexOf(0)}]`
      errors.invalid(zero, 0, 'must not be 0 for the In operator')
    }
    if (
      !equalJson(
        values,
        [...values].sort((a, b) => a - b),
      )
    ) {
      errors.invalid(`${path}.onExitCodes.values`, values, 'must be ordered')
    }
  })
}

/** Source: kubernetes pkg/apis/batch/validation, ValidateCronJob. */
export function validateCronJob({ metadata, spec }: CronJob, errors: FieldErrors, old?: CronJob): void {
  if (!old && metadata.name.length > MAX_CRON_JOB_NAME) {
    errors.invalid('metadata.name', metadata.name, `must be no more than ${MAX_CRON_JOB_NAME} characters`)
  }
  if (spec.schedule) validateSchedule(spec.schedule, 'spec.schedule', errors)
  else errors.required('spec.schedule')
  validateTimeZone(spec, errors)
  for (const name of [
    'startingDeadlineSeconds',
    'successfulJobsHistoryLimit',
    'failedJobsHistoryLimit',
  ] as const) {
    checkNotNegative(errors, `spec.${name}`, spec[name])
  }
  const field = 'spec.jobTemplate.spec'
  const job = spec.jobTemplate?.spec
  validateTemplateMetadata(spec.jobTemplate?.metadata, 'spec.jobTemplate.metadata', errors)
  if (!job) {
    errors.required(field)
    return
  }
  validateJobSpec(job, field, errors)
  if (job.manualSelector) {
    errors.invalid(`${field}.selector`, job.selector, '`selector` will be auto-generated')
    errors.notSupported(`${field}.manualSelector`, job.manualSelector, ['nil', 'false'])
  }
}

function validateTimeZone({ schedule = '', timeZone }: CronJob['spec'], errors: FieldErrors): void {
  if (/^\s*(CRON_)?TZ=/.test(schedule)) {
    errors.invalid(
      'spec.schedule',
      schedule,
      'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    )
  }
  if (timeZone === undefined) return
  if (timeZone === '') errors.invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string')
  else if (timeZone.toLowerCase() === 'local') {
    errors.invalid(
      'spec.timeZone',
      timeZone,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    )
  } else if (!isTimeZone(timeZone)) {
    errors.invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`)
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The names of an indexed job's pods are made of its own: `name-12`. */
export function validateJobName({ metadata, spec }: Job, errors: FieldErrors): void {
  if (spec.completionMode !== 'Indexed' || !metadata.name) return
  const wrong = dnsLabel(`${metadata.name}-${Math.max(0, (spec.completions ?? 1) - 1)}`)
  if (wrong)
    errors.invalid(
      'metadata.name',
      metadata.name,
      `will not able to create pod with invalid DNS label: ${wrong}`,
    )
}
