import { equalJson } from '../../lib/json.ts'
import type { Job, PodTemplateSpec } from '../types.ts'
import { validateJob, validateJobName } from '../validation/jobs.ts'
import { defaultJob } from './defaults/job.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { humanDuration } from './printing/age.ts'
import { ageColumn, nameColumn, selectorColumn, templateColumns } from './printing/columns.ts'

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid'

/** The pods of a job are told by its uid, so that two jobs of one name never share any. Source: pkg/registry/batch/job. */
function generateSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector) return
  const hasOwnLabels = !equalJson(metadata.labels ?? {}, spec.template?.metadata?.labels ?? {})
  const labels = {
    [CONTROLLER_UID]: metadata.uid,
    'batch.kubernetes.io/job-name': metadata.name,
    'controller-uid': metadata.uid,
    'job-name': metadata.name,
  }
  spec.template ??= {} as PodTemplateSpec
  spec.template.metadata = {
    ...spec.template.metadata,
    labels: { ...spec.template.metadata?.labels, ...labels },
  }
  if (!hasOwnLabels) metadata.labels = { ...spec.template.metadata.labels }
  spec.selector = {
    ...spec.selector,
    matchLabels: { ...spec.selector?.matchLabels, [CONTROLLER_UID]: metadata.uid },
  }
}

function prepareForCreate(draft: Job): void {
  generateSelector(draft)
  draft.metadata.generation = 1
  draft.status = {}
}

function statusText({ metadata, spec, status }: Job): string {
  const holds = (type: string) =>
    status?.conditions?.some(condition => condition.type === type && condition.status === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  if (spec.suspend || holds('Suspended')) return 'Suspended'
  if (holds('FailureTarget')) return 'FailureTarget'
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationText({ status }: Job, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}

export const JobKind: Kind<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  namespaced: true,
  categories: ['all'],
  subresources: ['status'],
  schema: 'io.k8s.api.batch.v1.Job',
  defaults: draft => {
    draft.spec ??= {} as Job['spec']
    defaultJob(draft.spec)
    const labels = draft.spec.template?.metadata?.labels
    if (labels && Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels }
  },
  prepareForCreate,
  validate: (job, errors, old) => {
    validateJob(job, errors, old)
    if (!old) validateJobName(job, errors)
  },
  fieldSelectors: { 'status.successful': job => String(job.status?.succeeded ?? 0) },
  notHonoured: () => storedOnly('jobs.batch'),
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'The state of the job in one word.', cell: statusText },
    {
      name: 'Completions',
      type: 'string',
      description: 'Number of pods that succeeded of those wanted.',
      cell: completionsText,
    },
    {
      name: 'Duration',
      type: 'string',
      description: 'How long it has run, or ran.',
      cell: durationText,
    },
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
}
