import { lab, SERVERS, withLab } from './support/bench-lab.ts'
import { allRunning, deployment, REPLICAS, withCoxswain } from './support/coxswain.ts'
import { onFreshServers, type EngineWatch } from './support/engine-watch.ts'
import { medianOf, note, printAim, printSeconds, type Series } from './support/figures.ts'
import { createService, withSwarm } from './support/swarm.ts'

const ROUNDS = 5
const LIMIT = 'docker run'

/** From the command to the engines' 30th start event. The API's own word, which comes a little later, is a row more. */
const seconds: Series = new Map()

/** 30 replicas over three servers, beside what the engines can do at most, and beside Swarm. */
export async function run(): Promise<void> {
  await withLab(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await onFreshServers(dockerRun)
      await onFreshServers(coxswain)
      await onFreshServers(engines => withSwarm(() => service(engines)))
    }
  })
  printSeconds(
    `${REPLICAS} replicas over ${SERVERS.length} servers, from the command to all running`,
    seconds,
    LIMIT,
  )
  const median = (name: string) => medianOf(seconds.get(name) ?? [])
  const ratio = median('Coxswain, by its API') / median(LIMIT)
  printAim(`at most 1.25 × ${LIMIT}`, ratio <= 1.25)
  printAim('faster than Swarm', median('Coxswain, by its API') < median('Swarm'))
}

const allStarted = (engines: EngineWatch) =>
  engines.until(`${REPLICAS} containers`, () => engines.count('1') === REPLICAS)

/** The limit: every command at once, each engine its third, on a bridge network as pods are. */
async function dockerRun(engines: EngineWatch): Promise<void> {
  await Promise.all(SERVERS.map(server => lab.docker(server, 'network', 'create', 'bench')))
  const commands = Array.from({ length: REPLICAS }, (_, index) => SERVERS[index % SERVERS.length] ?? 1)
  const start = performance.now()
  const running = commands.map(server =>
    lab.docker(server, 'run', '-d', '--network', 'bench', `${lab.env.web}:1`),
  )
  const [end] = await Promise.all([allStarted(engines), ...running])
  note(seconds, LIMIT, (end - start) / 1000)
}

function coxswain(engines: EngineWatch): Promise<void> {
  return withCoxswain(async ({ cox, pods }) => {
    const start = performance.now()
    const [started, told] = await Promise.all([
      allStarted(engines),
      allRunning(pods, '1'),
      cox.apply(deployment()),
    ])
    note(seconds, 'Coxswain', (started - start) / 1000)
    note(seconds, 'Coxswain, by its API', (told - start) / 1000)
  })
}

async function service(engines: EngineWatch): Promise<void> {
  const start = performance.now()
  const [end] = await Promise.all([allStarted(engines), createService()])
  note(seconds, 'Swarm', (end - start) / 1000)
}
