import { isIPv6 } from 'node:net'
import type { Service } from '../types.ts'
import { rangesInUse } from '../cluster-ranges.ts'
import { refuseTaken } from '../validation/service-claims.ts'
import { validateService } from '../validation/service.ts'
import { networkNotHonoured } from './honoured-network.ts'
import type { Kind, Lookup } from './kind.ts'
import { defaultService, dropTypeDependent, keepAllocated } from './defaults/service.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { labelsText } from './printing/selector-text.ts'

function externalIpText({ spec, status }: Service): string {
  const external = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName ?? ''
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '')
      return [...ingress, ...external].filter(Boolean).join(',') || '<pending>'
    }
    default:
      return external.join(',') || '<none>'
  }
}

function portsText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol ?? 'TCP'}` : `${port}/${protocol ?? 'TCP'}`,
  )
  return ports.join(',') || '<none>'
}

/** Those that are there, and those that are about to be. */
function* servicesIn(lookup: Lookup): Iterable<Service> {
  yield* lookup.list(ServiceKind)
  yield* lookup.writing(ServiceKind)
}

export const ServiceKind: Kind<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: ['status', 'proxy'],
  schema: 'io.k8s.api.core.v1.Service',
  nameRule: 'dns-label',
  defaults: defaultService,
  prepareForCreate: (service, lookup) => {
    refuseTaken(service, servicesIn(lookup), rangesInUse(lookup))
    const { spec } = service
    if (spec.type === 'ExternalName') return
    spec.ipFamilyPolicy ??= 'SingleStack'
    // which family is meant by an address that cannot be had is not for us to say
    if (!spec.clusterIPs?.some(isIPv6)) spec.ipFamilies ??= ['IPv4']
  },
  prepareForUpdate: (service, old, lookup) => {
    keepAllocated(service, old)
    dropTypeDependent(service, old)
    refuseTaken(service, servicesIn(lookup), { ...rangesInUse(lookup), old })
  },
  validate: validateService,
  notHonoured: service => networkNotHonoured('services', service),
  fieldSelectors: {
    'spec.clusterIP': service => service.spec.clusterIP ?? '',
    'spec.type': service => service.spec.type ?? '',
  },
  columns: [
    nameColumn,
    {
      name: 'Type',
      type: 'string',
      description: 'How the service is exposed.',
      cell: service => service.spec.type ?? '',
    },
    {
      name: 'Cluster-IP',
      type: 'string',
      description: 'The virtual address of the service.',
      cell: service => service.spec.clusterIP || '<none>',
    },
    {
      name: 'External-IP',
      type: 'string',
      description: 'Addresses from outside the cluster.',
      cell: externalIpText,
    },
    { name: 'Port(s)', type: 'string', description: 'The ports that the service exposes.', cell: portsText },
    ageColumn,
    {
      name: 'Selector',
      type: 'string',
      description: 'The labels of the pods that serve it.',
      priority: 1,
      cell: service => labelsText(service.spec.selector),
    },
  ],
}
