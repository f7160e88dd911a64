import type { CronJob } from '../types.ts'
import { validateCronJob } from '../validation/jobs.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { age } from './printing/age.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { selectorText } from './printing/selector-text.ts'
import { aliasOf } from './versions.ts'

/** Source: kubernetes pkg/apis/batch/v1/defaults.go, SetDefaults_CronJob. The jobs get their own defaults when they are made. */
function defaults(draft: CronJob): void {
  draft.spec ??= {} as CronJob['spec']
  const { spec } = draft
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  defaultPodTemplate(spec.jobTemplate?.spec?.template)
}

const podSpecOf = ({ spec }: CronJob) => spec.jobTemplate?.spec?.template?.spec

export const CronJobKind: Kind<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  subresources: ['status'],
  schema: 'io.k8s.api.batch.v1.CronJob',
  defaults,
  validate: validateCronJob,
  notHonoured: () => storedOnly('cronjobs.batch'),
  columns: [
    nameColumn,
    {
      name: 'Schedule',
      type: 'string',
      description: 'When jobs are made.',
      cell: ({ spec }) => spec.schedule ?? '',
    },
    {
      name: 'Timezone',
      type: 'string',
      description: 'The time zone of the schedule.',
      cell: ({ spec }) => spec.timeZone ?? '<none>',
    },
    {
      name: 'Suspend',
      type: 'boolean',
      description: 'Whether no jobs are made for now.',
      cell: ({ spec }) => (spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'),
    },
    {
      name: 'Active',
      type: 'integer',
      description: 'Number of jobs that run.',
      cell: ({ status }) => status?.active?.length ?? 0,
    },
    {
      name: 'Last Schedule',
      type: 'string',
      description: 'Time since a job was made.',
      cell: ({ status }, now) => (status?.lastScheduleTime ? age(status.lastScheduleTime, now) : '<none>'),
    },
    ageColumn,
    {
      name: 'Containers',
      type: 'string',
      description: 'Names of each container in the template.',
      priority: 1,
      cell: job => (podSpecOf(job)?.containers ?? []).map(({ name }) => name).join(','),
    },
    {
      name: 'Images',
      type: 'string',
      description: 'Images referenced by each container in the template.',
      priority: 1,
      cell: job => (podSpecOf(job)?.containers ?? []).map(({ image }) => image ?? '').join(','),
    },
    {
      name: 'Selector',
      type: 'string',
      description: 'Label selector for pods.',
      priority: 1,
      cell: ({ spec }) => selectorText(spec.jobTemplate?.spec?.selector) || '<none>',
    },
  ],
}

/** kubectl up to 1.24 asks for it under this version. */
export const CronJobV1beta1Kind = aliasOf(CronJobKind, {
  version: 'v1beta1',
  schema: 'io.k8s.api.batch.v1beta1.CronJob',
})
