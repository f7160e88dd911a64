import ipaddr from 'ipaddr.js'
import type { Namespace, NetworkPolicy, Pod } from '../../api/types.ts'
import { matchesSelector, selectorMatcher, type LabelSelector } from '../../lib/labels.ts'
import { type AddressSet, AddressSets } from './address-sets.ts'
import { compareAddresses } from './addresses.ts'
import {
  portKey,
  type AddressBlock,
  type ClusterPolicies,
  type Policy,
  type PolicyPeers,
  type PolicyPod,
  type PolicyPort,
  type PolicyProtocol,
  type PolicyRule,
} from './policy-model.ts'

type Ingress = NonNullable<NetworkPolicy['spec']['ingress']>[number]
type Peer = NonNullable<Ingress['from']>[number]
type Port = NonNullable<Ingress['ports']>[number]

/** How policies written for other clusters find the name server, which here is no pod. */
const NAME_SERVER = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }

export interface PolicyObjects {
  policies: readonly NetworkPolicy[]
  namespaces: readonly Namespace[]
  pods: readonly PolicyPod[]
}

/**
 * The pods that policies can be about.
 * @param placed addresses that pods were given but that their status does not show yet, by uid
 */
export function policyPods(pods: readonly Pod[], placed: ReadonlyMap<string, string>): PolicyPod[] {
  return pods.flatMap(({ metadata, spec, status }) => {
    const ip = placed.get(metadata.uid) ?? status?.podIP
    const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
    if (!ip || spec.hostNetwork || ended) return []
    const { name, namespace = '', labels = {} } = metadata
    return [{ id: `${namespace}/${name}`, ip, namespace, labels, ports: portsOf(spec) }]
  })
}

function portsOf({ containers, initContainers = [] }: Pod['spec']): PolicyPod['ports'] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol, containerPort }) =>
      name ? [{ name, protocol: protocolOf(protocol), port: containerPort }] : [],
    ),
  )
}

/** Whether a policy is about a pod in its own namespace. */
export function selects({ spec }: NetworkPolicy, labels: PolicyPod['labels'] | undefined): boolean {
  return matchesSelector((spec.podSelector ?? {}) as LabelSelector, labels)
}

/** Looks up what the policies' selectors choose. Source of the meaning: kubernetes api/networking/v1/types.go. */
export function planPolicies(objects: PolicyObjects): ClusterPolicies {
  const lookUp = new Selection(objects)
  const policies = objects.policies
    .map(policy => planPolicy(policy, lookUp))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  return { policies, namedPorts: namedPorts(policies, objects.pods) }
}

function planPolicy(policy: NetworkPolicy, lookUp: Selection): Policy {
  const { metadata, spec } = policy
  const { namespace = '', name } = metadata
  const types = spec.policyTypes ?? ['Ingress']
  return {
    id: `${namespace}/${name}`,
    pods: lookUp.pods(namespace, [{ podSelector: spec.podSelector }]),
    ...(types.includes('Ingress')
      ? { ingress: (spec.ingress ?? []).map(({ from, ports }) => rule(lookUp, namespace, from, ports)) }
      : {}),
    ...(types.includes('Egress')
      ? { egress: (spec.egress ?? []).map(({ to, ports }) => rule(lookUp, namespace, to, ports)) }
      : {}),
  }
}

/** No peers or no ports, be the list empty or absent, mean all of them. */
function rule(
  lookUp: Selection,
  namespace: string,
  peers: readonly Peer[] = [],
  ports: readonly Port[] = [],
): PolicyRule {
  return {
    ...(peers.length > 0 ? { peers: peersOf(lookUp, namespace, peers) } : {}),
    ...(ports.length > 0 ? { ports: ports.map(portOf) } : {}),
  }
}

function peersOf(lookUp: Selection, namespace: string, peers: readonly Peer[]): PolicyPeers {
  const selecting = peers.filter(({ ipBlock }) => !ipBlock)
  return {
    pods: lookUp.pods(namespace, selecting),
    blocks: peers.flatMap(({ ipBlock }) => (ipBlock ? block(ipBlock) : [])),
    nameServer: selecting.some(peer => lookUp.hasNameServer(namespace, peer)),
  }
}

/** Pods have no IPv6 address, so that a block of those matches nothing. */
function block({ cidr, except = [] }: NonNullable<Peer['ipBlock']>): AddressBlock[] {
  const [whole] = network(cidr)
  return whole === undefined ? [] : [{ cidr: whole, except: except.flatMap(network) }]
}

/** `10.1.0.0/16` of `10.1.2.3/16`. */
function network(cidr: string): string[] {
  if (!ipaddr.IPv4.isValidCIDR(cidr)) return []
  return [`${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split('/')[1]}`]
}

function portOf({ protocol, port, endPort }: Port): PolicyPort {
  const wire = protocolOf(protocol)
  if (port === undefined) return { protocol: wire }
  if (typeof port === 'string') return { protocol: wire, name: port }
  return { protocol: wire, range: [port, endPort ?? port] }
}

function protocolOf(protocol = 'TCP'): PolicyProtocol {
  return protocol.toLowerCase() as PolicyProtocol
}

function namedPorts(policies: readonly Policy[], pods: readonly PolicyPod[]): Map<string, string[]> {
  const used = new Map<string, string[]>()
  for (const { ingress = [], egress = [] } of policies) {
    for (const { ports = [] } of [...ingress, ...egress]) {
      for (const port of ports) {
        if (port.name !== undefined) used.set(portKey(port.name, port.protocol), [])
      }
    }
  }
  if (used.size === 0) return used
  for (const { ip, ports } of [...pods].sort((a, b) => compareAddresses(a.ip, b.ip))) {
    const own = [...ports].sort((a, b) => a.port - b.port)
    for (const { name, protocol, port } of own) used.get(portKey(name, protocol))?.push(`${ip} . ${port}`)
  }
  for (const [key, targets] of used) used.set(key, [...new Set(targets)])
  return used
}

/** What selectors choose. Each is looked up once, however many rules have it. */
class Selection {
  readonly #namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly #pods = new Map<string, PolicyPod[]>()
  readonly #addresses: AddressSets
  readonly #found = new Map<string, AddressSet>()

  constructor({ namespaces, pods }: PolicyObjects) {
    this.#namespaces = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
    for (const pod of pods) {
      const list = this.#pods.get(pod.namespace)
      if (list) list.push(pod)
      else this.#pods.set(pod.namespace, [pod])
    }
    this.#addresses = new AddressSets(pods.map(({ ip }) => ip))
  }

  /** Addresses, in their order, of the pods that any of these peers, or a policy in `namespace`, chooses. */
  pods(namespace: string, peers: readonly Omit<Peer, 'ipBlock'>[]): string[] {
    return this.#addresses.union(peers.map(peer => this.#chosenBy(namespace, peer)))
  }

  hasNameServer(namespace: string, { namespaceSelector, podSelector }: Omit<Peer, 'ipBlock'>): boolean {
    const { namespace: home, labels } = NAME_SERVER
    const own = this.#namespaces.get(home)
    const isThere = namespaceSelector
      ? own !== undefined && matchesSelector(namespaceSelector as LabelSelector, own)
      : namespace === home
    return isThere && podMatcher(podSelector)(labels)
  }

  #chosenBy(namespace: string, { namespaceSelector, podSelector }: Omit<Peer, 'ipBlock'>): AddressSet {
    const key = JSON.stringify([namespaceSelector ?? namespace, podSelector])
    const known = this.#found.get(key)
    if (known) return known
    const matches = podMatcher(podSelector)
    const chosen = this.#namespacesOf(namespace, namespaceSelector).flatMap(name =>
      (this.#pods.get(name) ?? []).flatMap(({ labels, ip }) => (matches(labels) ? [ip] : [])),
    )
    const found = this.#addresses.setOf(chosen)
    this.#found.set(key, found)
    return found
  }

  /** Without a selector of namespaces it is the policy's own; an empty one chooses all. */
  #namespacesOf(namespace: string, selector: Peer['namespaceSelector']): string[] {
    if (!selector) return [namespace]
    const matches = selectorMatcher(selector as LabelSelector)
    return [...this.#namespaces].flatMap(([name, labels]) => (matches(labels) ? [name] : []))
  }
}

/** Without a selector of pods, or with an empty one, it is all of them. */
function podMatcher(selector: Peer['podSelector']) {
  return selectorMatcher((selector ?? {}) as LabelSelector)
}
