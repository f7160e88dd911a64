import { join } from 'node:path'
import { createAuditLog } from './api/audit/audit-log.ts'
import { loadIdentity } from './api/auth/identity.ts'
import { writeKubeconfig } from './api/auth/kubeconfig.ts'
import { ensureBuiltIns } from './api/built-ins.ts'
import { followDefinitions } from './api/custom/definitions.ts'
import { KUBERNETES_VERSION } from './api/discovery/version.ts'
import { collectEvents, createEventRecorder } from './api/event-recorder.ts'
import type { EventRecorder } from './api/events.ts'
import { createApiServer, type ApiServer } from './api/http/server.ts'
import { kinds as ownKinds } from './api/kinds/index.ts'
import { KindSet } from './api/kinds/kind-set.ts'
import { NamespaceKind } from './api/kinds/namespace.ts'
import { NodeKind } from './api/kinds/node.ts'
import { ServerKind } from './api/kinds/server.ts'
import { reportNotHonoured } from './api/not-honoured.ts'
import { Registry } from './api/registry.ts'
import { startControllers } from './controllers/index.ts'
import type { Engine } from './engine/engine.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import type { Clock } from './lib/clock.ts'
import type { Dispose } from './lib/disposer.ts'
import { giveHeapRoom } from './lib/heap-room.ts'
import type { Logger } from './lib/logger.ts'
import { createDoctor } from './network/doctor/doctor.ts'
import { Network, teardownNetwork } from './network/network.ts'
import { startCleared } from './node-agent.ts'
import { metricsOf } from './pod-metrics.ts'
import { podStreamsOf } from './pod-streams.ts'
import { listenOn, readPorts, rememberPorts, type Ports } from './remembered-ports.ts'
import { startScheduler } from './scheduler/index.ts'
import { Fleet } from './servers/fleet.ts'
import type { NodeAgent } from './servers/server-worker.ts'
import { createLocalConnector } from './servers/local-connector.ts'
import { createSimulatedConnector } from './servers/simulated-connector.ts'
import { createSshConnector } from './servers/ssh-connector.ts'
import type { KeyProvider } from './store/encryption.ts'
import { openObjectStore } from './store/open.ts'
import { KeychainUnavailable, storeKey } from './store/store-key.ts'

export interface ControlPlaneOptions {
  /** Everything that must survive a restart lives here. */
  dataDir: string
  /** Where the key of the encrypted part of the store comes from; absent: a 0600 file in the data folder. */
  keyProvider?: KeyProvider
  /** The built window; absent: only the API is served. */
  rendererDir?: string
  /** Loopback ports; absent: those of the last start if they are free, else any. */
  ports?: Partial<Ports>
  /** Makes sure that at least this many simulated servers exist: sim-1, sim-2 … */
  playground?: number
  clock: Clock
  logger: Logger
}

export interface ControlPlane {
  /** `https://127.0.0.1:PORT`, for kubectl. */
  readonly apiUrl: string
  /** Path of the kubeconfig that was written. */
  readonly kubeconfig: string
  /** A fresh one-time address of the window. */
  windowUrl(): string
  /** Stops everything here; what runs on the servers goes on. */
  stop(): Promise<void>
}

const WINDOW_ONLY = new KeychainUnavailable('only the desktop window has a way to it (npm start).')

/**
 * Builds the control plane and starts it; the kubeconfig is there once it answers.
 * Whatever fails on the way, what was started before it is stopped again.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const stops = new Stops()
  try {
    return await start(options, stops)
  } catch (error) {
    await stops.run()
    throw error
  }
}

async function start(options: ControlPlaneOptions, stops: Stops): Promise<ControlPlane> {
  const { dataDir, clock, logger } = options
  const store = await openObjectStore({
    dataDir,
    keyProvider: options.keyProvider ?? storeKey({ dataDir, keychain: WINDOW_ONLY }),
    encrypted: resource => resource === 'secrets',
    clock,
    logger,
  })
  stops.add(() => store.close())
  stops.addDispose(giveHeapRoom({ changes: () => store.revision, clock }))
  const registry = new Registry({ store, clock })
  const kinds = new KindSet(ownKinds)
  stops.addDispose(followDefinitions({ client: registry, kinds }))
  await ensureBuiltIns(registry)
  const events = createEventRecorder({ client: registry, clock, logger })
  stops.addDispose(collectEvents({ client: registry, clock, logger }))
  stops.addDispose(reportNotHonoured({ client: registry, kinds: kinds.stored, events }))

  const kubelets = new Map<string, Kubelet>()
  const identity = await loadIdentity(dataDir, clock)
  const audit = createAuditLog({ path: join(dataDir, 'audit.log'), clock, logger })
  stops.add(() => audit.close())
  const clusterId = clusterIdOf(registry)
  const running: { fleet?: Fleet } = {}
  const linkOf = (server: string) => running.fleet?.linkOf(server)
  const apiServer = createApiServer({
    registry,
    kinds,
    clock,
    logger,
    identity,
    reloadIdentity: () => loadIdentity(dataDir, clock),
    streams: podStreamsOf(kubelets),
    metrics: metricsOf(kubelets),
    doctor: createDoctor({ client: registry, clusterId, clock, logger, linkOf }),
    audit,
    rendererDir: options.rendererDir,
  })
  stops.add(() => apiServer.close())

  const network = new Network({
    client: registry,
    events,
    clock,
    logger: logger.child({ component: 'network' }),
    clusterId,
  })
  const controllers = startControllers({
    client: registry,
    kinds,
    events,
    clock,
    logger,
    countFailedRequests: (pods, period) => network.countFailedRequests(pods, period),
  })
  stops.add(() => controllers.stop())
  const scheduler = startScheduler({ client: registry, events, clock, logger })
  stops.add(() => scheduler.stop())
  network.start()
  stops.add(() => network.stop())
  const fleet = startFleet({ ...options, registry, events, kubelets, network, clusterId })
  running.fleet = fleet
  stops.add(() => fleet.stop())
  await ensurePlayground(registry, options.playground ?? 0)

  const apiUrl = await listen(apiServer, options)
  const kubeconfig = join(dataDir, 'kubeconfig')
  await writeKubeconfig(kubeconfig, { server: apiUrl, authority: identity.authority, token: identity.token })
  return { apiUrl, kubeconfig, windowUrl: () => apiServer.windowAddress(), stop: () => stops.run() }
}

interface FleetParts extends ControlPlaneOptions {
  registry: Registry
  events: EventRecorder
  kubelets: Map<string, Kubelet>
  network: Network
  clusterId: string
}

/** Connects the servers; each connected one gets its network and a kubelet. */
function startFleet({ registry, events, kubelets, network, clusterId, clock, logger }: FleetParts): Fleet {
  const fleet: Fleet = new Fleet({
    client: registry,
    events,
    clock,
    logger: logger.child({ component: 'servers' }),
    clusterId,
    kubeletVersion: KUBERNETES_VERSION,
    connectors: {
      ssh: createSshConnector({ client: registry, clock, logger, sshOf: name => fleet.linkOf(name)?.ssh }),
      local: createLocalConnector({ logger }),
      simulated: createSimulatedConnector({ clock }),
    },
    beforeRemoval: engine => teardownNetwork(engine, clusterId),
    startAgent: ({ metadata: { name } }, engine) =>
      startCleared({
        run: fleet.linkOf(name)?.run,
        clashes: routes => network.clashes(name, routes),
        start: () => startAgent(name, engine),
        clock,
        logger: logger.child({ component: 'servers', server: name }),
      }),
  })
  fleet.start()
  return fleet

  async function startAgent(nodeName: string, engine: Engine): Promise<NodeAgent> {
    const links = network.attach(nodeName, engine)
    const kubelet = new Kubelet({
      nodeName,
      clusterId,
      engine,
      client: registry,
      events,
      clock,
      logger: logger.child({ component: 'kubelet', node: nodeName }),
      podCidr: registry.get(NodeKind, nodeName)?.spec.podCIDR ?? '',
      clusterDns: () => network.dnsOf(nodeName),
      drain: network,
      guard: network,
    })
    await kubelet.start().catch(async (error: unknown) => {
      await links.stop()
      throw error
    })
    kubelets.set(nodeName, kubelet)
    return {
      async stop() {
        if (kubelets.get(nodeName) === kubelet) kubelets.delete(nodeName)
        await Promise.all([kubelet.stop(), links.stop()])
      },
    }
  }
}

/** As tools of Kubernetes have it: the uid of kube-system tells clusters apart. */
function clusterIdOf(registry: Registry): string {
  const namespace = registry.get(NamespaceKind, 'kube-system')
  if (!namespace) throw new Error('the namespace kube-system is missing')
  return namespace.metadata.uid
}

async function ensurePlayground(registry: Registry, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const name = `sim-${n}`
    if (!registry.get(ServerKind, name)) {
      await registry.create(ServerKind, { metadata: { name }, spec: { simulated: {} } })
    }
  }
}

/** Opens both doors, on the ports of the last start where they are free. @returns the address for API clients */
async function listen(
  apiServer: ApiServer,
  { dataDir, ports = {}, rendererDir }: ControlPlaneOptions,
): Promise<string> {
  const last = await readPorts(dataDir)
  const open = (door: 'https' | 'http', listenTo: (port: number) => Promise<string>) =>
    listenOn(listenTo, ports[door] ?? last[door], ports[door] !== undefined)
  const apiUrl = await open('https', port => apiServer.listenTls({ port }))
  const windowUrl = rendererDir ? await open('http', port => apiServer.listenWindow({ port })) : undefined
  const portOf = (url: string | undefined) => (url ? Number(new URL(url).port) : undefined)
  await rememberPorts(dataDir, {
    ...last,
    https: portOf(apiUrl),
    ...(windowUrl ? { http: portOf(windowUrl) } : {}),
  })
  return apiUrl
}

/** Ways to stop what was started, taken in reverse order; one that fails does not keep the others from stopping. */
class Stops {
  readonly #list: (() => Promise<void>)[] = []

  add(stop: () => Promise<void>): void {
    this.#list.push(stop)
  }

  addDispose(dispose: Dispose): void {
    this.#list.push(async () => dispose())
  }

  async run(): Promise<void> {
    const errors: unknown[] = []
    for (const stop of this.#list.splice(0).reverse())
      await stop().catch((error: unknown) => errors.push(error))
    if (errors.length > 0) throw new AggregateError(errors, 'the control plane did not stop cleanly')
  }
}
