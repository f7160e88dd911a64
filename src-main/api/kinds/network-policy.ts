import type { NetworkPolicy } from '../types.ts'
import { validateNetworkPolicy } from '../validation/network-policy.ts'
import { networkNotHonoured } from './honoured-network.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { selectorText } from './printing/selector-text.ts'

/** Source: kubernetes pkg/apis/networking/v1/defaults.go. */
function defaults(draft: NetworkPolicy): void {
  draft.spec ??= {} as NetworkPolicy['spec']
  const { spec } = draft
  spec.podSelector ??= {}
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of ports ?? []) port.protocol ??= 'TCP'
  }
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
}

export const NetworkPolicyKind: Kind<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  namespaced: true,
  shortNames: ['netpol'],
  subresources: [],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  defaults,
  validate: validateNetworkPolicy,
  notHonoured: policy => networkNotHonoured('networkpolicies.networking.k8s.io', policy),
  columns: [
    nameColumn,
    {
      name: 'Pod-Selector',
      type: 'string',
      description: 'The pods that it is about.',
      cell: ({ spec }) => selectorText(spec.podSelector) || '<none>',
    },
    ageColumn,
  ],
}
