import { parseCidr } from '../../lib/cidr.ts'
import { invalid } from '../../lib/errors.ts'
import { OF_INGRESS } from '../cluster-ranges.ts'
import type { Service } from '../types.ts'
import { FieldErrors } from './field-errors.ts'

/**
 * Refuses an address or a node port that another Service has, or the ingress. Source of the words: kubernetes
 * pkg/registry/core/service/storage/alloc.go.
 * @param serviceCidr where addresses are from, `10.96.0.0/16`
 * @param old what it had before, which it may keep
 * @throws StatusError Invalid
 */
export function refuseTaken(
  service: Service,
  others: Iterable<Service>,
  { serviceCidr, old }: { serviceCidr: string; old?: Service },
): void {
  const errors = new FieldErrors()
  const { metadata, spec } = service
  const { clusterIP } = spec
  const isChosen = clusterIP && clusterIP !== 'None' && clusterIP !== old?.spec.clusterIP
  const had = nodePorts(old)
  const asksForPort = [...nodePorts(service)].some(port => !had.has(port))
  // most choose nothing: creating many must not look through all of them each time
  if (!isChosen && !asksForPort) return
  const taken = [...others].filter(
    ({ metadata: { name, namespace } }) => name !== metadata.name || namespace !== metadata.namespace,
  )
  const isTaken = (address: string) =>
    isOfIngress(address, serviceCidr) || taken.some(other => other.spec.clusterIP === address)
  if (isChosen && isTaken(clusterIP)) {
    const detail = `failed to allocate IP ${clusterIP}: provided IP is already allocated`
    errors.invalid('spec.clusterIPs', spec.clusterIPs ?? [clusterIP], detail)
  }
  const ports = new Set(taken.flatMap(other => [...nodePorts(other)]))
  spec.ports?.forEach(({ nodePort, protocol }, index) => {
    const port = portKey(nodePort, protocol)
    if (!nodePort || had.has(port) || !ports.has(port)) return
    errors.invalid(`spec.ports[${index}].nodePort`, nodePort, 'provided port is already allocated')
  })
  if (errors.causes.length === 0) return
  throw invalid({ group: '', resource: 'services', kind: 'Service' }, metadata.name, errors.causes)
}

function isOfIngress(address: string, serviceCidr: string): boolean {
  const range = parseCidr(serviceCidr)
  const chosen = parseCidr(address)
  if (!range || !chosen) return false
  const place = chosen.first - range.first
  return place >= OF_INGRESS.first && place <= OF_INGRESS.last
}

function nodePorts(service: Service | undefined): Set<string> {
  return new Set(
    service?.spec.ports?.flatMap(({ nodePort, protocol }) => (nodePort ? [portKey(nodePort, protocol)] : [])),
  )
}

function portKey(nodePort: number | undefined, protocol = 'TCP'): string {
  return `${protocol}/${nodePort}`
}
