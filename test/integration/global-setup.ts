/**
 * Brings the lab up for a run of the integration and e2e projects, and takes it down afterwards.
 *
 * LAB_NAME chooses the lab (default: test, which is not the developer's own, dev). A lab that was up before the run,
 * or COXSWAIN_LAB_KEEP=1, stays up. COXSWAIN_LAB=none is for test files that need no servers: there are none.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SERVERS = 3
const run = promisify(execFile)
const command = fileURLToPath(new URL('../lab/lab', import.meta.url))

async function isUp(): Promise<boolean> {
  const { stdout } = await run(command, ['env', '--json'])
  return (JSON.parse(stdout) as { LAB_HOSTS: string }).LAB_HOSTS !== ''
}

/** @throws when the lab cannot run here; it has said why on stderr */
async function up(): Promise<void> {
  // the first run installs packages and builds images for a minute or two: what it says must be seen
  const child = spawn(command, ['up', String(SERVERS)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`lab up ${SERVERS} failed`)
}

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.COXSWAIN_LAB === 'none') return undefined
  process.env.LAB_NAME ??= 'test'
  process.env.LAB_OWNER ??= String(process.pid)
  const keep = process.env.COXSWAIN_LAB_KEEP === '1' || (await isUp())
  await up()
  return async () => {
    if (!keep) await run(command, ['down'])
  }
}
