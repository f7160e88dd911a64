import { isIPv6 } from 'node:net'
import { fieldFinder, type Place, type Rule } from './field-rules.ts'
import type { NotHonoured } from './kind.ts'

const isGiven = ({ value }: Place) => value !== ''
/** An address or a block of addresses. */
const isOfIPv6 = ({ value }: Place) => typeof value === 'string' && isIPv6(value.trim().replace(/\/\d+$/, ''))

/**
 * What the kinds of the network may say without effect so far, for each kind by its resource: the one place that knows.
 * Whoever begins to honour a field removes its line here.
 */
export const networkRules: Readonly<Record<string, readonly Rule[]>> = {
  services: [
    {
      path: 'spec.ports.*.protocol',
      why: 'is not carried yet: nothing arrives at a port of SCTP',
      when: ({ value }) => value === 'SCTP',
    },
    {
      path: 'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      why: 'is not looked at: a client is sent to one endpoint for as long as that is ready',
      // what Kubernetes fills in is nobody's wish
      when: ({ value }) => value !== 10_800,
    },
    { path: 'spec.externalIPs.*', why: 'is not served: there is only IPv4', when: isOfIPv6 },
    { path: 'spec.loadBalancerSourceRanges.*', why: 'lets nobody in: there is only IPv4', when: isOfIPv6 },
    {
      path: 'spec.loadBalancerIP',
      why: 'is not looked at: a load balancer has the addresses of the servers',
      when: isGiven,
    },
    {
      path: 'spec.loadBalancerClass',
      why: 'is not looked at: the servers themselves are the load balancer',
      when: isGiven,
    },
    { path: 'spec.healthCheckNodePort', why: 'is not answered yet', when: ({ value }) => value !== 0 },
    {
      path: 'spec.trafficDistribution',
      why: 'is not looked at yet: requests are dealt to all ready endpoints',
      when: isGiven,
    },
  ],
  'endpointslices.discovery.k8s.io': [
    {
      path: 'addressType',
      why: 'is not followed: Services lead to addresses of IPv4 alone',
      when: ({ value }) => value === 'IPv6' || value === 'FQDN',
    },
  ],
  'ingresses.networking.k8s.io': [
    { path: 'spec.defaultBackend.resource', why: 'leads nowhere: requests are answered with 503' },
    {
      path: 'spec.rules.*.http.paths.*.backend.resource',
      why: 'leads nowhere: requests are answered with 503',
    },
  ],
  'ingressclasses.networking.k8s.io': [
    { path: 'spec.parameters', why: "is not looked at: each Ingress' annotations are" },
  ],
  'networkpolicies.networking.k8s.io': [
    {
      path: 'spec.ingress.*.from.*.ipBlock.cidr',
      why: 'matches nothing: there is only IPv4',
      when: isOfIPv6,
    },
    { path: 'spec.egress.*.to.*.ipBlock.cidr', why: 'matches nothing: there is only IPv4', when: isOfIPv6 },
  ],
}

const finders = new Map(
  Object.entries(networkRules).map(([resource, rules]) => [resource, fieldFinder(rules)]),
)

/** The fields of an object of the network, of a kind that has a line above, that have no effect. */
export function networkNotHonoured(resource: string, object: object): readonly NotHonoured[] {
  return finders.get(resource)?.(object) ?? []
}
