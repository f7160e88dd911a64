import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { lab, pause } from './bench-lab.ts'
import { image, REPLICAS } from './coxswain.ts'

const run = promisify(execFile)
const SETTLE_MS = 2_000
const MANAGER = 1

/** A Docker Swarm over the same engines with an overlay network, and the docker command on its manager. */
export async function withSwarm<T>(measure: () => Promise<T>): Promise<T> {
  await labSwarm('up')
  try {
    await swarm('network', 'create', '--driver', 'overlay', 'bench')
    await pause(SETTLE_MS)
    return await measure()
  } finally {
    await labSwarm('down')
  }
}

async function labSwarm(action: 'up' | 'down'): Promise<void> {
  await run('test/lab/lab', ['swarm', action])
}

export function swarm(...args: string[]): Promise<string> {
  return lab.docker(MANAGER, ...args)
}

export function createService(): Promise<string> {
  const network = ['--network', 'bench', '--replicas', String(REPLICAS)]
  return swarm('service', 'create', '--detach', '--quiet', '--name', 'web', ...network, image('1'))
}

/** The same image, three at a time, the new ones first, with no pause between. */
export function updateService(): Promise<string> {
  const pace = ['--update-parallelism', '3', '--update-order', 'start-first', '--update-delay', '0s']
  return swarm('service', 'update', '--detach', '--quiet', ...pace, '--image', image('2'), 'web')
}
