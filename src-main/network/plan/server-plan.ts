import { createHash } from 'node:crypto'
import type { EndpointSlice, Service } from '../../api/types.ts'
import type { ClusterRanges } from './addresses.ts'
import { planIngress, type ClusterIngress } from './ingress/ingress.ts'
import type { IngressObjects } from './ingress/model.ts'
import { planLinks, type MeshMode, type MeshServer } from './links.ts'
import { planNameServer, reverseFile } from './name-server.ts'
import { planPolicies, type PolicyObjects } from './policies.ts'
import type { ClusterPolicies } from './policy-model.ts'
import { planRuleset } from './ruleset.ts'
import type { ServicePort } from './service-model.ts'
import { servicePorts, slicesByService } from './service-ports.ts'
import { planZones, type Zones } from './zones.ts'

/** A part of a server's network: some files, which the system container takes over together or not at all. */
export interface PlannedPart {
  /** Name of its folder and of its script in resources/system-image/parts. */
  name: string
  files: Record<string, string>
  /** Of the files' names and contents: what the server says it has applied. */
  hash: string
}

/** What the plans of all servers have in common. */
export interface ClusterPlan {
  mode: MeshMode
  ranges: ClusterRanges
  servers: readonly MeshServer[]
  ports: readonly ServicePort[]
  zones: Zones
  policies: ClusterPolicies
  ingress: ClusterIngress
}

export interface ClusterObjects {
  mode: MeshMode
  ranges: ClusterRanges
  servers: readonly MeshServer[]
  services: readonly Service[]
  slices: readonly EndpointSlice[]
  policies: PolicyObjects
  ingress?: IngressObjects
}

export function planCluster({
  mode,
  ranges,
  servers,
  services,
  slices,
  policies,
  ingress = { ingresses: [], classes: [], secrets: [], servers: [] },
}: ClusterObjects): ClusterPlan {
  const byService = slicesByService(slices)
  return {
    mode,
    ranges,
    servers,
    ports: servicePorts(services, byService),
    zones: planZones(services, byService, ranges),
    policies: planPolicies(policies),
    ingress: planIngress(ingress, { services, slices: byService, serviceCidr: ranges.serviceCidr }),
  }
}

/** All files of one server, in the order in which they are applied: the links before the rules that name them. */
export function planServer(
  { mode, ranges, servers, ports, zones, policies, ingress }: ClusterPlan,
  own: MeshServer,
  { reservedPorts }: { reservedPorts: readonly number[] },
): PlannedPart[] {
  return [
    part('mesh', { links: planLinks(own, servers, mode) }),
    part('rules', {
      'ruleset.nft': planRuleset({
        own,
        servers,
        mode,
        ranges,
        services: ports,
        reservedPorts,
        policies,
        published: ingress.endpoints,
      }),
    }),
    part('names', {
      'unbound.conf': planNameServer(own.podCidr, ranges),
      'cluster.zone': zones.forward,
      ...Object.fromEntries(Object.entries(zones.reverse).map(([name, text]) => [reverseFile(name), text])),
    }),
    part('ingress', ingress.filesOf(own.name)),
  ]
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}

export function part(name: string, files: Record<string, string>): PlannedPart {
  const hash = createHash('sha256')
  for (const [file, text] of Object.entries(files).sort(byName)) hash.update(`${file}\0${text}\0`)
  return { name, files, hash: hash.digest('hex') }
}
