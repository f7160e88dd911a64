import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { readFileSync } from 'node:fs'
import Docker from 'dockerode'
import { createDockerEngine } from '../../src-main/engine/docker/docker-engine.ts'
import { silentLogger } from '../../src-main/lib/logger.ts'
import { connectSsh } from '../../src-main/ssh/connect.ts'
import { TunnelAgent } from '../../src-main/ssh/tunnel-agent.ts'
import { lab, withLab } from './support/bench-lab.ts'
import { medianOf, printTable } from './support/figures.ts'

const exec = promisify(execFile)
const ROUNDS = 3
const ONE_AT_A_TIME = 'Coxswain, one at a time'

/** One way to ask Docker for its list of containers. */
interface Contender {
  name: string
  ask(): Promise<unknown>
  /** Requests of one round; the slow ones get few. */
  requests: number
  /** Requests at a time. dockerode's own ssh mode ends the process at some 20: sshd refuses so many handshakes. */
  parallel: number
}

interface Result {
  perSecond: number
  /** ms */
  median: number
}

async function measure({ ask, requests, parallel }: Contender): Promise<Result> {
  const times: number[] = []
  let left = requests
  const start = performance.now()
  const work = async () => {
    while (left-- > 0) {
      const before = performance.now()
      await ask()
      times.push(performance.now() - before)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return { perSecond: requests / ((performance.now() - start) / 1000), median: medianOf(times) }
}

/** Requests a second and latency of the tunnel, beside dockerode's own ssh mode and the docker command over ssh. */
export function run(): Promise<void> {
  return withLab(() => compareOn(lab.env.host(1), lab.env.key))
}

async function compareOn(host: string, key: string): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), 'coxswain-bench-'))
  const connection = await connectSsh({ host, user: 'root', identityFile: key }, { logger: silentLogger })
  const agent = new TunnelAgent(connection, '/var/run/docker.sock')
  const engine = createDockerEngine({
    agent,
    dial: connection.openTcp.bind(connection),
    logger: silentLogger,
  })
  try {
    await engine.info()
    const dockerode = new Docker({
      protocol: 'ssh',
      host,
      port: 22,
      username: 'root',
      sshOptions: { privateKey: readFileSync(key), readyTimeout: 60_000 },
    })
    const command = await dockerCommand(home, host, key)
    const list = () => engine.listContainers({})
    await report([
      { name: 'Coxswain, 8 at a time', ask: list, requests: 2000, parallel: 8 },
      { name: ONE_AT_A_TIME, ask: list, requests: 1000, parallel: 1 },
      {
        name: 'dockerode ssh, one at a time',
        ask: () => dockerode.listContainers(),
        requests: 15,
        parallel: 1,
      },
      { name: 'docker -H ssh://, one at a time', ask: command, requests: 8, parallel: 1 },
    ])
  } finally {
    agent.destroy()
    connection.end()
    http.globalAgent.destroy()
    await rm(home, { recursive: true, force: true })
  }
}

/** `docker -H ssh://…` takes its key and its trust from ssh's own configuration. */
async function dockerCommand(home: string, host: string, key: string): Promise<() => Promise<unknown>> {
  const config = path.join(home, 'config')
  const lines = [
    'Host *',
    `IdentityFile ${key}`,
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  const ssh = path.join(home, 'ssh')
  await writeFile(ssh, `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`, { mode: 0o755 })
  const env = { ...process.env, PATH: `${home}:${process.env.PATH}` }
  return () => exec('docker', ['-H', `ssh://root@${host}`, 'ps', '-a', '-q'], { env })
}

async function report(contenders: Contender[]): Promise<void> {
  const rounds = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]))
  // in turns, so that a busy moment of the machine hits all of them
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of contenders) rounds.get(contender.name)?.push(await measure(contender))
  }
  const resultsOf = (name: string) => rounds.get(name) ?? []
  const rate = (name: string) => medianOf(resultsOf(name).map(({ perSecond }) => perSecond))
  const rows = contenders.map(({ name }) => [
    name,
    rate(name).toFixed(1),
    medianOf(resultsOf(name).map(({ median }) => median)).toFixed(2),
    (rate(ONE_AT_A_TIME) / rate(name)).toFixed(2),
  ])
  console.log(`list of containers, medians of ${ROUNDS} rounds`)
  printTable(['', 'requests/s', 'median ms', `× slower than ${ONE_AT_A_TIME}`], rows)
}
