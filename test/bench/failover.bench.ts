import { lab, pause, withLab } from './support/bench-lab.ts'
import { allRunning, deployment, REPLICAS, withCoxswain } from './support/coxswain.ts'
import { onFreshServers, type EngineWatch } from './support/engine-watch.ts'
import { medianOf, note, printAim, printSeconds, type Series } from './support/figures.ts'
import { createService, withSwarm } from './support/swarm.ts'

const ROUNDS = 3
/** Not the Swarm's manager. */
const VICTIM = 3
/** After a start nobody is driven away for a while; a cluster that runs is what is measured. */
const CALM_MS = 20_000

const seconds: Series = new Map()

/** One of three servers loses its power: how long until all 30 run again, beside Swarm. */
export async function run(): Promise<void> {
  await withLab(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await onFreshServers(coxswain)
      await onFreshServers(engines => withSwarm(() => service(engines)))
    }
  })
  printSeconds(`from the power cut of one of three servers to all ${REPLICAS} running`, seconds, 'Swarm')
  const median = (name: string) => medianOf(seconds.get(name) ?? [])
  printAim('faster than Swarm', median('Coxswain') < median('Swarm'))
}

const allStarted = (engines: EngineWatch) =>
  engines.until(`${REPLICAS} containers`, () => engines.count('1') === REPLICAS)

async function cutPower(engines: EngineWatch): Promise<number> {
  const start = performance.now()
  await lab.kill(VICTIM)
  engines.forget(VICTIM)
  return start
}

function coxswain(engines: EngineWatch): Promise<void> {
  return withCoxswain(async ({ cox, pods }) => {
    await Promise.all([cox.apply(deployment()), allRunning(pods, '1')])
    await pause(CALM_MS)
    const start = await cutPower(engines)
    const started = await allStarted(engines)
    const told = await allRunning(pods, '1')
    note(seconds, 'Coxswain', (Math.max(started, told) - start) / 1000)
  })
}

async function service(engines: EngineWatch): Promise<void> {
  await createService()
  await allStarted(engines)
  await pause(CALM_MS)
  const start = await cutPower(engines)
  note(seconds, 'Swarm', ((await allStarted(engines)) - start) / 1000)
}
