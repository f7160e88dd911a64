import type { Namespace, NetworkPolicy, Pod } from '../../../../src-main/api/types.ts'
import { planPolicies, policyPods } from '../../../../src-main/network/plan/policies.ts'
import { policyRules } from '../../../../src-main/network/plan/policy-rules.ts'
import type { Endpoint } from '../../../../src-main/network/plan/service-model.ts'
import { servers } from '../objects.ts'
import type { Stage } from './allowed.ts'
import { PacketFilter, type Packet } from './packet-filter.ts'

export type PolicySpec = NetworkPolicy['spec']
type Labels = Record<string, string>

const created = { uid: '', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }

export function namespace(name: string, labels: Labels = {}): Namespace {
  const metadata = { ...created, name, labels: { 'kubernetes.io/metadata.name': name, ...labels } }
  return { apiVersion: 'v1', kind: 'Namespace', metadata }
}

export function pod(name: string, podIP: string, labels: Labels, httpPort = 8080): Pod {
  const [home, own = ''] = name.split('/')
  const ports = [
    { name: 'http', containerPort: httpPort },
    { name: 'dns', containerPort: 53, protocol: 'UDP' as const },
  ]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...created, uid: name, name: own, namespace: home, labels },
    spec: { containers: [{ name: 'main', image: 'web:1', ports }] },
    status: { podIP },
  }
}

/** As the API stores it: with its defaults. */
export function policy(name: string, spec: Partial<PolicySpec>): NetworkPolicy {
  const [home, own = ''] = name.split('/')
  const policyTypes = spec.policyTypes ?? ['Ingress', ...(spec.egress ? (['Egress'] as const) : [])]
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...created, name: own, namespace: home },
    spec: { podSelector: {}, ...spec, policyTypes },
  }
}

export const namespaces = [
  namespace('shop', { team: 'blue' }),
  namespace('bank', { team: 'red' }),
  namespace('kube-system'),
]
/** On two servers, whose pods are 10.244.0.0/24 and 10.244.1.0/24. */
export const pods = [
  pod('shop/web', '10.244.0.2', { app: 'web' }),
  pod('shop/api', '10.244.1.2', { app: 'api', tier: 'back' }, 9090),
  pod('shop/db', '10.244.0.3', { app: 'db', tier: 'back' }),
  pod('bank/web', '10.244.1.3', { app: 'web' }),
]
const PLACES: Record<string, string> = {
  ...Object.fromEntries(pods.map(({ metadata, status }) => [metadata.uid, status?.podIP ?? ''])),
  outside: '192.0.2.7',
  neighbour: '192.0.2.200',
  'gateway-a': '10.244.0.1',
  'gateway-b': '10.244.1.1',
}

/** Of a server with no pod behind a Service. */
const NO_HAIRPIN = '  set hairpin {\n  }'

export function filters(
  { policies, namespaces: spaces, pods: all }: Stage,
  published: Endpoint[] = [],
): PacketFilter[] {
  const plan = planPolicies({ policies, namespaces: spaces, pods: policyPods(all, new Map()) })
  return servers
    .slice(0, 2)
    .map(own => new PacketFilter([NO_HAIRPIN, ...policyRules(plan, { own, servers, published })].join('\n')))
}

/** Every server that a packet passes must let it through. */
export function passes(through: readonly PacketFilter[], packet: Packet): boolean {
  return through.every(filter => filter.verdict('policies', packet) === 'return')
}

/** `shop/web > shop/db tcp 8080` */
export function parse(text: string): Packet {
  const [from = '', , to = '', protocol = 'tcp', port = '8080'] = text.split(' ')
  const at = (place: string) => {
    const address = PLACES[place]
    if (!address) throw new Error(`no place ${place}`)
    return address
  }
  return { from: at(from), to: at(to), protocol: protocol as Packet['protocol'], port: Number(port) }
}
