import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EndpointSliceKind } from '../../../src-main/api/kinds/endpoint-slice.ts'
import { IngressKind } from '../../../src-main/api/kinds/ingress.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { SecretKind } from '../../../src-main/api/kinds/secret.ts'
import { ServerKind } from '../../../src-main/api/kinds/server.ts'
import { ServiceKind } from '../../../src-main/api/kinds/service.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { EndpointSlice, Ingress, Service } from '../../../src-main/api/types.ts'
import { EngineError } from '../../../src-main/engine/engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { Network } from '../../../src-main/network/network.ts'
import {
  ingressCondition,
  type NodeCondition,
  withCondition,
} from '../../../src-main/network/node-condition.ts'
import { STORE_SECRET } from '../../../src-main/network/store-pair.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'
import { FakeServer } from './support/fake-server.ts'

const NAMES = ['a', 'b']

let clock: ManualClock
let registry: Registry
let servers: Map<string, FakeServer>
let network: Network
let told: string[]

beforeEach(async () => {
  clock = new ManualClock()
  registry = new Registry({ store: createMemoryObjectStore(), clock })
  servers = new Map()
  told = []
  await ensureNamespaces(registry)
  for (const [index, name] of NAMES.entries()) await createServer(name, index)
  network = newNetwork()
})

async function createServer(name: string, index: number): Promise<void> {
  const address = `192.0.2.${index + 1}`
  await registry.create(ServerKind, { metadata: { name }, spec: { ssh: { host: address } } })
  await registry.create(NodeKind, { metadata: { name }, spec: { podCIDR: `10.244.${index}.0/24` } })
  await registry.modifyStatus(NodeKind, { name }, draft => {
    draft.status = { ...draft.status, addresses: [{ type: 'InternalIP', address }] }
  })
  servers.set(name, new FakeServer(clock, name))
}

afterEach(() => network.stop())

function newNetwork(): Network {
  const made = new Network({
    client: registry,
    events: { event: (_object, _type, reason, message) => void told.push(`${reason} ${message}`) },
    clock,
    logger: silentLogger,
    clusterId: 'cluster',
  })
  made.start()
  return made
}

const server = (name: string): FakeServer => {
  const found = servers.get(name)
  if (!found) throw new Error(`no server ${name}`)
  return found
}

async function waitFor(what: () => void | Promise<void>): Promise<void> {
  const step = async () => {
    await clock.advance(50)
    await what()
  }
  await vi.waitFor(step, { timeout: 5_000, interval: 2 })
}

async function attach(): Promise<void> {
  for (const [name, { engine }] of servers) network.attach(name, engine)
  await waitFor(() => {
    for (const { files } of servers.values()) expect(files.get('names/hash')).toBeDefined()
  })
  await quiet()
}

/** Nothing is under way any more. */
async function quiet(): Promise<void> {
  for (let n = 0; n < 20; n++) {
    await clock.advance(50)
    await new Promise(resolve => setImmediate(resolve))
  }
}

const rulesOf = (name: string) => server(name).files.get('rules/ruleset.nft') ?? ''
const forget = () => {
  for (const { commands } of servers.values()) commands.length = 0
}

const port = { name: 'p', port: 80, targetPort: 8080, protocol: 'TCP' as const }

async function createService(name: string, spec: Partial<Service['spec']> = {}): Promise<void> {
  await registry.create(ServiceKind, {
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [port], ...spec },
  })
}

/** A slice with these addresses; of pods, whose uid is the address. */
async function createSlice(
  service: string,
  addresses: readonly string[],
  protocol: 'TCP' | 'UDP' = 'TCP',
): Promise<void> {
  await registry.create(EndpointSliceKind, {
    metadata: { name: service, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'p', port: 8080, protocol }],
    endpoints: endpoints(addresses),
  })
}

function endpoints(addresses: readonly string[]): EndpointSlice['endpoints'] {
  return addresses.map(address => ({
    addresses: [address],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', uid: address },
  }))
}

async function setEndpoints(service: string, addresses: readonly string[]): Promise<void> {
  await registry.modify(EndpointSliceKind, { name: service, namespace: 'default' }, draft => {
    draft.endpoints = endpoints(addresses)
  })
}

/** Whether a promise has resolved by now. */
function watched(promise: Promise<void>): { done: boolean } {
  const state = { done: false }
  void promise.then(() => (state.done = true))
  return state
}

describe('the plan of a server', () => {
  it('is handed over once, and again only when it is another one', async () => {
    await createService('web', { clusterIP: '10.96.0.20' })
    await createSlice('web', ['10.244.0.5', '10.244.1.5'])
    await attach()
    expect(server('a').commands).toEqual(['apply mesh rules names ingress'])
    forget()
    await registry.modify(ServiceKind, { name: 'web', namespace: 'default' }, draft => {
      draft.metadata.annotations = { 'example.org/note': 'nothing that the rules are made of' }
    })
    await quiet()
    expect(server('a').commands).toEqual([])
    await setEndpoints('web', ['10.244.0.5'])
    await waitFor(() => expect(rulesOf('a')).not.toContain('10.244.1.5'))
    await quiet()
    // names have the virtual address alone
    expect(server('a').commands).toEqual(['apply rules'])
    expect(server('b').commands).toEqual(['apply rules'])
  })

  it('of 1,000 Services of 10 endpoints is handed over in part when one changes, and not again by the next control plane', async () => {
    for (let n = 0; n < 1_000; n++) {
      const address = (pod: number) => `10.244.${pod % 2}.${2 + ((n + pod) % 250)}`
      await createService(`s${n}`, { clusterIP: `10.96.${1 + (n >> 8)}.${n & 255}` })
      await createSlice(
        `s${n}`,
        Array.from({ length: 10 }, (_, pod) => address(pod)),
      )
    }
    await attach()
    expect(rulesOf('a').match(/ dnat ip to numgen random mod 10 map /g)).toHaveLength(1_000)
    const [whole, hash] = [server('a').received, server('a').files.get('rules/hash')]
    await setEndpoints('s500', ['10.244.0.251'])
    await waitFor(() => expect(server('b').files.get('rules/hash')).not.toBe(hash))
    await quiet()
    expect(rulesOf('a').match(/ dnat ip to numgen random mod 10 map /g)).toHaveLength(999)
    expect(server('a').received - whole).toBeLessThan(whole / 50)
    forget()
    await network.stop()
    network = newNetwork()
    for (const [name, { engine }] of servers) network.attach(name, engine)
    await quiet()
    expect(server('a').commands).toEqual([])
    expect(server('b').commands).toEqual([])
  })
})

describe('what UDP clients that go on are led to', () => {
  const udp = { ports: [{ ...port, protocol: 'UDP' as const, nodePort: 30_053 }], type: 'NodePort' as const }

  it('is looked up anew when an endpoint has left, also when it serves another Service', async () => {
    await createService('dns', { clusterIP: '10.96.0.20', ...udp })
    await createService('log', {
      clusterIP: '10.96.0.21',
      ports: [{ ...port, protocol: 'UDP' }],
    })
    await createSlice('dns', ['10.244.0.5', '10.244.1.5'], 'UDP')
    await createSlice('log', ['10.244.1.5'], 'UDP')
    await attach()
    forget()
    await setEndpoints('dns', ['10.244.0.5'])
    await waitFor(() => expect(server('a').commands).toContain('forget 10.244.1.5'))
  })

  it('is looked up anew when an endpoint has left while nobody looked', async () => {
    await createService('dns', { clusterIP: '10.96.0.20', ...udp })
    await createSlice('dns', ['10.244.0.5', '10.244.1.5'], 'UDP')
    server('a').udpTargets = ['10.244.0.5', '10.244.0.9', '10.244.1.7', '172.17.0.2']
    await attach()
    expect(server('a').commands).toEqual(['apply mesh rules names ingress', 'forget 10.244.0.9 10.244.1.7'])
    server('b').simulated.powerOff()
    await setEndpoints('dns', ['10.244.0.5'])
    await quiet()
    server('b').udpTargets = ['10.244.1.5']
    server('b').simulated.powerOn()
    await waitFor(() => expect(server('b').commands).toContain('forget 10.244.1.5'))
  })

  it('is looked up anew when a port of the server has its first endpoint', async () => {
    await createService('dns', { clusterIP: '10.96.0.20', ...udp })
    await createSlice('dns', [], 'UDP')
    await attach()
    forget()
    await setEndpoints('dns', ['10.244.0.5'])
    await waitFor(() => expect(server('b').commands).toContain('forget :30053'))
    forget()
    await setEndpoints('dns', ['10.244.0.5', '10.244.1.5'])
    await waitFor(() => expect(rulesOf('b')).toContain('10.244.1.5'))
    await quiet()
    expect(server('b').commands).toEqual(['apply rules'])
  })
})

describe('TCP clients of a pod', () => {
  async function servedPod(): Promise<void> {
    await createService('web', { clusterIP: '10.96.0.20' })
    await registry.create(PodKind, {
      metadata: { name: 'web-1', namespace: 'default' },
      spec: { nodeName: 'a', containers: [{ name: 'web', image: 'web:1' }] },
    })
    await registry.modifyStatus(PodKind, { name: 'web-1', namespace: 'default' }, draft => {
      draft.status = { ...draft.status, podIP: '10.244.0.5' }
    })
    await createSlice('web', ['10.244.0.5', '10.244.1.5'])
    await attach()
    forget()
  }
  const forgotten = () => server('b').commands.filter(command => command.startsWith('forget'))

  it('learn that it is gone, though its last packets were lost', async () => {
    await servedPod()
    await registry.delete(PodKind, { name: 'web-1', namespace: 'default' }, { gracePeriodSeconds: 0 })
    await setEndpoints('web', ['10.244.1.5'])
    await waitFor(() => expect(forgotten()).toEqual(['forget tcp:10.244.0.5']))
    await setEndpoints('web', [])
    await quiet()
    expect(forgotten()).toEqual(['forget tcp:10.244.0.5'])
  })

  it('keep what they have while it only is no endpoint any more', async () => {
    await servedPod()
    await setEndpoints('web', ['10.244.1.5'])
    await quiet()
    expect(forgotten()).toEqual([])
  })
})

describe('a pod that leaves', () => {
  async function leavingPod() {
    await createService('web', { clusterIP: '10.96.0.20' })
    await createSlice('web', ['10.244.0.5', '10.244.1.5'])
    const pod = await registry.create(PodKind, {
      metadata: { name: 'web-1', namespace: 'default' },
      spec: { nodeName: 'a', containers: [{ name: 'web', image: 'web:1' }] },
    })
    await attach()
    return { ...pod, metadata: { ...pod.metadata, uid: '10.244.0.5' } }
  }

  it('is settled when every server has applied rules without it', async () => {
    const settled = watched(network.settled(await leavingPod()))
    await quiet()
    expect(settled.done).toBe(false) // the slices still have it
    let open: () => void = () => undefined
    server('b').gate = new Promise(resolve => (open = resolve))
    await setEndpoints('web', ['10.244.1.5'])
    await waitFor(() => expect(rulesOf('a')).not.toContain('10.244.0.5'))
    await quiet()
    expect(settled.done).toBe(false) // server b still sends to it
    open()
    await waitFor(() => expect(settled.done).toBe(true))
    expect(rulesOf('b')).not.toContain('10.244.0.5')
  })

  const letGo = (pod: { metadata: { uid: string } }) =>
    registry.modify(EndpointSliceKind, { name: 'web', namespace: 'default' }, draft => {
      for (const endpoint of draft.endpoints ?? [])
        if (endpoint.targetRef?.uid === pod.metadata.uid)
          endpoint.conditions = { ready: false, terminating: true }
    })

  it('may answer what it was asked before', async () => {
    const pod = await leavingPod()
    const settled = watched(network.settled(pod))
    await letGo(pod)
    await waitFor(() => expect(rulesOf('b')).not.toContain('10.244.0.5'))
    await quiet()
    expect(settled.done).toBe(false)
    await clock.advance(2_000)
    await waitFor(() => expect(settled.done).toBe(true))
  })

  it('has the more time to answer, the longer the slowest server took to let go of it', async () => {
    const pod = await leavingPod()
    const settled = watched(network.settled(pod))
    let open: () => void = () => undefined
    server('b').gate = new Promise(resolve => (open = resolve))
    await letGo(pod)
    await quiet()
    await clock.advance(1_000)
    open()
    await waitFor(() => expect(rulesOf('b')).not.toContain('10.244.0.5'))
    await quiet()
    await clock.advance(3_000)
    await quiet()
    expect(settled.done).toBe(false)
    await clock.advance(1_000)
    await waitFor(() => expect(settled.done).toBe(true))
  })

  it('is not waited for where a Service leads also to pods that are not ready', async () => {
    const pod = await leavingPod()
    const settled = watched(network.settled(pod))
    await registry.modify(EndpointSliceKind, { name: 'web', namespace: 'default' }, draft => {
      for (const endpoint of draft.endpoints ?? [])
        if (endpoint.targetRef?.uid === pod.metadata.uid)
          endpoint.conditions = { ready: true, terminating: true }
    })
    await quiet()
    await clock.advance(2_000)
    await waitFor(() => expect(settled.done).toBe(true))
  })

  it('does not wait for a server that cannot be changed, nor for one that is gone', async () => {
    const pod = await leavingPod()
    server('b').broken = 'nft: no such file'
    const settled = watched(network.settled(pod))
    await setEndpoints('web', ['10.244.1.5'])
    await waitFor(() => expect(settled.done).toBe(true))
    expect(rulesOf('b')).toContain('10.244.0.5')
    expect(told.join('\n')).toContain('nft: no such file')
  })
})

describe('a server that refuses', () => {
  const condition = (type: string) =>
    registry.get(NodeKind, 'a')?.status?.conditions?.find(each => each.type === type)
  const backends = () => server('a').files.get('ingress/backends.nft') ?? ''
  const shop = (path: string): Partial<Ingress['spec']> => ({
    rules: [
      {
        host: 'shop.example.org',
        http: {
          paths: [{ path, pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
        },
      },
    ],
  })
  const createIngress = (path: string) =>
    registry.create(IngressKind, { metadata: { name: 'shop', namespace: 'default' }, spec: shop(path) })
  const setPath = (path: string) =>
    registry.modify(IngressKind, { name: 'shop', namespace: 'default' }, draft => {
      Object.assign(draft.spec, shop(path))
    })

  beforeEach(async () => {
    await createService('web', { clusterIP: '10.96.0.20' })
    await createSlice('web', ['10.244.0.5'])
    await createIngress('/good')
    server('a').refuses = (part, files) =>
      part === 'ingress' && files.get('ingress/caddy.json')?.includes('/bad')
        ? 'coxswain-system: bad path'
        : undefined
  })

  it('an ingress goes on with the former one, whose backends follow, and with everything else, also later', async () => {
    await attach()
    await setPath('/bad')
    await waitFor(() => expect(condition('IngressUnavailable')?.message).toContain('bad path'))
    expect(condition('IngressUnavailable')).toMatchObject({ status: 'True', reason: 'PlanRefused' })
    expect(condition('NetworkUnavailable')?.status).toBe('False')
    await setEndpoints('web', ['10.244.1.5'])
    await waitFor(() => expect(rulesOf('a')).toContain('10.244.1.5'))
    await waitFor(() => expect(backends()).toContain('10.244.1.5'))
    await network.stop()
    network = newNetwork()
    for (const [name, { engine }] of servers) network.attach(name, engine)
    await quiet()
    await setEndpoints('web', ['10.244.0.7'])
    await waitFor(() => expect(backends()).toContain('10.244.0.7'))
    expect(server('a').files.get('ingress/caddy.json')).toContain('/good')
    await setPath('/better')
    await waitFor(() => expect(condition('IngressUnavailable')?.status).toBe('False'))
    expect(server('a').files.get('ingress/caddy.json')).toContain('/better')
  })

  it.each([false, true])(
    'the first ingress takes everything else (later than the rest: %s)',
    async isLater => {
      await registry.delete(IngressKind, { name: 'shop', namespace: 'default' })
      if (isLater) await attach()
      await createIngress('/bad')
      if (!isLater) await attach()
      await waitFor(() => expect(condition('IngressUnavailable')?.reason).toBe('NotServing'))
      await createService('late', { clusterIP: '10.96.0.30' })
      await waitFor(() => expect(server('a').files.get('names/cluster.zone')).toContain('late.default'))
      expect(condition('NetworkUnavailable')?.status).toBe('False')
      await setPath('/good')
      await waitFor(() => expect(condition('IngressUnavailable')?.status).toBe('False'))
    },
  )

  it('an ingress because it has lost what it had is handed all of it', async () => {
    await attach()
    const { files } = server('a')
    let losses = 0
    server('a').refuses = part => {
      if (part !== 'ingress' || losses++ > 0) return undefined
      files.delete('ingress/hash')
      return 'coxswain-system: could not apply ingress'
    }
    const since = clock.now()
    await setPath('/better')
    await waitFor(() => expect(files.get('ingress/caddy.json')).toContain('/better'))
    expect(clock.now() - since).toBeLessThan(10_000)
    await waitFor(() => expect(condition('NetworkUnavailable')?.status).toBe('False'))
    expect(condition('IngressUnavailable')?.status).toBe('False')
  })

  it('an ingress that cannot be put together there is handed all of it before that counts', async () => {
    await attach()
    let isFirst = true
    server('a').refuses = part => {
      if (part !== 'ingress' || !isFirst) return undefined
      isFirst = false
      return 'coxswain-system: the new ingress is not valid; the old one stays'
    }
    const since = clock.now()
    await setPath('/better')
    await waitFor(() => expect(server('a').files.get('ingress/caddy.json')).toContain('/better'))
    expect(clock.now() - since).toBeLessThan(10_000)
    expect(condition('IngressUnavailable')?.status).toBe('False')
  })

  it('anything else is tried again when the plan is another one', async () => {
    await attach()
    server('a').refuses = (part, files) =>
      part === 'names' && files.get('names/cluster.zone')?.includes('wrong') ? 'wrong name' : undefined
    await createService('wrong', { clusterIP: '10.96.0.30' })
    await waitFor(() => expect(condition('NetworkUnavailable')?.message).toContain('wrong name'))
    // by then it waits for 16 s
    let since = clock.now()
    await waitFor(() => {
      if (server('a').commands.length > 0) since = clock.now()
      forget()
      expect(clock.now() - since).toBeGreaterThan(9_000)
    })
    await registry.delete(ServiceKind, { name: 'wrong', namespace: 'default' })
    since = clock.now()
    await waitFor(() => expect(condition('NetworkUnavailable')?.status).toBe('False'))
    expect(clock.now() - since).toBeLessThan(4_000)
  })
})

describe('the name server of pods', () => {
  it('is there for those that begin after a first attempt that failed', async () => {
    const failure = new EngineError('engine-error', 'no space left on device')
    vi.spyOn(server('a').simulated, 'buildImage').mockRejectedValueOnce(failure)
    network.attach('a', server('a').engine)
    const condition = () =>
      registry.get(NodeKind, 'a')?.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
    await waitFor(() => expect(condition()?.status).toBe('True'))
    let later: Awaited<ReturnType<Network['dnsOf']>>
    void network.dnsOf('a').then(dns => (later = dns))
    await waitFor(() => expect(condition()?.status).toBe('False'))
    const dns = { nameservers: ['10.244.0.1'], domain: 'cluster.local' }
    expect(await network.dnsOf('a')).toEqual(dns)
    expect(later).toEqual(dns)
  })
})

describe('the system container', () => {
  const own = async (part: string) => {
    const [found] = await server('a').engine.listContainers({ 'io.coxswain.system': part })
    return found
  }
  const problem = () =>
    registry.get(NodeKind, 'a')?.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')

  it.each(['network', 'starter'])('of the %s is started again when somebody stops it', async part => {
    await attach()
    const id = (await own(part))?.id ?? ''
    const stopping = server('a').engine.stopContainer(id, { timeoutSeconds: 0 })
    await waitFor(() => expect(told.join('\n')).toContain('has ended on the server'))
    await stopping
    await waitFor(async () => expect((await own(part))?.state).toBe('running'))
    await waitFor(() => expect(problem()?.status).toBe('False'))
  })

  it('is made anew when somebody removes it', async () => {
    await attach()
    const before = (await own('network'))?.id ?? ''
    await server('a').engine.removeContainer(before)
    await waitFor(async () => {
      expect((await own('network'))?.state).toBe('running')
      expect((await own('network'))?.id).not.toBe(before)
    })
  })

  it('is made anew without TUN where the server has lost that device', async () => {
    await attach()
    const { simulated } = server('a')
    const before = (await own('network'))?.id ?? ''
    const { startContainer, createContainer } = simulated
    const tun = new Set([before])
    vi.spyOn(simulated, 'createContainer').mockImplementation(async spec => {
      const id = await createContainer.call(simulated, spec)
      if (spec.devices?.includes('/dev/net/tun')) tun.add(id)
      return id
    })
    vi.spyOn(simulated, 'startContainer').mockImplementation(async id => {
      if (tun.has(id)) throw new EngineError('start-failed', 'no such file or directory: /dev/net/tun')
      await startContainer.call(simulated, id)
    })
    const stopping = simulated.stopContainer(before, { timeoutSeconds: 0 })
    await waitFor(async () => {
      const now = await own('network')
      expect(now?.state).toBe('running')
      expect(tun).not.toContain(now?.id)
    })
    await stopping
    await waitFor(() => expect(problem()?.status).toBe('False'))
  })

  it('is no problem while it runs, also when the engine has been away', async () => {
    await attach()
    server('a').simulated.powerOff()
    await quiet()
    server('a').simulated.powerOn()
    await quiet()
    forget()
    await createService('late', { clusterIP: '10.96.0.30' })
    await waitFor(() => expect(server('a').files.get('names/cluster.zone')).toContain('late.default'))
  })
})

describe('a certificate from an authority', () => {
  const store = () => registry.get(SecretKind, STORE_SECRET.name, STORE_SECRET.namespace)
  const asks = (name: string) => server(name).files.get('ingress/caddy.json')?.includes('"automate"') ?? false
  const asking = () => [...servers.keys()].filter(asks)

  const createIngress = () =>
    registry.create(IngressKind, {
      metadata: { name: 'shop', namespace: 'default', annotations: { 'coxswain.io/acme': 'true' } },
      spec: {
        tls: [{ hosts: ['shop.example.org'], secretName: 'shop' }],
        rules: [{ host: 'shop.example.org' }],
      },
    })

  async function setCondition(name: string, condition: NodeCondition): Promise<void> {
    await registry.modifyStatus(NodeKind, { name }, draft => withCondition(draft, condition, clock.now()))
  }
  const notServing = (name: string) =>
    setCondition(name, ingressCondition({ parts: {}, wireguard: 'none', ingressProblem: 'port 80' }))
  const serving = (name: string) => setCondition(name, ingressCondition({ parts: {}, wireguard: 'none' }))

  it('is asked for once the other servers pass the questions on', async () => {
    await attach()
    let open: () => void = () => undefined
    server('b').gate = new Promise(resolve => (open = resolve))
    await createIngress()
    await waitFor(() => expect(store()).toBeDefined())
    await quiet()
    expect(asks('a')).toBe(false)
    open()
    await waitFor(() => expect(asks('a')).toBe(true))
    expect(server('b').files.get('ingress/caddy.json')).toContain('acme-challenge')
    expect(asks('b')).toBe(false)
  })

  it('is asked for by the server that did before, also when one is added whose name comes first', async () => {
    await attach()
    await createIngress()
    await waitFor(() => expect(asking()).toEqual(['a']))
    await createServer('0', 9)
    network.attach('0', server('0').engine)
    await waitFor(() => expect(server('0').files.get('ingress/acme')).toContain('from 10.244.0.1'))
    await quiet()
    expect(asking()).toEqual(['a'])
    await network.stop()
    network = newNetwork()
    for (const [name, { engine }] of servers) network.attach(name, engine)
    await quiet()
    expect(asking()).toEqual(['a'])
  })

  it('is asked for by another server once the one that did has been unable to for ten minutes', async () => {
    await attach()
    await createIngress()
    await waitFor(() => expect(asking()).toEqual(['a']))
    await notServing('a')
    await clock.advance(5 * 60_000)
    await quiet()
    expect(asking()).toEqual(['a'])
    await clock.advance(5 * 60_000)
    await waitFor(() => expect(asking()).toEqual(['b']))
    await serving('a')
    await quiet()
    expect(asking()).toEqual(['b'])
    await registry.modify(NodeKind, { name: 'b' }, draft => {
      draft.metadata.labels = { ...draft.metadata.labels, 'coxswain.io/ingress': 'false' }
    })
    await waitFor(() => expect(asking()).toEqual(['a']))
  })
})
