import type { EndpointSlice, Service } from '../../../src-main/api/types.ts'
import type { MeshServer } from '../../../src-main/network/plan/links.ts'
import type { PolicyObjects } from '../../../src-main/network/plan/policies.ts'

export const servers: MeshServer[] = [
  { name: 'a', endpoint: '192.0.2.1', podCidr: '10.244.0.0/24', publicKey: 'key-a' },
  { name: 'b', endpoint: '192.0.2.2', podCidr: '10.244.1.0/24', publicKey: 'key-b' },
  { name: 'c', endpoint: '192.0.2.3', podCidr: '10.244.2.0/24', publicKey: 'key-c' },
]

export const [serverA] = servers as [MeshServer, MeshServer, MeshServer]

export const noPolicies: PolicyObjects = { policies: [], namespaces: [], pods: [] }

const metadata = (name: string) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})

export function service(name: string, spec: Service['spec']): Service {
  const ports = spec.ports ?? [{ name: 'http', port: 80, targetPort: 8080 }]
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec: { ...spec, ports } }
}

/** Pods of a Service by address and server; `!` before an address: not ready. */
export function slice(
  of: string,
  pods: Record<string, string>,
  ports: EndpointSlice['ports'] = [{ name: 'http', port: 8080, protocol: 'TCP' }],
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata(`${of}-0-0`), labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    ports,
    endpoints: Object.entries(pods).map(([ip, nodeName]) => ({
      addresses: [ip.replace('!', '')],
      conditions: { ready: !ip.startsWith('!') },
      nodeName,
    })),
  }
}
