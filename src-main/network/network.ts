import type { Client } from '../api/client.ts'
import { NETWORK_CONFIG, rangesInUse, remembersRanges } from '../api/cluster-ranges.ts'
import type { EventRecorder } from '../api/events.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { EndpointSliceKind } from '../api/kinds/endpoint-slice.ts'
import { NamespaceKind } from '../api/kinds/namespace.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { ServerKind } from '../api/kinds/server.ts'
import { ServiceKind } from '../api/kinds/service.ts'
import type { FailedRequests, Period, PodGroup } from '../api/rollout-requests.ts'
import type { Pod } from '../api/types.ts'
import type { Engine } from '../engine/engine.ts'
import { sleep, within, type Clock } from '../lib/clock.ts'
import { Disposers } from '../lib/disposer.ts'
import type { Logger } from '../lib/logger.ts'
import { IngressFailures } from './ingress-failures.ts'
import { IngressSource } from './ingress-source.ts'
import { IngressStatus } from './ingress-status.ts'
import { cidrClash } from './cidr-clash.ts'
import { meshServers, wantedMode, WIREGUARD_ANNOTATION } from './mesh-servers.ts'
import { ingressCondition, networkCondition, withCondition, type NodeCondition } from './node-condition.ts'
import { gatewayOf } from './plan/addresses.ts'
import { chooseMode } from './plan/links.ts'
import { PolicySource } from './policy-source.ts'
import { planCluster, planServer, type ClusterPlan } from './plan/server-plan.ts'
import type { ServicePort } from './plan/service-model.ts'
import { ServerNetwork, type WantedNetwork } from './server-network.ts'
import { isEndpoint, podAddresses, type PodAddresses, untilNotReady } from './serving-pods.ts'
import { SystemContainer, type SystemState } from './system-container.ts'
import { readSystemImage } from './system-image.ts'

export interface NetworkOptions {
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
  clusterId: string
}

/** A pod that starts before its server's names work would never ask them: it waits, but not for ever. */
const NAMES_MS = 60_000
/**
 * Requests that came before a pod was let go are still being answered, and a packet of an answer that gets lost is sent
 * again: not by a pod that has ended. Servers that are so busy that it takes them long to let go of it also take long to
 * pass packets on, and lose some: the pod is given four times as long.
 */
const LAST_ANSWERS_MS = 2_000
const BUSY_FACTOR = 4
/** What a server that obtains certificates waits for the others, which pass the authority's questions on to it. */
const OTHERS_MS = 10_000
const SSH_PORT = 22
const DOCKER_SOCKET = '/var/run/docker.sock'

/** A pod may not begin, for what it may talk to would not be bounded. */
export class PoliciesNotInForce extends Error {
  constructor(nodeName: string) {
    super(
      `NetworkPolicies are about this pod, and the network of server ${nodeName} cannot be changed at present`,
    )
    this.name = 'PoliciesNotInForce'
  }
}

/** The network of all servers: plans it from the objects, and keeps every connected server as planned. */
export class Network {
  readonly #options: NetworkOptions
  readonly #servers = new Map<string, ServerNetwork>()
  readonly #disposers = new Disposers()
  readonly #policies: PolicySource
  readonly #ingress: IngressSource
  readonly #ingressStatus: IngressStatus
  readonly #failures: IngressFailures
  /** Read from disk once; read again after a failure. */
  #image: ReturnType<typeof readSystemImage> | undefined
  #plan: ClusterPlan | undefined
  #pods: PodAddresses | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#policies = new PolicySource(options.client)
    this.#ingress = new IngressSource(options)
    this.#ingressStatus = new IngressStatus({ ...options, plan: () => this.#currentPlan().ingress })
    this.#failures = new IngressFailures({
      ...options,
      plan: () => this.#currentPlan().ingress,
      engineOf: server => this.#servers.get(server)?.engine,
    })
  }

  start(): void {
    const { client } = this.#options
    const changed = () => this.#changed()
    this.#disposers.add(client.watch(ServiceKind, changed))
    this.#disposers.add(client.watch(EndpointSliceKind, changed))
    this.#disposers.add(client.watch(NodeKind, changed))
    this.#disposers.add(client.watch(ServerKind, changed))
    this.#disposers.add(this.#policies.watch(changed))
    this.#disposers.add(this.#ingress.watch(changed))
    this.#disposers.add(() => this.#ingressStatus.stop())
    this.#disposers.add(
      client.watch(NamespaceKind, ({ object }) => {
        if (remembersRanges(object)) changed()
      }),
    )
    this.#disposers.add(
      client.watch(ConfigMapKind, ({ object: { metadata } }) => {
        if (metadata.namespace === NETWORK_CONFIG.namespace && metadata.name === NETWORK_CONFIG.name)
          changed()
      }),
    )
  }

  async stop(): Promise<void> {
    this.#disposers.disposeAll()
    await Promise.all([...this.#servers.values()].map(server => server.stop()))
  }

  /** Whether a server's own routes keep its network from being set up; if so, its Node says by which, and what to do. */
  async clashes(nodeName: string, routes: string): Promise<boolean> {
    const clash = cidrClash(this.#options.client, nodeName, routes)
    if (clash) await this.#tell(nodeName, clash)
    return clash !== undefined
  }

  /** Begins to look after a server that is connected. A simulated one has no network. */
  attach(nodeName: string, engine: Engine): { stop(): Promise<void> } {
    const { client, clock, clusterId, logger } = this.#options
    if (client.get(ServerKind, nodeName)?.spec.simulated) return { stop: () => Promise.resolve() }
    const server = new ServerNetwork({
      engine,
      dockerSocket: () => client.get(ServerKind, nodeName)?.spec.docker?.socket ?? DOCKER_SOCKET,
      clusterId,
      image: () => this.#systemImage(),
      lenders: () =>
        [...this.#servers].flatMap(([name, { engine }]) => (name === nodeName ? [] : [{ name, engine }])),
      onImageCopied: from => this.#tellCopied(nodeName, from),
      clock,
      logger: logger.child({ node: nodeName }),
      wanted: () => this.#wanted(nodeName),
      othersSettled: () => this.#othersSettled(nodeName),
      onState: state => this.#learn(nodeName, state),
      onHealth: problem => this.#tell(nodeName, problem),
    })
    this.#servers.set(nodeName, server)
    server.start()
    return {
      stop: async () => {
        if (this.#servers.get(nodeName) === server) this.#servers.delete(nodeName)
        await server.stop()
      },
    }
  }

  /** The name server of a server's pods; undefined where there is none, for the server's own resolvers. */
  async dnsOf(nodeName: string): Promise<{ nameservers: string[]; domain: string } | undefined> {
    const podCidr = this.#options.client.get(NodeKind, nodeName)?.spec.podCIDR
    const server = this.#servers.get(nodeName)
    if (!server || !podCidr) return undefined
    return (await within(this.#options.clock, NAMES_MS, server.works()))
      ? { nameservers: [gatewayOf(podCidr)], domain: rangesInUse(this.#options.client).domain }
      : undefined
  }

  /** Resolves when no server sends anything new to a pod that is being deleted, and what came before is answered. */
  async settled(pod: Pod): Promise<void> {
    const { client, clock } = this.#options
    const began = clock.now()
    await untilNotReady(client, pod)
    await Promise.all([...this.#servers.values()].map(server => server.settled()))
    if (isEndpoint(client, pod))
      await sleep(clock, Math.max(LAST_ANSWERS_MS, BUSY_FACTOR * (clock.now() - began)))
  }

  /**
   * Resolves when the policies about a pod are in force for the address that it is about to have: nothing of it may run
   * before that.
   * @throws PoliciesNotInForce while its server cannot be changed
   */
  async admit(pod: Pod, address: string): Promise<void> {
    const server = this.#servers.get(pod.spec.nodeName ?? '')
    const isNew = this.#policies.place(pod, address)
    if (!server || !this.#policies.mustWait(pod, address)) return
    if (isNew) this.#changed()
    if (!(await server.settled())) throw new PoliciesNotInForce(pod.spec.nodeName ?? '')
    this.#policies.admit(pod, address)
  }

  /** As CountFailedRequests. */
  countFailedRequests(pods: PodGroup, period: Period): Promise<FailedRequests | undefined> {
    return this.#failures.count(pods, period)
  }

  async #othersSettled(nodeName: string): Promise<void> {
    const others = [...this.#servers].filter(([name]) => name !== nodeName)
    const settled = Promise.all(others.map(([, server]) => server.settled()))
    await within(this.#options.clock, OTHERS_MS, settled)
  }

  #changed(): void {
    this.#plan = undefined
    this.#pods = undefined
    for (const server of this.#servers.values()) server.changed()
    this.#ingressStatus.changed()
  }

  #wanted(nodeName: string): WantedNetwork | undefined {
    const { client } = this.#options
    const plan = this.#currentPlan()
    const own = plan.servers.find(({ name }) => name === nodeName)
    if (!own) return undefined
    const ssh = client.get(ServerKind, nodeName)?.spec.ssh
    const parts = planServer(plan, own, { reservedPorts: [SSH_PORT, ...(ssh?.port ? [ssh.port] : [])] })
    const udp = plan.ports.filter(({ protocol }) => protocol === 'udp')
    return {
      parts,
      udpEndpoints: new Set(udp.flatMap(({ id, endpoints }) => endpoints.map(({ ip }) => `${id} ${ip}`))),
      podCidr: plan.ranges.podCidr,
      udpPorts: new Set(udp.flatMap(portsOnServers)),
      ...(this.#pods ??= podAddresses(client)),
      acmeHosts: plan.ingress.obtainedBy(nodeName).join(' '),
    }
  }

  #currentPlan(): ClusterPlan {
    return (this.#plan ??= this.#planAll())
  }

  #planAll(): ClusterPlan {
    const { client } = this.#options
    const servers = meshServers(client)
    return planCluster({
      mode: chooseMode(wantedMode(client), servers),
      ranges: rangesInUse(client),
      servers,
      services: client.list(ServiceKind),
      slices: client.list(EndpointSliceKind),
      policies: this.#policies.objects(),
      ingress: this.#ingress.objects(),
    })
  }

  #systemImage(): ReturnType<typeof readSystemImage> {
    this.#image ??= readSystemImage().catch((error: unknown) => {
      this.#image = undefined
      throw error
    })
    return this.#image
  }

  async #learn(nodeName: string, state: SystemState): Promise<void> {
    const { wireguard, wireguardKey } = state
    await this.#options.client.modify(NodeKind, { name: nodeName }, draft => {
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [WIREGUARD_ANNOTATION]: wireguard === 'none' ? 'none' : (wireguardKey ?? 'none'),
      }
    })
    await this.#setCondition(nodeName, ingressCondition(state))
  }

  #tellCopied(nodeName: string, from: string): void {
    const node = this.#options.client.get(NodeKind, nodeName)
    const message = `This server could not build the image coxswain/system itself, for it has no way to Docker Hub or to Debian's packages; it was copied from server ${from}.`
    if (node) this.#options.events.event(node, 'Normal', 'SystemImageCopied', message)
  }

  #tell(nodeName: string, problem: unknown): Promise<void> {
    return this.#setCondition(nodeName, networkCondition(problem))
  }

  async #setCondition(nodeName: string, condition: NodeCondition): Promise<void> {
    const { client, events, clock } = this.#options
    const node = client.get(NodeKind, nodeName)
    const before = node?.status?.conditions?.find(({ type }) => type === condition.type)
    if (node && condition.status === 'True' && before?.message !== condition.message) {
      events.event(node, 'Warning', condition.reason, condition.message)
    }
    await client.modifyStatus(NodeKind, { name: nodeName }, draft =>
      withCondition(draft, condition, clock.now()),
    )
  }
}

/** The ports of the servers themselves that lead to a Service's endpoints. */
function portsOnServers({ endpoints, nodePort, onServers, port }: ServicePort): number[] {
  if (endpoints.length === 0) return []
  return [...(nodePort ? [nodePort] : []), ...(onServers ? [port] : [])]
}

/** Takes links, routes and rules off a server that leaves the cluster; its containers go afterwards. */
export async function teardownNetwork(engine: Engine, clusterId: string): Promise<void> {
  const container = await SystemContainer.find(engine, clusterId)
  await container?.teardown()
}
