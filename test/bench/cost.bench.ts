import { readFile } from 'node:fs/promises'
import { freshServers, pause, SERVERS, withLab } from './support/bench-lab.ts'
import { allRunning, deployment, REPLICAS, withCoxswain } from './support/coxswain.ts'
import { cpuSeconds } from './support/cpu-seconds.ts'
import { medianOf, printAim, printTable } from './support/figures.ts'

const ROUNDS = 3
const SETTLE_MS = 20_000
const IDLE_MS = 60_000
const AIM_MEGABYTES = 150
const AIM_PERCENT = 1

interface Cost {
  /** Resident, at the end. */
  megabytes: number
  /** Of one core, over the whole time. */
  percent: number
}

/** What `cox serve` needs while nothing happens. */
export async function run(): Promise<void> {
  const costs: Cost[] = []
  await withLab(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await freshServers()
      costs.push(await measure())
    }
  })
  const megabytes = medianOf(costs.map(cost => cost.megabytes))
  const percent = medianOf(costs.map(cost => cost.percent))
  console.log(`\ncox serve with ${SERVERS.length} servers and ${REPLICAS} pods, ${IDLE_MS / 1000} s idle`)
  printTable(
    ['', 'median', 'runs'],
    [
      ['resident, MB', megabytes.toFixed(0), costs.map(cost => cost.megabytes.toFixed(0)).join('  ')],
      ['% of a core', percent.toFixed(2), costs.map(cost => cost.percent.toFixed(2)).join('  ')],
    ],
  )
  printAim(`under ${AIM_MEGABYTES} MB`, megabytes < AIM_MEGABYTES)
  printAim(`under ${AIM_PERCENT} % of a core`, percent < AIM_PERCENT)
}

function measure(): Promise<Cost> {
  return withCoxswain(async ({ cox, pods }) => {
    await Promise.all([cox.apply(deployment()), allRunning(pods, '1')])
    pods.close()
    await pause(SETTLE_MS)
    const before = await cpuSeconds(cox.pid())
    const start = performance.now()
    await pause(IDLE_MS)
    const used = (await cpuSeconds(cox.pid())) - before
    const percent = (used / ((performance.now() - start) / 1000)) * 100
    return { percent, megabytes: await residentMegabytes(cox.pid()) }
  })
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  return (kilobytes * 1024) / 1_000_000
}
