import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EndpointSlice, Service } from '../../src-main/api/types.ts'
import { DEFAULT_RANGES } from '../../src-main/network/plan/addresses.ts'
import type { MeshServer } from '../../src-main/network/plan/links.ts'
import { planCluster, planServer } from '../../src-main/network/plan/server-plan.ts'
import { noPolicies, service, slice } from '../unit/network/objects.ts'
import { medianOf } from './support/figures.ts'

const command = promisify(execFile)
const CHANGE = fileURLToPath(new URL('../../resources/system-image/parts/change.awk', import.meta.url))

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
interface Objects {
  services: Service[]
  slices: EndpointSlice[]
}

/** Objects that nobody has seen before: of those that a plan was made of, the next one remembers what it was. */
function newObjects(): Objects {
  const services = Array.from({ length: SERVICES }, (_, n) =>
    service(`svc-${n}`, { clusterIP: `10.96.${n >> 8}.${n & 255}` }),
  )
  return { services, slices: services.map((_, n) => sliceOf(n, n)) }
}

function sliceOf(n: number, first: number): EndpointSlice {
  const address = (pod: number) => `10.244.${pod % SERVERS}.${2 + (first % 250)}`
  const pods = Array.from({ length: ENDPOINTS }, (_, pod) => [address(pod), `server-${pod % SERVERS}`])
  return slice(`svc-${n}`, Object.fromEntries(pods) as Record<string, string>)
}

function plan({ services, slices }: Objects): string {
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
  const parts = planServer(cluster, own, { reservedPorts: [22] })
  return parts.find(({ name }) => name === 'rules')?.files['ruleset.nft'] ?? ''
}

/** Medians in ms of what `work` takes, with what `prepare` gives it anew each time: by the clock, and of a processor. */
function measure<T>(
  prepare: (round: number) => T,
  work: (given: T) => unknown,
): { ms: number; cpuMs: number } {
  const times = Array.from({ length: RUNS }, (_, round) => {
    const given = prepare(round)
    const [began, used] = [performance.now(), process.cpuUsage()]
    work(given)
    const { user, system } = process.cpuUsage(used)
    return { ms: performance.now() - began, cpuMs: (user + system) / 1000 }
  })
  return { ms: medianOf(times.map(({ ms }) => ms)), cpuMs: medianOf(times.map(({ cpuMs }) => cpuMs)) }
}

/** In a network namespace of its own: this machine's rules stay as they are. Prints two numbers of milliseconds. */
const LOAD = `
nft() { command nft -D pods=lo -D unseen=255.255.255.255/32 -f "$1"; }
now() { echo $((\${EPOCHREALTIME/[.,]/} / 1000)); }
began=$(now)
nft "$2" || exit
loaded=$(now)
awk -f "$1" "$2" "$3" >"$2.change" && nft "$2.change" || exit
echo $((loaded - began)) $(($(now) - loaded))
`

/** How long nft takes for all rules, and for those of one Service that has another endpoint. */
async function load(): Promise<{ all: number; change: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-bench-'))
  try {
    const objects = newObjects()
    const [before, after] = [join(folder, 'before'), join(folder, 'after')]
    await writeFile(before, plan(objects))
    objects.slices[500] = sliceOf(500, 501)
    await writeFile(after, plan(objects))
    const rounds: number[][] = []
    for (let round = 0; round < RUNS; round++) {
      const script = ['--net', 'bash', '-c', LOAD, '', CHANGE, before, after]
      rounds.push((await command('unshare', script)).stdout.trim().split(' ').map(Number))
    }
    const medianAt = (index: number) => medianOf(rounds.map(times => times[index] ?? NaN))
    return { all: medianAt(0), change: medianAt(1) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function run(): Promise<void> {
  const whole = measure(newObjects, plan)
  const objects = newObjects()
  plan(objects)
  const changed = (round: number) => {
    objects.slices[round] = sliceOf(round, round + 1)
    return objects
  }
  const again = measure(changed, plan)
  const { all, change } = await load()
  const row = (what: string, ms: number, more = '') =>
    console.log(`  ${what.padEnd(45)} ${ms.toFixed(0)} ms${more}`)
  const cpu = ({ cpuMs }: { cpuMs: number }) => `, ${cpuMs.toFixed(0)} ms of processor time`
  console.log(`${SERVICES} services of ${ENDPOINTS} endpoints, one server (median of ${RUNS}):`)
  row('plan from objects to files', whole.ms, `${cpu(whole)} (aim: under ${PLAN_AIM_MS} ms)`)
  row('plan again when one service has changed', again.ms, cpu(again))
  row('nft takes the rules', all, ` (aim: under ${LOAD_AIM_MS} ms)`)
  row('nft takes what is another for that service', change)
}
