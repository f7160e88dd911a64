import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lab } from '../lab.ts'

const run = promisify(execFile)
const source = fileURLToPath(new URL('../../lab/load.c', import.meta.url))
/** On a server's disk, where its own processes and those of its pods' networks find it. */
const ON_SERVER = '/root/load'

/** What test/lab/load.c says at its end. */
export interface LoadReport {
  asked: number
  failed: number
  /** Kept connections that the server closed before it had read the request. */
  again: number
  seconds: number
  /** The first failures. */
  words: string[]
}

export interface LoadTarget {
  address: string
  port: number
  host: string
  /** Requests a second. */
  rate: number
}

/** Where a load comes from: this machine, or the network of a pod, by its container's id. */
export type LoadOrigin = 'here' | { server: number; container: string }

export interface Load {
  /** Ends it. */
  stop(): Promise<LoadReport>
}

/** Compiles the program and puts it on the servers. */
export async function installLoad(servers: readonly number[]): Promise<void> {
  for (const n of servers) {
    const file = join(lab.env.dir, `n${n}`, 'disk', ON_SERVER)
    await run('gcc', ['-O2', '-Wall', '-Wextra', '-static', '-pthread', '-s', '-o', file, source])
  }
}

/** Asks steadily, half of the requests on kept connections, half on new ones. */
export async function startLoad(
  { address, port, host, rate }: LoadTarget,
  origin: LoadOrigin = 'here',
): Promise<Load> {
  const args = [address, String(port), host, String(rate)]
  let child: ChildProcess
  if (origin === 'here') child = spawn(join(lab.env.dir, 'n1', 'disk', ON_SERVER), args)
  else {
    const { server, container } = origin
    const pid = (await lab.docker(server, 'inspect', '--format', '{{.State.Pid}}', container)).trim()
    child = lab.start(server, 'nsenter', '--target', pid, '--net', ON_SERVER, ...args)
  }
  const exited = once(child, 'exit')
  const output = child.stdout ? text(child.stdout) : Promise.resolve('')
  return {
    async stop() {
      child.stdin?.end()
      const [code] = (await exited) as [number | null]
      if (code !== 0) throw new Error(`load ended with ${code}: ${await output}`)
      return JSON.parse(await output) as LoadReport
    },
  }
}

/** Several loads as one. */
export function sumOf(reports: readonly LoadReport[]): LoadReport & { rate: number } {
  const total = (of: (report: LoadReport) => number) => reports.reduce((sum, each) => sum + of(each), 0)
  return {
    asked: total(({ asked }) => asked),
    failed: total(({ failed }) => failed),
    again: total(({ again }) => again),
    seconds: Math.max(...reports.map(({ seconds }) => seconds)),
    words: reports.flatMap(({ words }) => words),
    rate: Math.round(total(({ asked, seconds }) => asked / seconds)),
  }
}
