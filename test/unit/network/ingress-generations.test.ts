import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { planBackends } from '../../../src-main/network/plan/ingress/backends.ts'
import { planIngress } from '../../../src-main/network/plan/ingress/ingress.ts'
import type { Endpoint } from '../../../src-main/network/plan/service-model.ts'
import { slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { certificateFor } from '../../certificate.ts'
import { ingress, secret } from './ingress-objects.ts'
import { service, slice } from './objects.ts'

interface Server {
  listen: string[]
  protocols: string[]
  routes: { match?: object[]; handle: object[] }[]
}

interface Config {
  admin: object
  apps: { http: { grace_period: string; servers: Record<string, Server> }; tls?: object }
}

const { certificate, key } = certificateFor('x.org')

function filesOf({ secure }: { secure: boolean }): Record<string, string> {
  const tls = secure ? { tls: [{ hosts: ['x.org'], secretName: 'cert' }] } : {}
  const { filesOf } = planIngress(
    {
      ingresses: [ingress('i', [{ host: 'x.org', to: 'web' }], tls)],
      classes: [],
      secrets: [secret('cert', { 'tls.crt': certificate, 'tls.key': key })],
      servers: [{ name: 'a', gateway: '10.244.0.1' }],
    },
    {
      services: [service('web', {})],
      slices: slicesByService([slice('web', { '10.244.0.2': 'a' })]),
      serviceCidr: '10.96.0.0/16',
    },
  )
  return filesOf('a')
}

const read = (text = '') => JSON.parse(text) as Config
const OWN = '/run/coxswain/caddy/GENERATION'

describe('a generation of Caddy', () => {
  const files = filesOf({ secure: true })
  const { admin, apps } = read(files['caddy.json'])
  const { http, https, hold } = apps.http.servers

  it('has its own configuration for life, and waits a day for its requests when it is to end', () => {
    expect(admin).toMatchObject({ disabled: true })
    expect(apps.http.grace_period).toBe('24h')
  })

  it('has the newest one answer an authority once it leaves', () => {
    expect(http?.listen).toEqual([':80', `unix/${OWN}/newest.sock`])
    const route = http?.routes.find(({ match }) => JSON.stringify(match ?? []).includes('acme-challenge'))
    expect(route).toMatchObject({
      match: [
        {
          file: { root: '/', try_files: [`${OWN}/leaving`] },
          path: ['/.well-known/acme-challenge/*'],
        },
      ],
      handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: 'unix//run/coxswain/caddy/newest.sock' }] }],
      terminal: true,
    })
  })

  it('ends connections with an answer once it leaves, but for those that become WebSockets', () => {
    for (const server of [http, https]) {
      expect(server?.routes[1]).toEqual({
        match: [
          {
            file: { root: '/', try_files: [`${OWN}/leaving`] },
            not: [{ header: { Upgrade: ['*'] } }],
          },
        ],
        handle: [{ handler: 'headers', response: { set: { Connection: ['close'] } } }],
      })
    }
  })

  it('has a request that nobody answers, for longer than it waits', () => {
    expect(hold).toMatchObject({
      listen: [`unix/${OWN}/hold.sock`],
      routes: [
        {
          handle: [
            {
              handler: 'reverse_proxy',
              upstreams: [{ dial: `unix/${OWN}/nobody` }],
              load_balancing: { try_duration: '48h' },
            },
          ],
        },
      ],
    })
  })
})

describe('HTTP/3', () => {
  it('has processes of its own, with the routes and certificates of HTTPS', () => {
    const files = filesOf({ secure: true })
    const [main, quic] = [read(files['caddy.json']), read(files['quic.json'])]
    const { https } = main.apps.http.servers
    expect(https).toMatchObject({ listen: [':443'], protocols: ['h1', 'h2'] })
    expect(Object.keys(quic.apps.http.servers)).toEqual(['quic'])
    const { quic: own } = quic.apps.http.servers
    expect(own).toMatchObject({ listen: ['QUIC-ADDRESS:443'], protocols: ['h3'] })
    // after what each says of HTTP/3
    expect(own?.routes.slice(2)).toEqual(https?.routes.slice(3))
    expect(quic.apps.tls).toEqual(main.apps.tls)
  })

  it('is offered unless a former generation of it goes on, which sends its clients away', () => {
    const files = filesOf({ secure: true })
    expect(read(files['caddy.json']).apps.http.servers.https?.routes[2]).toMatchObject({
      match: [{ not: [{ file: { try_files: ['/run/coxswain/caddy/quic-leaving'] } }] }],
      handle: [{ response: { set: { 'Alt-Svc': [expect.stringMatching('^h3=":443"')] } } }],
    })
    expect(read(files['quic.json']).apps.http.servers.quic?.routes[1]).toMatchObject({
      match: [{ file: { try_files: [`${OWN}/leaving`] } }],
      handle: [{ response: { set: { 'Alt-Svc': ['clear'] } } }],
    })
  })

  it('has addresses that no Service gets', () => {
    expect(filesOf({ secure: true }).quic).toBe('10.96.0.6\n10.96.0.7\n10.96.0.8\n10.96.0.9\n')
  })

  it('is not there without a certificate', () => {
    expect(Object.keys(filesOf({ secure: false })).sort()).toEqual(['backends.nft', 'caddy.json', 'ports'])
  })
})

describe('the backends that only the former configuration has', () => {
  const program = fileURLToPath(new URL('../../../resources/system-image/parts/former.awk', import.meta.url))

  /** Backends by port: the last numbers of their pods' addresses. */
  const backends = (pods: Record<number, number[]>) =>
    planBackends(
      new Map(
        Object.entries(pods).map(([port, numbers]) => [
          Number(port),
          numbers.map(n => ({ ip: `10.244.0.${n}`, port: 8080 }) as Endpoint),
        ]),
      ),
      { addresses: ['10.96.0.2'], storePort: 49_350, gateway: '10.244.0.1' },
    )

  function added(now: string, former: string): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'former-'))
    const files = [join(folder, 'now'), join(folder, 'former')] as const
    try {
      writeFileSync(files[0], now)
      writeFileSync(files[1], former)
      const output = execFileSync('awk', ['-f', program, ...files], { encoding: 'utf8' })
      return output.split('\n').filter(Boolean)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('are added to those that there are now', () => {
    expect(added(backends({ 2000: [2] }), backends({ 1500: [3, 4], 2000: [5], 3000: [6] }))).toEqual([
      'add chain ip coxswain-ingress to-1500',
      'add rule ip coxswain-ingress to-1500 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.0.3 . 8080, 1 : 10.244.0.4 . 8080 }',
      'add element ip coxswain-ingress backends { 1500 : goto to-1500 }',
      'add chain ip coxswain-ingress to-3000',
      'add rule ip coxswain-ingress to-3000 meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.0.6 . 8080 }',
      'add element ip coxswain-ingress backends { 3000 : goto to-3000 }',
    ])
  })

  it('are none when all of them are still there', () => {
    expect(added(backends({ 2000: [2], 3000: [3] }), backends({ 2000: [4] }))).toEqual([])
    expect(added(backends({}), backends({}))).toEqual([])
  })
})
