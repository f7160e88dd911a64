import { isIP } from 'node:net'
import type { NetworkPolicy } from '../types.ts'
import { checkPort, checkPortOrName } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabelSelector } from './selectors.ts'

type Spec = NetworkPolicy['spec']
type Port = NonNullable<NonNullable<Spec['ingress']>[number]['ports']>[number]
type Peer = NonNullable<NonNullable<Spec['ingress']>[number]['from']>[number]

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const TYPES = ['Ingress', 'Egress']

/**
 * Each selector is held against every pod, at each change of one. Kubernetes knows no limit; policies of people have some
 * ten. An ipBlock costs nothing of the kind, and lists of addresses may be long.
 */
const MAX_SELECTING_PEERS = 250

/** Source: kubernetes pkg/apis/networking/validation, ValidateNetworkPolicySpec. */
export function validateNetworkPolicy({ spec }: NetworkPolicy, errors: FieldErrors): void {
  const peers = [...(spec.ingress ?? []).map(({ from }) => from), ...(spec.egress ?? []).map(({ to }) => to)]
  const selecting = peers.flat().filter(peer => peer?.podSelector ?? peer?.namespaceSelector).length
  if (selecting > MAX_SELECTING_PEERS) {
    const detail = `may have at most ${MAX_SELECTING_PEERS} peers with selectors, and has ${selecting}: choose several at once with the operator In, or write several policies`
    errors.forbidden('spec', detail)
    return
  }
  validateLabelSelector(spec.podSelector, 'spec.podSelector', errors)
  spec.ingress?.forEach(({ ports, from }, index) => {
    const field = `spec.ingress[${index}]`
    ports?.forEach((port, position) => validatePort(port, `${field}.ports[${position}]`, errors))
    from?.forEach((peer, position) => validatePeer(peer, `${field}.from[${position}]`, errors))
  })
  spec.egress?.forEach(({ ports, to }, index) => {
    const field = `spec.egress[${index}]`
    ports?.forEach((port, position) => validatePort(port, `${field}.ports[${position}]`, errors))
    to?.forEach((peer, position) => validatePeer(peer, `${field}.to[${position}]`, errors))
  })
  const types = spec.policyTypes ?? []
  if (types.length > TYPES.length) {
    errors.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')
    return
  }
  types.forEach((type, index) => {
    if (!TYPES.includes(type)) errors.notSupported(`spec.policyTypes[${index}]`, type, TYPES)
  })
}

function validatePort({ protocol, port, endPort }: Port, field: string, errors: FieldErrors): void {
  if (protocol && !PROTOCOLS.includes(protocol)) errors.notSupported(`${field}.protocol`, protocol, PROTOCOLS)
  if (port === undefined) {
    if (endPort !== undefined) {
      errors.invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is not specified')
    }
    return
  }
  checkPortOrName(errors, `${field}.port`, port)
  if (endPort === undefined) return
  if (typeof port === 'string') {
    errors.invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is non-numeric')
  } else if (endPort < port) {
    errors.invalid(`${field}.endPort`, endPort, 'must be greater than or equal to `port`')
  } else checkPort(errors, `${field}.endPort`, endPort)
}

function validatePeer(peer: Peer, field: string, errors: FieldErrors): void {
  const { podSelector, namespaceSelector, ipBlock } = peer
  if (podSelector) validateLabelSelector(podSelector, `${field}.podSelector`, errors)
  if (namespaceSelector) validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`, errors)
  if (!podSelector && !namespaceSelector && !ipBlock) errors.required(field, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.forbidden(field, 'may not specify both ipBlock and another peer')
  }
  if (!ipBlock) return
  if (!ipBlock.cidr) errors.required(`${field}.ipBlock.cidr`)
  else checkCidr(ipBlock.cidr, `${field}.ipBlock.cidr`, errors)
  ipBlock.except?.forEach((cidr, index) => {
    const path = `${field}.ipBlock.except[${index}]`
    if (checkCidr(cidr, path, errors) && isCidr(ipBlock.cidr ?? '') && !contains(ipBlock.cidr, cidr)) {
      errors.invalid(path, cidr, `must be a strict subset of \`cidr\`: "${ipBlock.cidr}"`)
    }
  })
}

export function checkCidr(text: string, field: string, errors: FieldErrors): boolean {
  if (isCidr(text)) return true
  errors.invalid(field, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
  return false
}

export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  const family = isIP(address)
  return rest.length === 0 && family !== 0 && /^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** True when `inner` is a smaller block within `outer`. Addresses of IPv6 are compared by their prefix length alone. */
function contains(outer: string, inner: string): boolean {
  const [outerAddress = '', outerBits = ''] = outer.split('/')
  const [innerAddress = '', innerBits = ''] = inner.split('/')
  if (isIP(outerAddress) !== isIP(innerAddress) || Number(innerBits) <= Number(outerBits)) return false
  if (isIP(outerAddress) === 6) return true
  const shift = 32 - Number(outerBits)
  const network = (address: string) => Math.floor(toNumber(address) / 2 ** shift)
  return network(outerAddress) === network(innerAddress)
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
