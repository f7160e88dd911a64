import type { Endpoints } from '../types.ts'
import { validateEndpoints } from '../validation/endpoints.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { shortened } from './printing/shortened.ts'

function endpointTexts({ subsets }: Endpoints): string[] {
  return (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
}

export const EndpointsKind: Kind<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  subresources: [],
  schema: 'io.k8s.api.core.v1.Endpoints',
  defaults: draft => {
    for (const { ports } of draft.subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP'
  },
  validate: validateEndpoints,
  notHonoured: () => storedOnly('endpoints'),
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses and ports that are ready.',
      cell: endpoints => shortened(endpointTexts(endpoints)),
    },
    ageColumn,
  ],
}
