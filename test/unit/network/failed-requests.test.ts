import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../../src-main/api/registry.ts'
import { ServiceKind } from '../../../src-main/api/kinds/service.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import type { Engine } from '../../../src-main/engine/engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { IngressFailures } from '../../../src-main/network/ingress-failures.ts'
import type { ClusterIngress } from '../../../src-main/network/plan/ingress/ingress.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'

const program = fileURLToPath(new URL('../../../resources/system-image/parts/failed.awk', import.meta.url))

function count(lines: string[], variables: Record<string, number>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'failed-'))
  try {
    writeFileSync(join(folder, 'log'), `${lines.join('\n')}\n`)
    const values = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`])
    return execFileSync('awk', [...values, '-f', program, join(folder, 'log')], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .sort()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const line = (ts: number, backend: string, status: number) =>
  `{"ts":${ts},"user_id":${JSON.stringify(backend)},"status":${status}}`

describe('the log of failed requests', () => {
  const lines = [
    line(1000.5, '10.96.0.2:1234', 502),
    line(1001.25, '10.96.0.2:1234', 502),
    line(1002, '10.96.0.3:1234', 500),
    line(1002.5, '10.96.0.2:4321', 503),
    line(1003, '10.96.0.2:4321', 404),
    line(1003, '', 503),
    line(1003, 'ann', 500),
    line(1003, '10.96.0.2:4321","status":500,"x":"', 500),
    '{"ts":1003,"user_id":"10.96.0.2:12',
  ]

  it('is counted by backend and status, without what the client was to blame for', () => {
    expect(count(lines, { now: 1010, from: 60, to: 0 })).toEqual([
      '10.96.0.2:1234 502 2',
      '10.96.0.2:4321 503 1',
      '10.96.0.3:1234 500 1',
    ])
  })

  it.each([
    [{ now: 1010, from: 9, to: 0 }, ['10.96.0.2:1234 502 1', '10.96.0.2:4321 503 1', '10.96.0.3:1234 500 1']],
    [{ now: 1010, from: 60, to: 8.5 }, ['10.96.0.2:1234 502 2']],
    [{ now: 1010, from: 1, to: 0 }, []],
  ])('%j bounds the time', (times, expected) => {
    expect(count(lines, times)).toEqual(expected)
  })
})

describe('the requests that failed at all ingress servers', () => {
  const pods = { namespace: 'default', labels: { app: 'web', 'pod-template-hash': 'x' } }
  const period = { sinceMs: 0, untilMs: Infinity }

  /** A server whose system container prints this, or fails. */
  function server(output: string | Error, code = 0): Engine {
    const exec = () =>
      output instanceof Error
        ? Promise.reject(output)
        : Promise.resolve({ stdout: Readable.from([output]), exitCode: () => Promise.resolve(code) })
    return { listContainers: () => Promise.resolve([{ id: 'system' }]), exec } as unknown as Engine
  }

  async function failures(engines: Record<string, Engine | undefined>) {
    const clock = new ManualClock()
    const client = new Registry({ store: createMemoryObjectStore(), clock })
    await ensureNamespaces(client)
    for (const [name, app] of Object.entries({ web: 'web', all: 'web', api: 'api' })) {
      await client.create(ServiceKind, {
        metadata: { name, namespace: 'default' },
        spec: { selector: { app }, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
      })
    }
    const dials = new Map([
      ['default/web', ['10.96.0.2:1000']],
      ['default/all', ['10.96.0.2:2000']],
      ['default/api', ['10.96.0.2:3000']],
    ])
    const plan = () => ({ dials, servers: Object.keys(engines) }) as unknown as ClusterIngress
    const engineOf = (name: string) => engines[name]
    return new IngressFailures({ client, clock, logger: silentLogger, clusterId: 'c', plan, engineOf })
  }

  it('are added up for all Services that lead to the pods', async () => {
    const all = await failures({
      a: server('10.96.0.2:1000 502 3\n10.96.0.2:3000 502 7\n'),
      b: server('10.96.0.2:1000 502 1\n10.96.0.2:2000 500 2\n'),
      c: server(''),
    })
    expect(await all.count(pods, period)).toEqual({
      byStatus: new Map([
        [502, 4],
        [500, 2],
      ]),
      uncounted: [],
    })
  })

  it('names the servers that could not be asked', async () => {
    const all = await failures({
      gone: undefined,
      broken: server(new Error('the connection was lost')),
      failing: server('10.96.0.2:1000 502 9\n', 2),
      a: server('10.96.0.2:1000 502 3\n'),
    })
    expect(await all.count(pods, period)).toEqual({
      byStatus: new Map([[502, 3]]),
      uncounted: ['broken', 'failing', 'gone'],
    })
  })

  it('are unknown for pods to which no Ingress leads', async () => {
    const all = await failures({ a: server('10.96.0.2:1000 502 3\n') })
    expect(await all.count({ ...pods, labels: { app: 'other' } }, period)).toBeUndefined()
  })
})
