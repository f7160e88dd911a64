import type { IngressClass } from '../types.ts'
import { validateIngressClass } from '../validation/ingress.ts'
import { networkNotHonoured } from './honoured-network.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

function parametersText({ spec }: IngressClass): string {
  const { parameters } = spec
  if (!parameters) return '<none>'
  const group = parameters.apiGroup ? `.${parameters.apiGroup}` : ''
  return `${parameters.kind}${group}/${parameters.name}`
}

export const IngressClassKind: Kind<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.networking.v1.IngressClass',
  defaults: draft => {
    draft.spec ??= {}
    if (draft.spec.parameters) draft.spec.parameters.scope ??= 'Cluster'
  },
  validate: validateIngressClass,
  notHonoured: ingressClass => networkNotHonoured('ingressclasses.networking.k8s.io', ingressClass),
  columns: [
    nameColumn,
    {
      name: 'Controller',
      type: 'string',
      description: 'The controller that answers for the class.',
      cell: ({ spec }) => spec.controller ?? '',
    },
    { name: 'Parameters', type: 'string', description: 'Settings of the controller.', cell: parametersText },
    ageColumn,
  ],
}
