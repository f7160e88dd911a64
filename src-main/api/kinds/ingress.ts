import type { Ingress, IngressV1beta1 } from '../types.ts'
import { validateIngress } from '../validation/ingress.ts'
import { networkNotHonoured } from './honoured-network.ts'
import { unknownAnnotations } from './ingress-annotations.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { versionOf } from './versions.ts'

type Backend = NonNullable<Ingress['spec']['defaultBackend']>
type Path = NonNullable<NonNullable<NonNullable<Ingress['spec']['rules']>[number]['http']>['paths']>[number]
type OldBackend = NonNullable<IngressV1beta1['spec']['backend']>

function hostsText({ spec }: Ingress): string {
  const hosts = (spec.rules ?? []).filter(rule => rule.http).map(rule => rule.host || '*')
  const shown = hosts.slice(0, 3).join(',')
  if (hosts.length === 0) return '*'
  return hosts.length > 3 ? `${shown} + ${hosts.length - 3} more...` : shown
}

function addressText({ status }: Ingress): string {
  return (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '').join(',')
}

export const IngressKind: Kind<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  namespaced: true,
  shortNames: ['ing'],
  subresources: ['status'],
  schema: 'io.k8s.api.networking.v1.Ingress',
  validate: validateIngress,
  notHonoured: ingress => [
    ...networkNotHonoured('ingresses.networking.k8s.io', ingress),
    ...unknownAnnotations(ingress),
  ],
  columns: [
    nameColumn,
    {
      name: 'Class',
      type: 'string',
      description: 'The class that answers for it.',
      cell: ({ metadata, spec }) =>
        spec.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'] ?? '<none>',
    },
    { name: 'Hosts', type: 'string', description: 'Hosts that it routes.', cell: hostsText },
    { name: 'Address', type: 'string', description: 'Where traffic comes in.', cell: addressText },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports of TLS and plain traffic.',
      cell: ({ spec }) => (spec.tls?.length ? '80, 443' : '80'),
    },
    ageColumn,
  ],
}

/** Source: kubernetes pkg/apis/networking/v1beta1/conversion.go. */
function newBackend({ serviceName, servicePort, resource }: OldBackend): Backend {
  const port = typeof servicePort === 'number' ? { number: servicePort } : { name: servicePort ?? '' }
  return {
    ...(serviceName || servicePort !== undefined ? { service: { name: serviceName ?? '', port } } : {}),
    ...(resource ? { resource } : {}),
  }
}

function oldBackend({ service, resource }: Backend): OldBackend {
  return {
    ...(service
      ? { serviceName: service.name, servicePort: service.port?.name || service.port?.number || 0 }
      : {}),
    ...(resource ? { resource } : {}),
  }
}

/** The rules with each path converted. */
function withPaths<From, To>(
  rules: { host?: string; http?: { paths?: From[] } }[],
  convert: (path: From) => To,
) {
  return rules.map(({ http, ...rule }) => ({
    ...rule,
    ...(http ? { http: { paths: (http.paths ?? []).map(convert) } } : {}),
  }))
}

function toStored(object: IngressV1beta1): Ingress {
  const { backend, rules, ...spec } = object.spec
  return {
    ...object,
    apiVersion: 'networking.k8s.io/v1',
    spec: {
      ...spec,
      ...(backend ? { defaultBackend: newBackend(backend) } : {}),
      ...(rules
        ? {
            rules: withPaths(rules, path => ({
              ...path,
              pathType: (path.pathType ?? 'ImplementationSpecific') as Path['pathType'],
              backend: newBackend(path.backend ?? {}),
            })),
          }
        : {}),
    },
  }
}

function fromStored(object: Ingress): IngressV1beta1 {
  const { defaultBackend, rules, ...spec } = object.spec
  return {
    ...object,
    apiVersion: 'extensions/v1beta1',
    spec: {
      ...spec,
      ...(defaultBackend ? { backend: oldBackend(defaultBackend) } : {}),
      ...(rules
        ? { rules: withPaths(rules, path => ({ ...path, backend: oldBackend(path.backend ?? {}) })) }
        : {}),
    },
  }
}

/** `kubectl apply --prune` up to 1.21 asks for it under this name. */
export const IngressV1beta1Kind: Kind<IngressV1beta1> = versionOf(IngressKind, {
  group: 'extensions',
  version: 'v1beta1',
  schema: 'io.k8s.api.extensions.v1beta1.Ingress',
  toStored,
  fromStored,
})
