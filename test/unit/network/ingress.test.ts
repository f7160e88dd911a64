import { describe, expect, it } from 'vitest'
import type { Ingress, IngressClass, Secret, Service } from '../../../src-main/api/types.ts'
import { planIngress } from '../../../src-main/network/plan/ingress/ingress.ts'
import type { AcmeSettings, IngressProblem } from '../../../src-main/network/plan/ingress/model.ts'
import { bare, routesOf } from '../../../src-main/network/plan/ingress/routes.ts'
import { slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { certificateFor, certificateOfCurve } from '../../certificate.ts'
import { service, slice } from './objects.ts'
import { ask, ingress, ingressClass, podsAt, type Request, secret } from './ingress-objects.ts'

const SERVICES = ['web', 'api', 'other', 'canary'].map(name => service(name, {}))
const SERVERS = [
  { name: 'a', gateway: '10.244.0.1' },
  { name: 'b', gateway: '10.244.1.1' },
]
const STORE = { certificate: 'certificate of the store', key: 'key of the store' }
const SLICES = ['web', 'api', 'other', 'canary'].map((name, n) => slice(name, { [`10.244.0.${n + 2}`]: 'a' }))

interface Objects {
  services?: Service[]
  classes?: IngressClass[]
  secrets?: Secret[]
  acme?: AcmeSettings
}

function plan(ingresses: Ingress[], { services = SERVICES, classes = [], secrets = [], acme }: Objects = {}) {
  const { filesOf, ...rest } = planIngress(
    { ingresses, classes, secrets, servers: SERVERS, acme, store: STORE },
    { services, slices: slicesByService(SLICES), serviceCidr: '10.96.0.0/16' },
  )
  return { ...rest, files: filesOf('a'), filesOf }
}

const messages = (ingresses: Ingress[], objects?: Objects) =>
  plan(ingresses, objects).problems.map(({ reason, message }) => `${reason}: ${message}`)

/** Where a request goes: the Service, or Caddy's own answer. */
const to = (ingresses: Ingress[], request: Request, objects?: Objects) =>
  ask(plan(ingresses, objects).files, request)

describe('the paths of a host', () => {
  // kubernetes/website, concepts/services-networking/ingress.md, "Examples"
  it.each([
    ['Prefix', ['/'], '/any', '/'],
    ['Exact', ['/foo'], '/foo', '/foo'],
    ['Exact', ['/foo'], '/bar', 404],
    ['Exact', ['/foo'], '/foo/', 404],
    ['Exact', ['/foo/'], '/foo', 404],
    ['Exact', ['/foo'], '/FOO', 404],
    ['Prefix', ['/foo'], '/foo', '/foo'],
    ['Prefix', ['/foo'], '/foo/', '/foo'],
    ['Prefix', ['/foo/'], '/foo', '/foo/'],
    ['Prefix', ['/foo/'], '/foo/', '/foo/'],
    ['Prefix', ['/aaa/bb'], '/aaa/bbb', 404],
    ['Prefix', ['/aaa/bbb'], '/aaa/bbb', '/aaa/bbb'],
    ['Prefix', ['/aaa/bbb/'], '/aaa/bbb', '/aaa/bbb/'],
    ['Prefix', ['/aaa/bbb'], '/aaa/bbb/', '/aaa/bbb'],
    ['Prefix', ['/aaa/bbb'], '/aaa/bbb/ccc', '/aaa/bbb'],
    ['Prefix', ['/aaa/bbb'], '/aaa/bbbxyz', 404],
    ['Prefix', ['/aaa/bbb'], '/AAA/bbb', 404],
    ['Prefix', ['/', '/aaa'], '/aaa/ccc', '/aaa'],
    ['Prefix', ['/', '/aaa', '/aaa/bbb'], '/aaa/bbb', '/aaa/bbb'],
    ['Prefix', ['/', '/aaa', '/aaa/bbb'], '/ccc', '/'],
    ['Prefix', ['/aaa'], '/ccc', 404],
    ['ImplementationSpecific', ['/aaa'], '/aaa/b', '/aaa'],
    ['Prefix', ['/a.c'], '/abc', 404],
  ] as const)('%s %j: %s goes to %s', (type, paths, path, expected) => {
    const names = ['web', 'api', 'other']
    const object = ingress(
      'i',
      paths.map((each, n) => ({ host: 'x.org', path: each, type, to: names[n] ?? '' })),
    )
    const found = typeof expected === 'number' ? expected : names[paths.findIndex(each => each === expected)]
    expect(to([object], { host: 'x.org', path })).toBe(found)
  })

  it('an exact path comes before a prefix of the same length, whatever their order', () => {
    const rules = [
      { host: 'x.org', path: '/foo', type: 'Prefix', to: 'web' },
      { host: 'x.org', path: '/foo', type: 'Exact', to: 'api' },
    ] as const
    for (const order of [rules, [...rules].reverse()]) {
      expect(to([ingress('i', order)], { host: 'x.org', path: '/foo' })).toBe('api')
      expect(to([ingress('i', order)], { host: 'x.org', path: '/foo/x' })).toBe('web')
    }
  })

  it('the older of two Ingresses keeps a path, and the other one is told', () => {
    const older = ingress('older', [{ host: 'x.org', to: 'web' }], { created: '2026-01-01T00:00:00Z' })
    const newer = ingress('newer', [{ host: 'x.org', to: 'api' }], { created: '2026-01-02T00:00:00Z' })
    expect(to([newer, older], { host: 'x.org', path: '/' })).toBe('web')
    expect(messages([newer, older])).toEqual(['PathTaken: x.org/ belongs to the older Ingress shop/older.'])
  })
})

it('tens of thousands of paths are not compared each with each', () => {
  const paths = Array.from({ length: 30_000 }, (_, n) => ({ host: 'x.org', path: `/p${n}`, to: 'web' }))
  const canary = ingress('canary', paths, { annotations: { 'coxswain.io/canary-weight': '10' } })
  const problems: IngressProblem[] = []
  const [host] = routesOf([ingress('i', paths), ingress('again', paths), canary], problems)
  expect(host?.paths).toHaveLength(30_000)
  expect(host?.paths.every(route => route.canary)).toBe(true)
  expect(problems).toHaveLength(30_000)
})

it.each([
  ['/', ''],
  ['/a', '/a'],
  ['/a/', '/a'],
  ['/a//b///', '/a//b'],
  ['///', ''],
  [`${'/'.repeat(1_000_000)}x`, `${'/'.repeat(1_000_000)}x`],
])('a path without the slashes at its end: %#', (path, expected) => expect(bare(path)).toBe(expected))

describe('hosts', () => {
  const all = [
    ingress('i', [
      { host: '*.x.org', to: 'web' },
      { host: 'a.x.org', path: '/only', to: 'api' },
      { path: '/every', to: 'other' },
    ]),
  ]

  it.each([
    ['b.x.org', '/', 'web'],
    ['B.X.ORG', '/', 'web'],
    ['x.org', '/', 404],
    ['b.c.x.org', '/', 404],
    ['a.x.org', '/only', 'api'],
    ['a.x.org', '/', 404],
    ['a.x.org', '/every', 'other'],
    ['elsewhere.org', '/every', 'other'],
    ['elsewhere.org', '/', 404],
  ])('%s%s goes to %s', (host, path, expected) => {
    expect(to(all, { host, path })).toBe(expected)
  })

  it('a default backend takes what no rule takes', () => {
    const own = ingress('own', [{ host: 'x.org', path: '/a', to: 'web' }], { fallback: 'api' })
    const every = ingress('every', [], { fallback: 'other' })
    expect(to([own, every], { host: 'x.org', path: '/a' })).toBe('web')
    expect(to([own, every], { host: 'x.org', path: '/b' })).toBe('api')
    expect(to([own, every], { host: 'y.org', path: '/b' })).toBe('other')
    expect(to([own], { host: 'y.org', path: '/b' })).toBe(404)
  })
})

describe('backends', () => {
  it('are found by the port’s number and by its name', () => {
    for (const port of [{ number: 80 }, { name: 'http' }]) {
      expect(to([ingress('i', [{ host: 'x.org', to: 'web', port }])], { host: 'x.org', path: '/' })).toBe(
        'web',
      )
    }
  })

  it.each([
    ['gone', { number: 80 }, 'NoSuchService: There is no Service gone in shop.'],
    ['web', { number: 81 }, 'NoSuchService: The Service web has no port 81; it has http 80.'],
    ['web', { name: 'x' }, 'NoSuchService: The Service web has no port x; it has http 80.'],
  ])('%s at %j is told, and answers 503', (name, port, message) => {
    const object = ingress('i', [{ host: 'x.org', to: name, port }])
    expect(messages([object])).toEqual([message])
    expect(to([object], { host: 'x.org', path: '/' })).toBe(503)
  })

  it('pods that come and go change their list, not Caddy’s configuration', () => {
    const object = ingress('i', [{ host: 'x.org', to: 'web' }])
    const withPods = (pods: Record<string, string>) =>
      planIngress(
        { ingresses: [object], classes: [], secrets: [], servers: SERVERS },
        { services: SERVICES, slices: slicesByService([slice('web', pods)]), serviceCidr: '10.96.0.0/16' },
      ).filesOf('a')
    const before = withPods({ '10.244.0.5': 'a', '!10.244.1.5': 'b' })
    const after = withPods({ '10.244.1.5': 'b', '10.244.0.6': 'a' })
    expect(after['caddy.json']).toBe(before['caddy.json'])
    const port = /goto to-(\d+)/.exec(before['backends.nft'] ?? '')?.[1] ?? ''
    expect(podsAt(before, port)).toEqual(['10.244.0.5'])
    expect(podsAt(after, port)).toEqual(['10.244.0.6', '10.244.1.5'])
  })

  it('on a server that is lost are left to their answers, unless what they were sent has not arrived', () => {
    const nft = plan([ingress('i', [{ host: 'x.org', to: 'web' }])]).files['backends.nft'] ?? ''
    const resets = nft.split('\n').filter(line => line.includes('reject with tcp reset'))
    expect(resets).toEqual([
      expect.stringMatching(/ip daddr @lost ct expiration 290s-300s /),
      expect.stringMatching(/ip daddr @dead meta l4proto tcp /),
    ])
  })

  it('are the same text whatever the order of the objects', () => {
    const all = [ingress('i', [{ host: 'x.org', to: 'web' }]), ingress('j', [{ host: 'y.org', to: 'api' }])]
    expect(plan([...all].reverse()).files).toEqual(plan(all).files)
  })
})

describe('the class of an Ingress', () => {
  const ours = ingressClass('coxswain', 'coxswain.io/ingress')
  const theirs = ingressClass('nginx', 'k8s.io/ingress-nginx')
  const theirDefault = ingressClass('nginx', 'k8s.io/ingress-nginx', true)
  const rules = [{ host: 'x.org', to: 'web' }]

  it.each([
    ['none', undefined, [], true],
    ['none, with another default', undefined, [ours, theirDefault], false],
    ['ours', 'coxswain', [ours, theirDefault], true],
    ["another controller's", 'nginx', [ours, theirs], false],
    ['one that nobody has made', 'gone', [ours], false],
  ] as const)('%s', (_, name, classes, isOurs) => {
    const object = ingress('i', rules, name ? { className: name } : {})
    expect(plan([object], { classes: [...classes] }).own).toEqual(isOurs ? [object] : [])
    const old = ingress('i', rules, name ? { annotations: { 'kubernetes.io/ingress.class': name } } : {})
    expect(plan([old], { classes: [...classes] }).own).toEqual(isOurs ? [old] : [])
  })

  it('that nobody has made is told; nothing runs for it', () => {
    const { files, problems } = plan([ingress('i', rules, { className: 'gone' })])
    expect(files).toEqual({})
    expect(problems.map(({ reason }) => reason)).toEqual(['NoSuchClass'])
  })
})

describe('HTTPS', () => {
  const { certificate, key } = certificateFor('x.org', '*.y.org')
  const good = secret('cert', { 'tls.crt': certificate, 'tls.key': key })
  const tls = { tls: [{ hosts: ['x.org'], secretName: 'cert' }] }
  const rules = [{ host: 'x.org', to: 'web' }]

  it('serves the certificate of the Secret, and leads plain requests to it', () => {
    const object = ingress('i', rules, tls)
    const { files, problems } = plan([object], { secrets: [good] })
    expect(problems).toEqual([])
    const [file = ''] = Object.keys(files).filter(name => name.endsWith('.crt'))
    expect(files[file]).toBe(certificate)
    expect(files[file.replace('.crt', '.key')]).toBe(key)
    expect(files.ports).toBe('tcp 80\ntcp 443\nudp 443\n')
    expect(ask(files, { host: 'x.org', path: '/', secure: true })).toBe('web')
    expect(ask(files, { host: 'x.org', path: '/' })).toBe(308)
  })

  it.each([
    ['ssl-redirect', 'false', 'web'],
    ['force-ssl-redirect', 'true', 308],
  ])('%s: %s', (name, value, expected) => {
    const annotations = { [`nginx.ingress.kubernetes.io/${name}`]: value }
    const object = ingress('i', rules, { annotations, ...(expected === 308 ? {} : tls) })
    expect(to([object], { host: 'x.org', path: '/' }, { secrets: [good] })).toBe(expected)
  })

  it('a wildcard host is served by a wildcard certificate', () => {
    const object = ingress('i', [{ host: 'a.y.org', to: 'web' }], {
      tls: [{ hosts: ['*.y.org'], secretName: 'cert' }],
    })
    expect(to([object], { host: 'a.y.org', path: '/' }, { secrets: [good] })).toBe(308)
  })

  it.each([
    ['is missing', [], 'NoCertificate', /^There is no Secret shop\/cert, so that x\.org is not served/],
    ['is empty', [secret('cert', {})], 'BadCertificate', /has to hold tls\.crt and tls\.key/],
    [
      'has rubbish in it',
      [secret('cert', { 'tls.crt': 'rubbish', 'tls.key': 'rubbish' })],
      'BadCertificate',
      /cannot be used/,
    ],
    [
      "has another one's key",
      [secret('cert', { 'tls.crt': certificate, 'tls.key': certificateFor('x.org').key })],
      'BadCertificate',
      /not the key of tls\.crt/,
    ],
    [
      'has a key that Caddy cannot read',
      [secret('cert', certificateSecretData(certificateOfCurve('secp256k1', 'x.org')))],
      'BadCertificate',
      /has to be RSA, ECDSA/,
    ],
    [
      'is for another host',
      [secret('cert', certificateSecretData(certificateFor('z.org')))],
      'WrongCertificate',
      /is for z\.org, not for x\.org/,
    ],
  ])('a Secret that %s is told, and the rest is served', (_, secrets, reason, message) => {
    const object = ingress('i', rules, tls)
    const { files, problems } = plan([object], { secrets })
    expect(problems).toMatchObject([{ reason, message: expect.stringMatching(message) as unknown }])
    expect(ask(files, { host: 'x.org', path: '/' })).toBe('web')
    expect(files.ports).toBe('tcp 80\n')
  })
})

describe('the certificate of a host that also a wildcard covers', () => {
  // which one comes first by its content is a matter of chance
  const pairs = Array.from(
    { length: 4 },
    () => [certificateFor('a.y.org'), certificateFor('*.y.org')] as const,
  )
  const policies = (extras: Parameters<typeof ingress>[2], secrets: Secret[]) => {
    const { files } = plan([ingress('i', [{ host: 'a.y.org', to: 'web' }], extras)], { secrets })
    const { apps } = JSON.parse(files['caddy.json'] ?? '') as {
      apps: { http: { servers: { https: { tls_connection_policies: { match?: { sni: string[] } }[] } } } }
    }
    return apps.http.servers.https.tls_connection_policies.map(({ match }) => match?.sni)
  }
  const wildcard = { hosts: ['*.y.org'], secretName: 'wild' }

  it.each(pairs)('is its own, whatever their names (%#)', (own, wild) => {
    const secrets = [secret('own', certificateSecretData(own)), secret('wild', certificateSecretData(wild))]
    const tls = [wildcard, { hosts: ['a.y.org'], secretName: 'own' }]
    expect(policies({ tls }, secrets)).toEqual([['a.y.org'], ['*.y.org'], undefined])
  })

  it('is the one that is obtained for it', () => {
    const [[, wild]] = pairs as [(typeof pairs)[0]]
    const tls = [wildcard, { hosts: ['a.y.org'], secretName: 'none' }]
    const annotations = { 'coxswain.io/acme': 'true' }
    expect(policies({ tls, annotations }, [secret('wild', certificateSecretData(wild))])).toEqual([
      ['a.y.org'],
      ['*.y.org'],
      undefined,
    ])
  })
})

function certificateSecretData({ certificate, key }: { certificate: string; key: string }) {
  return { 'tls.crt': certificate, 'tls.key': key }
}

describe('requests that fail', () => {
  const { files, dials, servers } = plan([ingress('i', [{ host: 'x.org', to: 'web' }])])
  const config = JSON.parse(files['caddy.json'] ?? '') as {
    logging: { logs: Record<string, object> }
    apps: { http: { servers: Record<string, { logs: object; routes: object[] }> } }
  }

  it('are written to a file, with the backend and nothing else of the request', () => {
    expect(config.logging.logs.failed).toMatchObject({
      include: ['http.log.access'],
      level: 'ERROR',
      writer: { filename: '/etc/coxswain/requests/failed.log', roll_size_mb: 8, roll_keep: 1 },
      encoder: {
        format: 'filter',
        fields: { request: { filter: 'delete' }, resp_headers: { filter: 'delete' } },
      },
    })
    expect(config.logging.logs.default).toMatchObject({ exclude: ['http.log.access'] })
    expect(config.apps.http.servers.http).toMatchObject({ logs: {} })
    expect(config.apps.http.servers.http?.routes[0]).toMatchObject({
      handle: [{ handler: 'map', defaults: ['{http.reverse_proxy.upstream.hostport}'] }],
    })
  })

  it('are found by the addresses that Caddy connects to for a Service', () => {
    const [dial = ''] = /10\.96\.0\.2:\d+/.exec(files['caddy.json'] ?? '') ?? []
    expect([...dials.keys()]).toEqual(['shop/web'])
    expect(dials.get('shop/web')).toContain(dial)
    expect(dials.get('shop/web')).toHaveLength(4)
    expect(servers).toEqual(['a', 'b'])
  })
})

describe('certificates from an authority', () => {
  const annotations = { 'coxswain.io/acme': 'true' }
  const tls = [{ hosts: ['x.org'], secretName: 'none' }]
  const object = ingress('i', [{ host: 'x.org', to: 'web' }], { annotations, tls })
  const configOf = (server: string, acme: AcmeSettings = {}) => plan([object], { acme }).filesOf(server)

  it('are obtained by the first server, as the settings say', () => {
    const acme = { directory: 'https://ca.test/dir', email: 'a@b.test', trustedRoots: 'roots' }
    const files = configOf('a', acme)
    expect(files.acme).toBe('leader\n')
    expect(files['acme-roots.pem']).toBe('roots')
    expect(JSON.parse(files['caddy.json'] ?? '')).toMatchObject({
      apps: {
        tls: {
          certificates: { automate: ['x.org'] },
          automation: {
            policies: [
              {
                subjects: ['x.org'],
                issuers: [
                  {
                    module: 'acme',
                    ca: 'https://ca.test/dir',
                    email: 'a@b.test',
                    trusted_roots_pem_files: ['/etc/coxswain/ingress/acme-roots.pem'],
                  },
                ],
              },
            ],
          },
        },
      },
    })
  })

  it('are fetched by the others, which send the authority’s questions on', () => {
    const files = configOf('b')
    expect(files.acme).toBe('from 10.244.0.1 49350 store.coxswain.internal\n')
    const config = files['caddy.json'] ?? ''
    expect(config).not.toContain('automate')
    expect(config).not.toContain('49350')
    const { apps } = JSON.parse(config) as { apps: { http: { servers: { http: { routes: unknown[] } } } } }
    expect(apps.http.servers.http.routes[3]).toMatchObject({
      match: [{ host: ['x.org'], path: ['/.well-known/acme-challenge/*'] }],
      handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: '10.244.0.1:80' }] }],
    })
  })

  it('are not asked for where there is a Secret, or a wildcard, or no annotation', () => {
    const { certificate, key } = certificateFor('x.org')
    const none = secret('none', { 'tls.crt': certificate, 'tls.key': key })
    expect(plan([object], { secrets: [none] }).acmeHosts).toEqual([])
    const wild = ingress('i', [{ host: '*.x.org', to: 'web' }], {
      annotations,
      tls: [{ hosts: ['*.x.org'] }],
    })
    expect(plan([wild])).toMatchObject({ acmeHosts: [], problems: [{ reason: 'NoCertificate' }] })
    const plain = ingress('i', [{ host: 'x.org', to: 'web' }], { tls })
    expect(plan([plain])).toMatchObject({ acmeHosts: [], problems: [{ reason: 'NoCertificate' }] })
    expect(plan([plain], { acme: { everywhere: true } }).acmeHosts).toEqual(['x.org'])
  })

  it('a server that does not run the ingress has no file of it', () => {
    expect(plan([object]).filesOf('c')).toEqual({})
  })
})
