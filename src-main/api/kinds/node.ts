import type { Node } from '../types.ts'
import { validateTaints } from '../validation/scheduling.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.find(condition => condition.type === 'Ready')
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec.unschedulable ? `${state},SchedulingDisabled` : state
}

function rolesText({ metadata }: Node): string {
  const labels = metadata.labels ?? {}
  const roles = Object.keys(labels)
    .filter(label => label.startsWith(ROLE_PREFIX) && label !== ROLE_PREFIX)
    .map(label => label.slice(ROLE_PREFIX.length))
  if (labels['kubernetes.io/role']) roles.push(labels['kubernetes.io/role'])
  return [...new Set(roles)].sort().join(',') || '<none>'
}

const addressText = (node: Node, type: string) =>
  node.status?.addresses?.find(address => address.type === type)?.address ?? '<none>'

export const NodeKind: Kind<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  namespaced: false,
  shortNames: ['no'],
  subresources: ['status'],
  refusedSubresources: {
    proxy:
      'is not served: no kubelet listens on a server. Coxswain reaches servers over SSH and their Docker only',
  },
  statusOnCreate: true,
  schema: 'io.k8s.api.core.v1.Node',
  defaults: draft => {
    draft.spec ??= {}
  },
  validate: ({ spec }, errors) => validateTaints(spec.taints ?? [], 'spec.taints', errors),
  fieldSelectors: { 'spec.unschedulable': node => String(node.spec.unschedulable ?? false) },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'The status of the node', cell: statusText },
    { name: 'Roles', type: 'string', description: 'The roles of the node', cell: rolesText },
    ageColumn,
    {
      name: 'Version',
      type: 'string',
      description: 'Version of the kubelet that looks after the node.',
      cell: node => node.status?.nodeInfo?.kubeletVersion ?? '',
    },
    {
      name: 'Internal-IP',
      type: 'string',
      description: 'Address inside the cluster.',
      priority: 1,
      cell: node => addressText(node, 'InternalIP'),
    },
    {
      name: 'External-IP',
      type: 'string',
      description: 'Address from outside.',
      priority: 1,
      cell: node => addressText(node, 'ExternalIP'),
    },
    {
      name: 'OS-Image',
      type: 'string',
      description: 'The operating system, as the node reports it.',
      priority: 1,
      cell: node => node.status?.nodeInfo?.osImage || '<unknown>',
    },
    {
      name: 'Kernel-Version',
      type: 'string',
      description: 'Kernel version, as the node reports it.',
      priority: 1,
      cell: node => node.status?.nodeInfo?.kernelVersion || '<unknown>',
    },
    {
      name: 'Container-Runtime',
      type: 'string',
      description: 'Container runtime, as the node reports it.',
      priority: 1,
      cell: node => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
}
