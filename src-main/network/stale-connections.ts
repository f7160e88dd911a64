import { BlockList } from 'node:net'
import type { PodAddresses } from './serving-pods.ts'

/** Where connections that go on may lead. */
export interface ConnectionTargets extends PodAddresses {
  /** `SERVICE-PORT ADDRESS` of each endpoint. */
  udpEndpoints: ReadonlySet<string>
  /** The range of all pods. */
  podCidr: string
  /** Of the server's own ports those that lead to endpoints. */
  udpPorts: ReadonlySet<number>
}

/**
 * What the kernel is to forget, as `coxswain-system forget` takes it. To the kernel a UDP client that goes on is one
 * connection, which stays where it was led first: to an endpoint that has left since, or to the server itself, when the
 * port had no endpoint then. And a pod's network goes with its process, at times before its last packets have left: a
 * client that waits for them would wait for a quarter of an hour.
 */
export function staleConnections(before: ConnectionTargets, now: ConnectionTargets): string[] {
  const left = [...before.udpEndpoints].filter(endpoint => !now.udpEndpoints.has(endpoint))
  const opened = [...now.udpPorts].filter(port => !before.udpPorts.has(port))
  const gone = [...before.servingPods].filter(ip => !now.pods.has(ip))
  return [...new Set(left.map(addressOf)), ...opened.map(port => `:${port}`), ...gone.map(ip => `tcp:${ip}`)]
}

/**
 * The same of UDP connections from a time when nobody looked: what leads to a pod that is no endpoint any more.
 * @param targets where they lead, which may be containers of others, too
 */
export function staleTargets(
  targets: readonly string[],
  { udpEndpoints, podCidr }: ConnectionTargets,
): string[] {
  const endpoints = new Set([...udpEndpoints].map(addressOf))
  const [network = '', bits] = podCidr.split('/')
  const pods = new BlockList()
  pods.addSubnet(network, Number(bits))
  return targets.filter(ip => pods.check(ip) && !endpoints.has(ip))
}

function addressOf(udpEndpoint: string): string {
  return udpEndpoint.split(' ')[1] ?? ''
}
