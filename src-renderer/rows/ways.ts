import type { Deployment, Ingress, KubeObject, Pod, Service } from '../../src-main/api/types.ts'
import { routesOf } from './ingresses.ts'
import type { RowContext } from './row-kind.ts'
import { clusterAddress, externalAddresses } from './services.ts'

/** A way to reach a workload. */
export interface Way {
  of: Service | Ingress
  /** What to type to get there. */
  addresses: { text: string; where: string; url?: string }[]
}

/** The Services that send to the pods of a workload, and the Ingresses that send to those. */
export function waysTo(object: KubeObject, context: RowContext): Way[] {
  const labels = podLabels(object)
  const { namespace } = object.metadata
  if (!labels) return []
  const services = [...context.collection<Service>('services').cache.values()].filter(
    service => service.metadata.namespace === namespace && selects(service, labels),
  )
  const names = new Set(services.map(({ metadata }) => metadata.name))
  const ingresses = [...context.collection<Ingress>('ingresses').cache.values()].filter(
    ingress =>
      ingress.metadata.namespace === namespace && routesOf(ingress).some(({ service }) => names.has(service)),
  )
  return [
    ...sorted(ingresses).map(ingress => wayThrough(ingress, names)),
    ...sorted(services).map(service => ({ of: service, addresses: addressesOf(service) })),
  ]
}

/** That the pods of a workload have. */
function podLabels(object: KubeObject): Record<string, string> | undefined {
  if (object.kind === 'Deployment') return (object as Deployment).spec.template.metadata?.labels ?? {}
  if (object.kind === 'Pod') return (object as Pod).metadata.labels ?? {}
  return undefined
}

function selects({ spec }: Service, labels: Record<string, string>): boolean {
  const selector = Object.entries(spec.selector ?? {})
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

function wayThrough(ingress: Ingress, services: ReadonlySet<string>): Way {
  const routes = routesOf(ingress).filter(({ service }) => services.has(service))
  return {
    of: ingress,
    addresses: routes.map(({ url, exact, secure }) => ({
      text: url,
      where: 'from outside',
      ...(exact && secure && { url }),
    })),
  }
}

function addressesOf(service: Service): Way['addresses'] {
  const { name, namespace } = service.metadata
  const ports = service.spec.ports ?? []
  const at = (host: string) => ports.map(({ port }) => `${host}:${port}`)
  const address = clusterAddress(service)
  return [
    ...at(`${name}.${namespace}`).map(text => ({ text, where: `from pods, ${address}` })),
    ...externalAddresses(service)
      .flatMap(at)
      .map(text => ({ text, where: 'from outside' })),
    ...ports.flatMap(({ nodePort }) =>
      nodePort ? [{ text: `:${nodePort}`, where: 'on every server’s address' }] : [],
    ),
  ]
}

function sorted<T extends KubeObject>(objects: T[]): T[] {
  return objects.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
}
