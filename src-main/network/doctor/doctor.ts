import { rangesInUse } from '../../api/cluster-ranges.ts'
import type { Client } from '../../api/client.ts'
import type { Doctor, Finding } from '../../api/doctor.ts'
import { NodeKind } from '../../api/kinds/node.ts'
import { ServerKind } from '../../api/kinds/server.ts'
import { ServiceKind } from '../../api/kinds/service.ts'
import type { Engine } from '../../engine/engine.ts'
import { within, type Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { runsIngress } from '../ingress-source.ts'
import { meshServers, wantedMode } from '../mesh-servers.ts'
import { chooseMode } from '../plan/links.ts'
import { SystemContainer } from '../system-container.ts'
import type { Check, Circumstances, Judgement, Output, Subject } from './check.ts'
import { checks as allChecks } from './checks/index.ts'
import { joinScripts, splitOutput } from './script.ts'

/** The connection of a server, as far as the doctor needs it. */
export interface DoctorLink {
  engine: Engine
  run?(command: string, timeoutMs?: number): Promise<{ stdout: string }>
}

export interface DoctorOptions {
  client: Client
  clusterId: string
  clock: Clock
  logger: Logger
  linkOf(server: string): DoctorLink | undefined
  checks?: readonly Check[]
}

/** For all scripts of one place together: pings to a dozen servers that do not answer, and then some. */
const GATHER_MS = 60_000

/** Where a script runs. */
const PLACES = ['inside', 'outside'] as const
type Place = (typeof PLACES)[number]

interface Gathered {
  outputs: Record<Place, Map<string, Output>>
  times: Map<string, { sent: number; received: number }>
}

/** Examines all servers at the same time: gathers what the checks ask for, then judges. */
export function createDoctor(options: DoctorOptions): Doctor {
  const { checks = allChecks } = options
  return {
    async examine() {
      const all = circumstances(options)
      const gathered = new Map(
        await Promise.all(
          all.map(async one => [one.subject.name, await gather(options, checks, one)] as const),
        ),
      )
      return all.flatMap(one => judgeAll(checks, one, gathered))
    },
  }
}

function circumstances({ client, linkOf }: DoctorOptions): Circumstances[] {
  const meshed = new Map(meshServers(client).map(server => [server.name, server]))
  const mode = chooseMode(wantedMode(client), [...meshed.values()])
  const subjects: Subject[] = client
    .list(ServerKind)
    .filter(({ spec }) => !spec.simulated)
    .map(server => {
      const { name } = server.metadata
      const { endpoint, podCidr } = meshed.get(name) ?? {}
      return {
        name,
        server,
        node: client.get(NodeKind, name),
        endpoint,
        podCidr,
        connected: Boolean(linkOf(name)),
      }
    })
  const peersOf = (subject: Subject) =>
    subjects.flatMap(peer => {
      const { endpoint, podCidr, connected, name } = peer
      if (name === subject.name || !connected || !endpoint || !podCidr) return []
      // one that only this computer reaches is no peer of anybody
      return endpoint.startsWith('127.') ? [] : [{ ...peer, endpoint, podCidr }]
    })
  return subjects.map(subject => ({
    subject,
    peers: peersOf(subject),
    ranges: rangesInUse(client),
    mode,
    services: client.list(ServiceKind),
    runsIngress: subject.node !== undefined && runsIngress(subject.node),
  }))
}

async function gather(
  options: DoctorOptions,
  checks: readonly Check[],
  one: Circumstances,
): Promise<Gathered> {
  const gathered: Gathered = { outputs: { inside: new Map(), outside: new Map() }, times: new Map() }
  const link = options.linkOf(one.subject.name)
  if (!link) return gathered
  const { clock, logger } = options
  for (const place of PLACES) {
    const asked = checks.flatMap(check => {
      const script = check[place]?.(one)
      return script === undefined ? [] : [{ check, script }]
    })
    const timed = asked.filter(({ check }) => check.timed).map(item => [item])
    for (const group of [...timed, asked.filter(({ check }) => !check.timed)]) {
      const scripts = new Map(group.map(({ check, script }) => [check.name, script]))
      const sent = clock.now()
      try {
        const answer = runAt(place, link, options.clusterId, joinScripts(scripts))
        const text = await within(clock, GATHER_MS, answer)
        if (text === undefined) throw new Error(`no answer in ${GATHER_MS / 1000} s`)
        const received = clock.now()
        for (const [name, output] of splitOutput(text)) {
          gathered.outputs[place].set(name, output)
          // the container goes before the server's own shell, as in the judging
          if (!gathered.times.has(name)) gathered.times.set(name, { sent, received })
        }
      } catch (error) {
        logger.info({ server: one.subject.name, place, err: error }, 'the doctor could not look')
      }
    }
  }
  return gathered
}

async function runAt(place: Place, link: DoctorLink, clusterId: string, script: string): Promise<string> {
  if (place === 'inside') {
    const container = await SystemContainer.find(link.engine, clusterId)
    return container ? container.script(script) : ''
  }
  if (!link.run) return ''
  // whatever the login shell is
  return (await link.run(`sh -c '${script.replaceAll("'", `'\\''`)}'`, GATHER_MS)).stdout
}

function judgeAll(
  checks: readonly Check[],
  one: Circumstances,
  gathered: ReadonlyMap<string, Gathered>,
): Finding[] {
  const own = gathered.get(one.subject.name)
  return checks.flatMap(check => {
    const inside = own?.outputs.inside.get(check.name)
    const outside = own?.outputs.outside.get(check.name)
    const times = own?.times.get(check.name)
    const insideOf = (server: string, name: string) => gathered.get(server)?.outputs.inside.get(name)
    return check
      .judge({ ...one, inside, outside, times, insideOf })
      .map(judgement => finding(check.name, one.subject.name, judgement))
  })
}

function finding(check: string, server: string, { mend, mendOn, ...judgement }: Judgement): Finding {
  if (mend === undefined) return { check, server, ...judgement }
  return { check, server, ...judgement, mend, ...(mendOn === 'here' ? {} : { mendOn: mendOn ?? server }) }
}
