import { withLab } from './support/bench-lab.ts'
import { allRunning, deployment, image, REPLICAS, withCoxswain } from './support/coxswain.ts'
import { onFreshServers, type EngineWatch } from './support/engine-watch.ts'
import { medianOf, note, printAim, printSeconds, type Series } from './support/figures.ts'
import { createService, updateService, withSwarm } from './support/swarm.ts'

const ROUNDS = 3

/** From the command until 30 containers of the new version run and none of the old. */
const seconds: Series = new Map()

/** A rolling update of 30 replicas, three more at a time, beside Swarm. */
export async function run(): Promise<void> {
  await withLab(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await onFreshServers(coxswain)
      await onFreshServers(engines => withSwarm(() => service(engines)))
    }
  })
  printSeconds(
    `${REPLICAS} replicas to a new version, surge 3, from the command to the end`,
    seconds,
    'Swarm',
  )
  const median = (name: string) => medianOf(seconds.get(name) ?? [])
  printAim('faster than Swarm', median('Coxswain') < median('Swarm'))
}

const onlyVersion = (engines: EngineWatch, tag: string, other: string) =>
  engines.until(`only version ${tag}`, () => engines.count(tag) === REPLICAS && engines.count(other) === 0)

function coxswain(engines: EngineWatch): Promise<void> {
  return withCoxswain(async ({ cox, pods }) => {
    await Promise.all([cox.apply(deployment()), allRunning(pods, '1')])
    const start = performance.now()
    const [done, told] = await Promise.all([
      onlyVersion(engines, '2', '1'),
      allRunning(pods, '2'),
      cox.kubectl('set', 'image', 'deployment/web', `web=${image('2')}`),
    ])
    note(seconds, 'Coxswain', (Math.max(done, told) - start) / 1000)
  })
}

async function service(engines: EngineWatch): Promise<void> {
  await createService()
  await onlyVersion(engines, '1', '2')
  const start = performance.now()
  const [done] = await Promise.all([onlyVersion(engines, '2', '1'), updateService()])
  note(seconds, 'Swarm', (done - start) / 1000)
}
