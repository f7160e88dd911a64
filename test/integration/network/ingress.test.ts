import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateFor } from '../../certificate.ts'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { installLoad, startLoad, sumOf } from '../support/load.ts'
import { certificateSecret, serverManifests, webDeployment } from '../support/manifests.ts'
import { askSteadily } from '../support/steady.ts'
import { certificateAt, curl, echo, openSocket, versionAt } from './ingress-client.ts'
import { ECHO, GRPC } from './ingress-pods.ts'

const run = promisify(execFile)
const SERVERS = [1, 2, 3]
const READINESS = `          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}\n`

let cox: Cox

beforeAll(async () => {
  await lab.reset(3)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  const { certificate, key } = certificateFor('secure.example.org', '*.wild.example.org')
  await cox.apply(
    [
      webDeployment({ image: `${lab.env.web}:1`, replicas: 3, container: READINESS }),
      webDeployment({ name: 'api', image: `${lab.env.web}:2`, replicas: 1 }),
      ECHO.replace('IMAGE', `${lab.env.web}:1`),
      ...['web', 'api', 'echo'].map(service),
      certificateSecret({ certificate, key }),
      INGRESSES,
    ].join('---\n'),
  )
  for (const name of ['web', 'api', 'echo']) {
    await cox.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=90s')
  }
  for (const n of SERVERS) {
    await waitFor(`server ${n} serves`, async () => (await versionAt(n, 'http://web.example.org/')) === '1')
    await waitFor('api, too', async () => (await envAt(n)).VERSION === '2')
  }
})

afterAll(() => cox?.dispose())

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
`

const path = (at: string, to: string) =>
  `{path: ${at}, pathType: Prefix, backend: {service: {name: ${to}, port: {name: http}}}}`

const INGRESSES = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
    - host: web.example.org
      http: {paths: [${path('/', 'web')}, ${path('/env', 'api')}]}
    - host: echo.example.org
      http: {paths: [${path('/', 'echo')}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: secure}
spec:
  ingressClassName: coxswain
  tls: [{hosts: [secure.example.org, '*.wild.example.org'], secretName: cert}]
  rules:
    - host: secure.example.org
      http: {paths: [${path('/', 'web')}]}
    - host: '*.wild.example.org'
      http: {paths: [${path('/', 'api')}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: every}
spec: {defaultBackend: {service: {name: api, port: {number: 80}}}}
`

/** A path that leads to another Service. */
async function envAt(n: number): Promise<{ VERSION?: string }> {
  return JSON.parse(await curl(n, 'http://web.example.org/env')) as { VERSION?: string }
}

const statusAt = (n: number, url: string, ...args: string[]) =>
  curl(n, url, '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', ...args)

/** An image with Caddy in it, which every server has. */
async function systemImage(n: number): Promise<string> {
  return (await lab.docker(n, 'inspect', 'coxswain-system', '--format', '{{.Config.Image}}')).trim()
}

describe.each(SERVERS)('server %i', n => {
  it('leads requests by host and path to pods of all servers', async () => {
    expect(await versionAt(n, 'http://web.example.org/')).toBe('1')
    expect((await envAt(n)).VERSION).toBe('2')
    expect(await versionAt(n, 'http://elsewhere.example.org/')).toBe('2')
    const pods = new Set<string>()
    await waitFor('an answer of each pod', async () => {
      pods.add((JSON.parse(await curl(n, 'http://web.example.org/')) as { address: string }).address)
      return pods.size === 3
    })
  })

  it('serves a host over HTTPS with the certificate of its Secret, and sends others there', async () => {
    expect(await versionAt(n, 'https://secure.example.org/')).toBe('1')
    expect(await versionAt(n, 'https://any.wild.example.org/')).toBe('2')
    expect(await statusAt(n, 'http://secure.example.org/a?b=c')).toBe('308 https://secure.example.org/a?b=c')
    const protocol = await curl(n, 'https://secure.example.org/', '-o', '/dev/null', '-w', '%{http_version}')
    expect(protocol).toBe('2')
    expect(await curl(n, 'https://secure.example.org/', '-i')).toMatch(/^alt-svc: h3=":443"/im)
  })

  it('speaks QUIC', async () => {
    expect(await quicVersions(lab.env.host(n))).toContain(1)
  })
})

it('an Ingress says where it is reached', async () => {
  const { status } = await cox.get<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
    'ingress',
    'web',
  )
  expect(status.loadBalancer.ingress.map(({ ip }) => ip)).toEqual(SERVERS.map(n => lab.env.host(n)))
})

it('what is wrong with an Ingress is an event, and an annotation without effect a warning', async () => {
  const { stderr } = await cox.tryApply(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: wrong
  annotations: {nginx.ingress.kubernetes.io/lua-resty-waf: active}
spec:
  tls: [{hosts: [gone.example.org], secretName: gone}]
  rules: [{host: gone.example.org, http: {paths: [${path('/', 'gone')}]}}]
`)
  expect(stderr).toContain('metadata.annotations[nginx.ingress.kubernetes.io/lua-resty-waf]')
  await waitFor('both events', async () => {
    const events = await cox.kubectl('get', 'events', '--field-selector', 'involvedObject.name=wrong')
    return /NoCertificate.*no Secret default\/gone/.test(events) && /NoSuchService.*Service gone/.test(events)
  })
  await waitFor('503', async () => (await statusAt(1, 'http://gone.example.org/')) === '503 ')
  await cox.kubectl('delete', 'ingress', 'wrong')
})

describe('annotations', () => {
  const NGINX = 'nginx.ingress.kubernetes.io/'
  const cases: Record<string, Record<string, string>> = {
    size: { 'proxy-body-size': '10' },
    slow: { 'proxy-read-timeout': '1' },
    password: { 'auth-type': 'basic', 'auth-secret': 'people' },
    nobody: { 'denylist-source-range': '0.0.0.0/0' },
    moved: { 'permanent-redirect': 'https://example.org/new' },
    rewritten: { 'rewrite-target': '/env' },
    grpc: { 'backend-protocol': 'GRPC' },
  }
  const ingressOf = ([name, values]: [string, Record<string, string>]) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  annotations:
${Object.entries(values)
  .map(([key, value]) => `    ${NGINX}${key}: '${value}'`)
  .join('\n')}
spec: {rules: [{host: ${name}.example.org, http: {paths: [${path('/', name === 'grpc' ? 'grpc' : 'web')}]}}]}
`
  const bytes = (count: number) => ['--data', 'x'.repeat(count)]
  const as = (user: string) => ['--user', user]

  it('come into force without a failed request', async () => {
    const image = await systemImage(1)
    await installLoad([1])
    const target = { port: 80, host: 'web.example.org', rate: 50 }
    const loads = await Promise.all(SERVERS.map(n => startLoad({ ...target, address: lab.env.host(n) })))
    try {
      // the hash is of U*U, from the test vectors of crypt_blowfish
      await cox.apply(
        [
          `apiVersion: v1
kind: Secret
metadata: {name: people}
stringData: {auth: 'ann:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'}
`,
          GRPC.replace('IMAGE', image),
          service('grpc'),
          ...Object.entries(cases).map(ingressOf),
        ].join('---\n'),
      )
      // until then the default backend answers for these hosts
      await waitFor('all of them', async () =>
        (await statusAt(1, 'http://moved.example.org/')).startsWith('301'),
      )
      await waitFor('the pod', async () => (await statusAt(1, 'http://grpc.example.org/')) === '200 ')
    } finally {
      const { asked, failed, words } = sumOf(await Promise.all(loads.map(load => load.stop())))
      expect({ failed, words }).toEqual({ failed: 0, words: [] })
      expect(asked).toBeGreaterThan(20)
    }
  })

  it.each([
    ['http://size.example.org/', bytes(11), '413 '],
    ['http://size.example.org/', bytes(10), '200 '],
    ['http://slow.example.org/slow?ms=3000', [], '504 '],
    ['http://slow.example.org/slow?ms=1', [], '200 '],
    ['http://password.example.org/', [], '401 '],
    ['http://password.example.org/', as('ann:U*V'), '401 '],
    ['http://password.example.org/', as('ann:U*U'), '200 '],
    ['http://nobody.example.org/', [], '403 '],
    ['http://moved.example.org/', [], '301 https://example.org/new'],
  ])('%s %j answers %s', async (url, args, expected) => {
    expect(await statusAt(1, url, ...args)).toBe(expected)
  })

  it('lead to another path, and speak HTTP/2 to pods for gRPC', async () => {
    expect(await curl(1, 'http://rewritten.example.org/any')).toContain('"VERSION":"1"')
    expect(await curl(1, 'http://grpc.example.org/')).toBe('HTTP/2.0')
  })
})

it('a rolling update of ten pods loses no request, and closes no WebSocket', async () => {
  await cox.kubectl('scale', 'deployment/web', '--replicas=10')
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s')
  const socket = await openSocket(1)
  const steady = askSteadily(
    SERVERS.map(n => lab.env.host(n)),
    'web.example.org',
  )
  try {
    await cox.kubectl('set', 'image', 'deployment/web', `web=${lab.env.web}:2`)
    await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s')
    await waitFor(
      'the old pods are gone',
      async () => (await podsOf(cox)).filter(({ name }) => name.startsWith('web-')).length === 10,
    )
    await waitFor(
      'the new version alone',
      async () => (await versionAt(2, 'http://web.example.org/')) === '2',
    )
  } finally {
    await steady.stop()
  }
  console.log(`rolling update: ${steady.asked()} requests, ${steady.failures.length} failed`)
  expect(steady.failures).toEqual([])
  expect(steady.asked()).toBeGreaterThan(100)
  expect(await echo(socket, 'still here')).toBe('still here')
  socket.close()
})

it('one certificate from an authority is served by all servers', async () => {
  const directory = await startAuthority(3, 'acme.example.org')
  await cox.apply(`apiVersion: v1
kind: ConfigMap
metadata: {name: network, namespace: coxswain-system}
data:
  acme-directory: ${directory.url}
  acme-email: lab@example.org
  acme-trusted-roots: ${JSON.stringify(directory.root)}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: acme, annotations: {coxswain.io/acme: "true"}}
spec:
  tls: [{hosts: [acme.example.org], secretName: acme}]
  rules: [{host: acme.example.org, http: {paths: [${path('/', 'web')}]}}]
`)
  const seen = new Set<string>()
  for (const n of SERVERS) {
    const certificate = await waitFor(
      `server ${n} serves it`,
      () => certificateAt(n, 'acme.example.org'),
      120_000,
    )
    expect(certificate.issuer).toContain('Caddy Local Authority')
    seen.add(certificate.fingerprint256)
  }
  expect(seen.size).toBe(1)
})

it('the certificate is served by all, the former one too, when another server obtains them', async () => {
  const before = (await certificateAt(1, 'acme.example.org'))?.fingerprint256
  const role = (n: number) => lab.docker(n, 'exec', 'coxswain-system', 'cat', '/etc/coxswain/ingress/acme')
  const [leader = 0] = await Promise.all(SERVERS.map(role)).then(roles =>
    SERVERS.filter((_, index) => roles[index]?.trim() === 'leader'),
  )
  const next = leader === 1 ? 2 : 1
  const secret = ['secret/ingress-store', '--namespace', 'coxswain-system']
  await cox.kubectl('annotate', ...secret, '--overwrite', `coxswain.io/acme-leader=lab-${next}`)
  await waitFor('another one obtains', async () => (await role(next)).trim() === 'leader')
  await waitFor('the former one follows', async () => (await role(leader)).startsWith('from '))
  for (const n of SERVERS) {
    const { fingerprint256 } = await waitFor(`server ${n}`, () => certificateAt(n, 'acme.example.org'))
    expect(fingerprint256).toBe(before)
  }
})

it('a taken port is told, disturbs nothing else, and is served once it is free', async () => {
  await cox.kubectl('label', 'server', 'lab-3', 'coxswain.io/ingress=false')
  await waitFor('server 3 is left out', async () => !(await listens(3)))
  const squatter = ['run', '--detach', '--name', 'squatter', '--network', 'host', '--env', 'PORT=80']
  await lab.docker(3, ...squatter, `${lab.env.web}:1`)
  await cox.kubectl('label', 'server', 'lab-3', 'coxswain.io/ingress-')
  const condition = (type: string) =>
    cox.kubectl('get', 'node', 'lab-3', '-o', `jsonpath={.status.conditions[?(@.type=="${type}")].status}`)
  await waitFor('it is told', async () => (await condition('IngressUnavailable')) === 'True')
  expect(await condition('NetworkUnavailable')).toBe('False')
  expect(await cox.kubectl('get', 'events', '--field-selector', 'involvedObject.name=lab-3')).toContain(
    'Port 80 (tcp) is taken by another program',
  )
  await lab.docker(3, 'rm', '--force', 'squatter')
  await waitFor('it serves', async () => (await versionAt(3, 'http://web.example.org/')) === '2')
  await waitFor('that is told, too', async () => (await condition('IngressUnavailable')) === 'False')
})

it('what a server refuses is told, and keeps no pod from being found', async () => {
  // a script that Caddy's Go is too old to know
  await cox.apply(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: refused, annotations: {nginx.ingress.kubernetes.io/use-regex: "true"}}
spec:
  rules:
    - host: refused.example.org
      http: {paths: [{path: '/\\p{Kawi}', pathType: ImplementationSpecific, backend: {service: {name: web, port: {name: http}}}}]}
`)
  const condition = () =>
    cox.kubectl(
      'get',
      'node',
      'lab-1',
      '-o',
      `jsonpath={.status.conditions[?(@.type=="IngressUnavailable")]}`,
    )
  await waitFor('it is told', async () => (await condition()).includes('PlanRefused'))
  expect(await condition()).toContain('Kawi')
  await cox.kubectl('scale', 'deployment/api', '--replicas=0')
  await cox.kubectl('wait', '--for=delete', 'pod', '--selector=app=api', '--timeout=60s')
  await cox.kubectl('scale', 'deployment/api', '--replicas=1')
  await cox.kubectl('rollout', 'status', 'deployment/api', '--timeout=90s')
  await waitFor('the new pod is found', async () => (await envAt(1)).VERSION === '2')
  await cox.kubectl('delete', 'ingress', 'refused')
  await waitFor('all is well', async () => (await condition()).includes('"False"'))
})

describe('with the control plane gone', () => {
  it('a server that loses its power costs two seconds of failures at most', async () => {
    await cox.kill()
    const steady = askSteadily(
      [1, 2].map(n => lab.env.host(n)),
      'web.example.org',
      4,
    )
    await waitFor('many answers', () => steady.asked() > 200)
    expect(steady.failures).toEqual([])
    const cut = Date.now()
    await lab.kill(3)
    await waitFor('both servers know', async () => {
      const dead = await Promise.all(
        [1, 2].map(n => lab.docker(n, 'exec', 'coxswain-system', 'ls', '/run/coxswain/lost')),
      )
      return dead.every(text => text.trim() !== '')
    })
    const known = Date.now()
    const before = steady.asked()
    await waitFor('many more answers', () => steady.asked() > before + 500)
    await steady.stop()
    const last = Math.max(cut, ...steady.failures.map(({ at }) => at))
    console.log(
      `power cut: noticed after ${known - cut} ms, ${steady.failures.length} of ${steady.asked()} failed, ` +
        `the last one begun ${last - cut} ms after it; slowest answer afterwards ${steady.slowest(known)} ms`,
    )
    // those that were under way when it was noticed may fail, none that began afterwards
    expect(steady.failures.filter(({ at }) => at > known)).toEqual([])
  })

  it('the server that boots again serves, and gets its share', async () => {
    await lab.boot(3)
    await waitFor('it serves HTTP', async () => (await versionAt(3, 'http://web.example.org/')) === '2')
    await waitFor('it serves HTTPS', async () => (await versionAt(3, 'https://secure.example.org/')) === '2')
    await waitFor('and what was obtained', () => certificateAt(3, 'acme.example.org'))
    await waitFor('the others know', async () => {
      const dead = await lab.docker(1, 'exec', 'coxswain-system', 'ls', '/run/coxswain/lost')
      return dead.trim() === ''
    })
  })
})

/**
 * An authority of our own, Caddy's, on a server: it asks for its proof at server 2, which is not the one that obtains.
 */
async function startAuthority(n: number, host: string): Promise<{ url: string; root: string }> {
  const address = lab.env.host(n)
  const config = {
    apps: {
      http: {
        servers: {
          ca: {
            listen: [':14000'],
            automatic_https: { disable: true },
            tls_connection_policies: [{}],
            routes: [{ handle: [{ handler: 'acme_server' }] }],
          },
        },
      },
      tls: {
        certificates: { automate: [address] },
        automation: { policies: [{ subjects: [address], issuers: [{ module: 'internal' }] }] },
      },
    },
  }
  const image = await systemImage(n)
  const options = [
    '--detach',
    '--name',
    'authority',
    '--network',
    'host',
    '--add-host',
    `${host}:${lab.env.host(2)}`,
  ]
  const command = `echo '${JSON.stringify(config)}' >/ca.json && exec caddy run --config /ca.json`
  await lab.docker(n, 'run', ...options, '--env', 'HOME=/root', '--entrypoint', 'sh', image, '-c', command)
  const file = '/root/.local/share/caddy/pki/authorities/local/root.crt'
  const root = await waitFor('its root', () => lab.docker(n, 'exec', 'authority', 'cat', file))
  const url = `https://${address}:14000/acme/local/directory`
  // Caddy, that finds nobody there, tries again only after a minute
  await waitFor('its directory', () => run('curl', ['-skf', '--max-time', '5', url]))
  return { url, root }
}

async function listens(n: number): Promise<boolean> {
  return (await lab.exec(n, 'ss', '-Hltn', 'sport = :80')) !== ''
}

/** Asks in a version that nobody speaks, and gets those that the server speaks (RFC 9000, 6.1). */
function quicVersions(address: string): Promise<number[]> {
  const packet = Buffer.alloc(1200)
  packet.set([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0])
  const socket = createSocket('udp4')
  return new Promise<number[]>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no answer to QUIC')), 5_000)
    socket.once('error', reject).once('message', reply => {
      clearTimeout(late)
      const start = 5 + 1 + (reply[5] ?? 0)
      const versions = reply.subarray(start + 1 + (reply[start] ?? 0))
      resolve(Array.from({ length: versions.length / 4 }, (_, n) => versions.readUInt32BE(n * 4)))
    })
    socket.send(packet, 443, address)
  }).finally(() => socket.close())
}
