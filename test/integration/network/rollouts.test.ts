import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { installLoad, type Load, startLoad, sumOf } from '../support/load.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'

const SERVERS = [1, 2, 3]
/** Requests a second. */
const RATE = 500
const READINESS = `          readinessProbe: {httpGet: {path: /readyz, port: 8080}}\n`
const FAILED = 'coxswain.io/rollout-failed-requests'
const FINISHED = 'coxswain.io/rollout-finished'
const REVISION = 'deployment.kubernetes.io/revision'

let cox: Cox

beforeAll(async () => {
  await lab.reset(3)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  await installLoad(SERVERS)
  await cox.apply(
    [
      webDeployment({ image: `${lab.env.web}:1`, replicas: 10, container: READINESS }),
      webDeployment({ name: 'next', image: `${lab.env.web}:3`, replicas: 1 }),
      webDeployment({ name: 'shaky', image: `${lab.env.web}:1`, replicas: 2 }),
      webDeployment({ name: 'lost', image: `${lab.env.web}:1`, replicas: 2 }),
      webDeployment({ name: 'client', image: `${lab.env.web}:1`, replicas: 1 }),
      ...['web', 'next', 'shaky', 'lost'].map(name => service(name)),
      ...['web', 'shaky', 'lost'].map(name => ingress(name)),
    ].join('---\n'),
  )
  for (const name of ['web', 'next', 'shaky', 'lost', 'client']) {
    await cox.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=90s')
  }
  for (const n of SERVERS) {
    await waitFor(`server ${n} serves`, async () => (await ask(n, 'web')).status === 200)
    await waitFor(`server ${n} serves shaky`, async () => (await ask(n, 'shaky')).status === 200)
  }
})

afterAll(() => cox?.dispose())

const service = (name: string, annotations = '{}') => `apiVersion: v1
kind: Service
metadata: {name: ${name}, annotations: ${annotations}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
`

const ingress = (
  host: string,
  { name = host, to = host, annotations = '{}' } = {},
) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, annotations: ${annotations}}
spec:
  rules:
    - host: ${host}.example.org
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${to}, port: {name: http}}}}]}
`

/** One request to the ingress of a server, on a connection of its own. */
function ask(
  n: number,
  host: string,
  { method = 'GET', path = '/' } = {},
): Promise<{ status: number; version: string }> {
  const headers = { host: `${host}.example.org`, 'content-length': 0 }
  const options = { host: lab.env.host(n), port: 80, method, path, headers, agent: false, timeout: 15_000 }
  return new Promise((resolve, reject) => {
    const sent = request(options, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('error', reject).on('end', () => {
        const version = /"version":"(\w+)"/.exec(body)?.[1] ?? ''
        resolve({ status: response.statusCode ?? 0, version })
      })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in 15 s'))).on('error', reject)
    sent.end()
  })
}

interface ReplicaSets {
  items: { metadata: { name: string; annotations: Record<string, string> } }[]
}

async function notesOf(app: string, revision: number): Promise<Record<string, string>> {
  const { items } = await cox.get<ReplicaSets>('replicasets', '-l', `app=${app}`)
  const found = items.find(({ metadata }) => metadata.annotations[REVISION] === String(revision))
  return found?.metadata.annotations ?? {}
}

/** Rolls out an image under load. */
async function rollOut(tag: string, load: () => Promise<Load[]>): Promise<void> {
  const loads = await load()
  await cox.kubectl('set', 'image', 'deployment/web', `web=${lab.env.web}:${tag}`)
  await cox.kubectl('rollout', 'status', 'deployment/web', '--timeout=180s')
  await waitFor('the old pods are gone', async () => (await podsOf(cox)).length === 10, 120_000)
  const report = sumOf(await Promise.all(loads.map(each => each.stop())))
  const { asked, rate, seconds, failed, again } = report
  console.log(
    `${asked} requests, ${rate} a second for ${seconds} s (aim: ${RATE}), ${failed} failed, ` +
      `${again} of a kept connection that was closed were asked again`,
  )
  expect(report).toMatchObject({ failed: 0, words: [] })
  expect(asked).toBeGreaterThan(500)
}

describe('a rolling update of ten pods fails no request', () => {
  const host = 'web.example.org'

  it('through the ingress of all servers, and that is written down', async () => {
    await rollOut('2', () =>
      Promise.all(
        SERVERS.map(n =>
          startLoad({ address: lab.env.host(n), port: 80, host, rate: RATE / SERVERS.length }),
        ),
      ),
    )
    await waitFor('the count is final', async () => (await notesOf('web', 2))[FINISHED])
    expect((await notesOf('web', 2))[FAILED]).toBe('0')
    expect(await cox.kubectl('describe', 'deployment', 'web')).toContain(`${FAILED}: 0`)
  })

  it('through the address of a Service', async () => {
    const { spec } = await cox.get<{ spec: { clusterIP: string } }>('service', 'web')
    const [client] = await podsOf(cox, 'app=client')
    const origin = {
      server: Number(client?.node.replace('lab-', '')),
      container: client?.containerId.replace('docker://', '') ?? '',
    }
    const target = { address: spec.clusterIP, port: 80, host, rate: RATE }
    await rollOut('1', async () => [await startLoad(target, origin)])
  })
})

describe('a pod whose last packets are lost as it goes', () => {
  const CUT = 'inet lost-packets'

  it('leaves nobody waiting', async () => {
    const [pod] = await podsOf(cox, 'app=lost')
    if (!pod) throw new Error('there is no pod')
    const server = Number(pod.node.replace('lab-', ''))
    const path = '/slow?ms=5000'
    const has = async (n: number, state: string) => {
      const connections = await lab.exec(n, 'cat', '/proc/net/nf_conntrack')
      // its server may be the one that was asked, and then Caddy's connection is led to it there
      const toPod = `(dst=${pod.ip} .*dport=8080|src=${pod.ip} .*sport=8080)`
      return new RegExp(`${state} .*${toPod}`).test(connections)
    }
    await waitFor('it was asked', async () => {
      await ask(1, 'lost')
      return has(1, 'TIME_WAIT')
    })
    const answers = Array.from({ length: 10 }, () => ask(1, 'lost', { path }))
    await waitFor('it is asked', () => has(server, 'ESTABLISHED'))
    const rules = `table ${CUT} { chain cut { type filter hook prerouting priority -400; ip saddr ${pod.ip} drop; }; }`
    await lab.exec(server, 'nft', rules)
    await cox.kubectl('delete', 'pod', pod.name, '--force', '--grace-period=0')
    try {
      // a request that takes its time may be too old to be asked again
      for (const { status } of await Promise.all(answers)) expect([200, 502]).toContain(status)
      await waitFor('it is forgotten', async () => !(await has(1, 'ESTABLISHED')))
      // the ports of connections that have ended may be in use again: those are left alone
      expect(await has(1, 'TIME_WAIT')).toBe(true)
    } finally {
      await lab.exec(server, 'nft', 'delete', 'table', ...CUT.split(' '))
    }
  })
})

describe('a rollout that fails requests', () => {
  /** Statuses of what the client saw. */
  const seen: number[] = []

  async function askAll(): Promise<void> {
    for (const n of SERVERS) {
      for (let i = 0; i < 12; i++)
        seen.push((await ask(n, 'shaky')).status, (await ask(n, 'shaky', { method: 'POST' })).status)
    }
  }
  const failures = () => seen.filter(status => status >= 500).length
  const countOf = async (revision: number) => Number((await notesOf('shaky', revision))[FAILED])

  const countIsRight = () =>
    waitFor('the count', async () => {
      const counted = await countOf(2)
      if (counted !== failures()) throw new Error(`${counted} counted, ${failures()} seen`)
      return true
    })

  it('has as many counted as the clients saw', async () => {
    await askAll()
    expect(failures()).toBe(0)
    // one new pod is ready, but not for long enough: the rollout goes on until it is undone
    const patch = { spec: { minReadySeconds: 500, template: { spec: { containers: [BROKEN] } } } }
    await cox.kubectl('patch', 'deployment', 'shaky', '--patch', JSON.stringify(patch))
    for (const n of SERVERS) {
      await waitFor('the broken pod is asked', async () => {
        const { status } = await ask(n, 'shaky')
        seen.push(status)
        return status === 500
      })
    }
    await askAll()
    expect(new Set(seen)).toEqual(new Set([200, 500, 502]))
    await countIsRight()
  })

  it('also while the control plane is not there', async () => {
    await cox.kill()
    const before = failures()
    await askAll()
    expect(failures()).toBeGreaterThan(before)
    await cox.start()
    await countIsRight()
  })

  it('keeps its count in the history, is told, and the rollback has its own', async () => {
    await cox.kubectl('rollout', 'undo', 'deployment/shaky')
    await waitFor('the count is final', async () => (await notesOf('shaky', 2))[FINISHED])
    const events = await cox.kubectl('get', 'events', '--field-selector', 'reason=RequestsFailed')
    expect(events).toContain(`${failures()} requests failed at the ingress while revision 2 was rolled out: `)
    expect(await countOf(2)).toBe(failures())
    await waitFor('that of the rollback', async () => (await countOf(3)) === 0)
    expect(await cox.kubectl('describe', 'deployment', 'shaky')).toContain(`${FAILED}: 0`)
  })
})

/** Is ready at once. Answers GET with 500, and closes the connection of any other request without an answer. */
const BROKEN = {
  name: 'shaky',
  command: ['python3', '-c'],
  args: [
    `
import socket
server = socket.create_server(('', 8080), backlog=64)
while True:
    connection = server.accept()[0]
    if connection.recv(4096).startswith(b'GET'):
        connection.sendall(b'HTTP/1.1 500 Broken\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n')
    connection.close()
`,
  ],
}

describe.each([
  [
    'an Ingress',
    (weight: number) => ingress('web', { name: 'canary', to: 'next', annotations: weightOf(weight) }),
  ],
  [
    'a Service',
    (weight: number) => service('next', `{coxswain.io/canary-of: web, ${weightOf(weight).slice(1)}`),
  ],
])('a canary that %s asks for', (_, manifest) => {
  const setWeight = (weight: number) => cox.apply(manifest(weight))

  /** How many of so many requests to each server the canary answered. */
  async function shareOf(count: number): Promise<number> {
    const answers = await Promise.all(
      SERVERS.map(async n => {
        let answered = 0
        for (let i = 0; i < count; i += 10) {
          const answers = await Promise.all(Array.from({ length: 10 }, () => ask(n, 'web')))
          answered += answers.filter(({ version }) => version === '3').length
        }
        return answered
      }),
    )
    return answers.reduce((sum, each) => sum + each, 0)
  }

  afterAll(async () => {
    await cox.kubectl('delete', 'ingress', 'canary', '--ignore-not-found')
    await cox.apply(service('next'))
    await waitFor('none', async () => (await shareOf(30)) === 0)
  })

  it('gets its share of the requests on every server', async () => {
    await setWeight(25)
    for (const n of SERVERS) await waitFor('the first one', async () => (await ask(n, 'web')).version === '3')
    // 600 requests, 150 of them expected, with a standard deviation of 10.6
    const share = await shareOf(200)
    expect(share).toBeGreaterThan(85)
    expect(share).toBeLessThan(215)
  })

  it('gets none with 0, and all with 100', async () => {
    await setWeight(0)
    await waitFor('none', async () => (await shareOf(30)) === 0)
    await setWeight(100)
    await waitFor('all', async () => (await shareOf(30)) === 90)
  })
})

function weightOf(weight: number): string {
  return `{coxswain.io/canary-weight: "${weight}"}`
}
