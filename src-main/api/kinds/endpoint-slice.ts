import type { EndpointSlice } from '../types.ts'
import { validateEndpointSlice } from '../validation/endpoints.ts'
import { networkNotHonoured } from './honoured-network.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { shortened } from './printing/shortened.ts'

/** Source: kubernetes pkg/apis/discovery/v1/defaults.go. */
function defaults(draft: EndpointSlice): void {
  for (const port of draft.ports ?? []) {
    port.name ??= ''
    port.protocol ??= 'TCP'
  }
}

export const EndpointSliceKind: Kind<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  defaults,
  validate: validateEndpointSlice,
  notHonoured: slice => networkNotHonoured('endpointslices.discovery.k8s.io', slice),
  columns: [
    nameColumn,
    {
      name: 'AddressType',
      type: 'string',
      description: 'The type of the addresses.',
      cell: ({ addressType }) => addressType,
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'The ports of each endpoint.',
      cell: ({ ports }) =>
        shortened(
          (ports ?? []).map(({ port }) => String(port ?? '*')),
          '<unset>',
        ),
    },
    {
      name: 'Endpoints',
      type: 'string',
      description: 'The addresses.',
      cell: ({ endpoints }) =>
        shortened(
          (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
          '<unset>',
        ),
    },
    ageColumn,
  ],
}
