import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { EndpointSlice, Service } from '../../src-main/api/types.ts'
import { DEFAULT_RANGES } from '../../src-main/network/plan/addresses.ts'
import type { MeshServer } from '../../src-main/network/plan/links.ts'
import { planCluster, planServer } from '../../src-main/network/plan/server-plan.ts'
import { noPolicies, service, slice } from '../unit/network/objects.ts'
import { medianOf } from './support/figures.ts'

const command = promisify(execFile)

const SERVICES = 1_000
const ENDPOINTS = 10
const SERVERS = 10
const RUNS = 5
/** What this part of Coxswain is held to: milliseconds to plan one server, and to load the rules. */
const PLAN_AIM_MS = 300
const LOAD_AIM_MS = 1_000

const servers: MeshServer[] = Array.from({ length: SERVERS }, (_, n) => ({
  name: `server-${n}`,
  endpoint: `192.0.2.${n + 1}`,
  podCidr: `10.244.${n}.0/24`,
}))
const services: Service[] = Array.from({ length: SERVICES }, (_, n) =>
  service(`svc-${n}`, { clusterIP: `10.96.${n >> 8}.${n & 255}` }),
)
const slices: EndpointSlice[] = services.map(({ metadata }, n) =>
  slice(
    metadata.name,
    Object.fromEntries(
      Array.from({ length: ENDPOINTS }, (_, pod) => [
        `10.244.${pod % SERVERS}.${2 + (n % 250)}`,
        `server-${pod % SERVERS}`,
      ]),
    ),
  ),
)

function plan() {
  const [own] = servers
  if (!own) throw new RangeError('no server')
  const cluster = planCluster({
    mode: 'vxlan',
    ranges: DEFAULT_RANGES,
    servers,
    services,
    slices,
    policies: noPolicies,
  })
  return planServer(cluster, own, { reservedPorts: [22] })
}

async function milliseconds(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < RUNS; round++) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  return medianOf(times)
}

/** In a network namespace of its own: this machine's rules stay as they are. */
async function load(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-bench-'))
  try {
    const file = join(folder, 'ruleset.nft')
    await writeFile(file, plan().find(({ name }) => name === 'rules')?.files['ruleset.nft'] ?? '')
    const nft = ['--net', 'nft', '-D', 'pods=lo', '-D', 'unseen=255.255.255.255/32', '-f', file]
    return await milliseconds(() => command('unshare', nft))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function run(): Promise<void> {
  const planMs = await milliseconds(plan)
  const loadMs = await load()
  console.log(`${SERVICES} services of ${ENDPOINTS} endpoints, one server (median of ${RUNS}):`)
  console.log(`  plan from objects to files   ${planMs.toFixed(0)} ms (aim: under ${PLAN_AIM_MS})`)
  console.log(`  nft takes the rules          ${loadMs.toFixed(0)} ms (aim: under ${LOAD_AIM_MS})`)
}
