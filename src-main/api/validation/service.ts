import { isIP } from 'node:net'
import { equalJson } from '../../lib/json.ts'
import type { Service } from '../types.ts'
import { checkIp, checkPort, checkPortOrName, checkRange, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabels } from './metadata.ts'
import { checkCidr } from './network-policy.ts'
import { dns1035Label, dnsLabel, dnsSubdomain } from './text-rules.ts'

type Spec = Service['spec']

const NODE_PORTS = [30_000, 32_767] as const
const MAX_AFFINITY_SECONDS = 86_400
/** The rules of a server have each of these with each port. Lists of cloud providers' load balancers are shorter. */
const MAX_EXTERNAL_IPS = 250
const MAX_SOURCE_RANGES = 1_000
/** Each port is worked out for each pod. Kubernetes knows no limit; the Services of charts have some ten ports at most. */
const MAX_PORTS = 250

const isHeadless = ({ clusterIP }: Spec) => clusterIP === 'None'
const reachesNodes = ({ type }: Spec) => type === 'NodePort' || type === 'LoadBalancer'

/** Source: kubernetes pkg/apis/core/validation, ValidateService and ValidateServiceUpdate. */
export function validateService(service: Service, errors: FieldErrors, old?: Service): void {
  const { spec, metadata } = service
  // A name that is no label at all was already refused with the metadata
  if (!old && dnsLabel(metadata.name) === undefined) {
    const wrong = dns1035Label(metadata.name)
    if (wrong) errors.invalid('metadata.name', metadata.name, wrong)
  }
  validateLabels(spec.selector, 'spec.selector', errors)
  validatePorts(spec, errors)
  validateAddresses(spec, errors)
  if (!old || !equalJson(familiesOf(spec), familiesOf(old.spec))) validateFamilies(spec, errors)
  validateTraffic(spec, errors)
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (spec.sessionAffinity === 'ClientIP' && timeout !== undefined) {
    if (timeout <= 0 || timeout > MAX_AFFINITY_SECONDS) {
      const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`
      errors.invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, detail)
    }
  }
  if (old) validateUpdate(spec, old.spec, errors)
}

function validatePorts(spec: Spec, errors: FieldErrors): void {
  const ports = spec.ports ?? []
  if (ports.length > MAX_PORTS) {
    errors.tooMany('spec.ports', ports.length, MAX_PORTS)
    return
  }
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.required('spec.ports')
  ports.forEach((port, index) => {
    const path = `spec.ports[${index}]`
    if (ports.length > 1 || port.name) requireText(errors, `${path}.name`, port.name, dnsLabel)
    checkPort(errors, `${path}.port`, port.port)
    if (port.targetPort !== port.port) checkPortOrName(errors, `${path}.targetPort`, port.targetPort)
    if (!port.nodePort) return
    if (reachesNodes(spec)) checkNodePort(errors, `${path}.nodePort`, port.nodePort)
    else errors.forbidden(`${path}.nodePort`, `may not be used when \`type\` is '${spec.type}'`)
  })
  checkUnique(
    errors,
    ports,
    ({ name }) => name,
    index => `spec.ports[${index}].name`,
  )
  checkUnique(
    errors,
    ports,
    ({ port, protocol }) => `${port}/${protocol}`,
    index => `spec.ports[${index}]`,
  )
  checkUnique(
    errors,
    ports,
    ({ nodePort, protocol }) => (nodePort ? `${nodePort}/${protocol}` : undefined),
    index => `spec.ports[${index}].nodePort`,
  )
}

function checkNodePort(errors: FieldErrors, field: string, port: number): void {
  const [first, last] = NODE_PORTS
  if (port >= first && port <= last) return
  const detail = `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
  errors.invalid(field, port, detail)
}

function validateAddresses(spec: Spec, errors: FieldErrors): void {
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) errors.forbidden('spec.clusterIPs', 'may not be set when `type` is ExternalName')
    requireText(errors, 'spec.externalName', spec.externalName?.replace(/\.$/, ''), dnsSubdomain)
  } else if (isHeadless(spec) && reachesNodes(spec)) {
    errors.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)
  } else if (spec.clusterIP && !isHeadless(spec) && isIP(spec.clusterIP) === 0) {
    errors.invalid(
      'spec.clusterIPs[0]',
      spec.clusterIP,
      'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    )
  }
  if (spec.clusterIP && spec.clusterIPs?.length && spec.clusterIPs[0] !== spec.clusterIP) {
    errors.invalid('spec.clusterIPs', spec.clusterIPs, 'first value must match `clusterIP`')
  }
  const { externalIPs = [] } = spec
  if (externalIPs.length > MAX_EXTERNAL_IPS) {
    errors.tooMany('spec.externalIPs', externalIPs.length, MAX_EXTERNAL_IPS)
    return
  }
  externalIPs.forEach((address, index) => checkIp(errors, `spec.externalIPs[${index}]`, address))
}

const familiesOf = ({ clusterIPs, ipFamilies, ipFamilyPolicy }: Spec) => [
  clusterIPs,
  ipFamilies,
  ipFamilyPolicy,
]

/**
 * What a cluster that has only IPv4 says of other families. A headless Service without a selector may name any, as its
 * addresses are somebody else's. Source: kubernetes pkg/registry/core/service/storage/alloc.go, initIPFamilyFields.
 */
function validateFamilies(spec: Spec, errors: FieldErrors): void {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (spec.type === 'ExternalName') {
    for (const name of ['ipFamilies', 'ipFamilyPolicy'] as const) {
      if (spec[name]?.length) errors.forbidden(`spec.${name}`, 'may not be set when `type` is ExternalName')
    }
    return
  }
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) return
  clusterIPs.forEach((address, index) => {
    if (isIP(address) !== 6 || ipFamilies[index] === 'IPv6') return
    const detail =
      ipFamilies[index] === 'IPv4'
        ? `expected an IPv4 value as indicated by \`ipFamilies[${index}]\``
        : 'IPv6 is not configured on this cluster'
    errors.invalid(`spec.clusterIPs[${index}]`, clusterIPs, detail)
  })
  if (ipFamilyPolicy === 'RequireDualStack') {
    errors.invalid(
      'spec.ipFamilyPolicy',
      ipFamilyPolicy,
      'this cluster is not configured for dual-stack services',
    )
  }
  ipFamilies.forEach((family, index) => {
    if (family !== 'IPv4')
      errors.invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')
    else if (ipFamilies.indexOf(family) < index) errors.duplicate(`spec.ipFamilies[${index}]`, family)
  })
}

function validateTraffic(spec: Spec, errors: FieldErrors): void {
  const isExternal = reachesNodes(spec) || (spec.type === 'ClusterIP' && Boolean(spec.externalIPs?.length))
  if (spec.externalTrafficPolicy && !isExternal) {
    const detail = 'may only be set for externally-accessible services'
    errors.invalid('spec.externalTrafficPolicy', spec.externalTrafficPolicy, detail)
  }
  if (spec.type !== 'LoadBalancer') {
    for (const name of [
      'loadBalancerSourceRanges',
      'loadBalancerClass',
      'allocateLoadBalancerNodePorts',
    ] as const) {
      if (spec[name] === undefined) continue
      errors.forbidden(`spec.${name}`, "may only be used when `type` is 'LoadBalancer'")
    }
  }
  const { loadBalancerSourceRanges: ranges = [] } = spec
  if (ranges.length > MAX_SOURCE_RANGES) {
    errors.tooMany('spec.loadBalancerSourceRanges', ranges.length, MAX_SOURCE_RANGES)
    return
  }
  ranges.forEach((cidr, index) => checkCidr(cidr.trim(), `spec.loadBalancerSourceRanges[${index}]`, errors))
  const health = spec.healthCheckNodePort
  if (!health) return
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    checkRange(errors, 'spec.healthCheckNodePort', health, [1, 65_535])
  } else {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.invalid('spec.healthCheckNodePort', health, detail)
  }
}

/** An address that was given out stays, unless the service turns into another type. */
function validateUpdate(spec: Spec, old: Spec, errors: FieldErrors): void {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName' || !old.clusterIP) return
  if (!equalJson(spec.clusterIP, old.clusterIP)) {
    errors.invalid('spec.clusterIPs[0]', spec.clusterIP ?? null, 'may not change once set')
  }
}
