import { equalJson } from '../../lib/json.ts'
import type { Pod } from '../types.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { validatePodSpec } from '../validation/pod-spec.ts'
import { validatePodUpdate } from '../validation/pod-update.ts'
import { podNotHonoured } from './honoured.ts'
import type { Kind } from './kind.ts'
import { admitPod, admitPriority, admitTolerations } from './defaults/admission.ts'
import { defaultPod } from './defaults/pod-spec.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { summarize } from './printing/pod-status.ts'
import { qosClass } from './qos.ts'

function readinessGatesText({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const conditions = status?.conditions?.filter(condition => condition.status === 'True') ?? []
  const met = new Set(conditions.map(({ type }) => type))
  const open = gates.filter(gate => met.has(gate.conditionType))
  return `${open.length}/${gates.length}`
}

function validate({ spec }: Pod, errors: FieldErrors, old?: Pod): void {
  if (old && equalJson(spec, old.spec)) return
  validatePodSpec(spec, { field: 'spec', isPod: true }, errors)
  if (old) validatePodUpdate(spec, old.spec, errors)
  else if (spec.ephemeralContainers?.length) {
    errors.forbidden('spec.ephemeralContainers', 'cannot be set on create')
  }
}

/** Kubernetes' CheckGracefulDelete (pkg/registry/core/pod/strategy.go). */
function gracePeriodSeconds({ spec, status }: Pod, requested: number | undefined): number {
  const period = requested ?? spec.terminationGracePeriodSeconds ?? 30
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  if (!spec.nodeName || ended) return 0
  return period < 0 ? 1 : period
}

export const PodKind: Kind<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    'status',
    'log',
    'exec',
    'attach',
    'portforward',
    'proxy',
    'eviction',
    'binding',
    'ephemeralcontainers',
  ],
  schema: 'io.k8s.api.core.v1.Pod',
  defaults: draft => {
    draft.spec ??= { containers: [] }
    defaultPod(draft.spec)
  },
  prepareForCreate: (draft, lookup) => {
    admitPod(draft.spec)
    admitPriority(draft, lookup)
    draft.status = { phase: 'Pending', qosClass: qosClass(draft.spec) }
  },
  prepareForChange: ({ spec }) => admitTolerations(spec),
  validate,
  notHonoured: ({ spec }) => podNotHonoured(spec, 'spec'),
  fieldSelectors: {
    'spec.nodeName': pod => pod.spec.nodeName ?? '',
    'spec.restartPolicy': pod => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': pod => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': pod => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': pod => String(pod.spec.hostNetwork ?? false),
    'status.phase': pod => pod.status?.phase ?? '',
    'status.podIP': pod => pod.status?.podIP ?? '',
    'status.nominatedNodeName': pod => pod.status?.nominatedNodeName ?? '',
  },
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of ready containers of all containers.',
      cell: (pod, now) => summarize(pod, now).ready,
    },
    {
      name: 'Status',
      type: 'string',
      description: 'The state of the pod and its containers in one word.',
      cell: (pod, now) => summarize(pod, now).status,
    },
    {
      name: 'Restarts',
      type: 'string',
      description: 'How often containers were restarted, and when last.',
      cell: (pod, now) => summarize(pod, now).restarts,
    },
    ageColumn,
    {
      name: 'IP',
      type: 'string',
      description: 'Address of the pod.',
      priority: 1,
      cell: pod => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>',
    },
    {
      name: 'Node',
      type: 'string',
      description: 'The node that the pod runs on.',
      priority: 1,
      cell: pod => pod.spec.nodeName || '<none>',
    },
    {
      name: 'Nominated Node',
      type: 'string',
      description: 'The node where other pods make room for it.',
      priority: 1,
      cell: pod => pod.status?.nominatedNodeName || '<none>',
    },
    {
      name: 'Readiness Gates',
      type: 'string',
      description: 'Number of readiness gates that are open.',
      priority: 1,
      cell: readinessGatesText,
    },
  ],
  gracePeriodSeconds,
}
