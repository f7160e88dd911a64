import type { Server } from '../types.ts'
import { validateServer } from '../validation/server.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

function addressText({ spec }: Server): string {
  if (spec.local) return '<local>'
  if (spec.simulated) return '<simulated>'
  if (!spec.ssh) return '<none>'
  return spec.ssh.port === undefined ? spec.ssh.host : `${spec.ssh.host}:${spec.ssh.port}`
}

/** `Ready`, or the reason of the first condition that stands in the way. */
function statusText({ status }: Server): string {
  const conditions = status?.conditions ?? []
  if (conditions.length === 0) return 'Pending'
  return conditions.find(condition => condition.status !== 'True')?.reason ?? 'Ready'
}

export const ServerKind: Kind<Server> = {
  group: 'coxswain.io',
  version: 'v1alpha1',
  kind: 'Server',
  plural: 'servers',
  singular: 'server',
  namespaced: false,
  shortNames: ['srv'],
  subresources: ['status'],
  schema: 'io.coxswain.v1alpha1.Server',
  validate: validateServer,
  columns: [
    nameColumn,
    { name: 'Address', type: 'string', description: 'Where the server is reached.', cell: addressText },
    {
      name: 'Status',
      type: 'string',
      description: 'Ready, or the reason of what stands in the way.',
      cell: statusText,
    },
    {
      name: 'Engine',
      type: 'string',
      description: 'Version of the container engine.',
      cell: server => server.status?.engine?.version ?? '<unknown>',
    },
    ageColumn,
    {
      name: 'User',
      type: 'string',
      description: 'The user that logs in over SSH.',
      priority: 1,
      cell: ({ spec }) => (spec.ssh ? (spec.ssh.user ?? '<default>') : '<none>'),
    },
    {
      name: 'Host Key',
      type: 'string',
      description: 'The SSH host key that is accepted.',
      priority: 1,
      cell: ({ spec, status }) => spec.ssh?.hostKey ?? status?.ssh?.hostKey ?? '<none>',
    },
  ],
}
