import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests } from '../support/manifests.ts'
import { SERVE, TRY } from './talking.ts'

/** Where each of them runs. All serve TCP at 8080 (`http`) and 8443, and UDP at 5300. */
const PLACES = { 'shop/web': 1, 'shop/db': 1, 'shop/api': 2, 'bank/web': 2 }
type Place = keyof typeof PLACES

let cox: Cox
const pods = new Map<string, PodView>()

beforeAll(async () => {
  await lab.reset(2)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 2))
  await waitForReadyNodes(cox, 2)
  await cox.apply(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: blue}}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, labels: {team: red}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 80, targetPort: http}]}
`)
  await cox.apply(
    Object.entries(PLACES)
      .map(([place, server]) => podManifest(place, server))
      .join('---\n'),
  )
  for (const namespace of ['shop', 'bank']) {
    await cox.kubectl('wait', 'pod', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=120s')
    for (const app of ['web', 'db', 'api']) {
      for (const pod of await podsOf(cox, `app=${app}`, namespace)) pods.set(`${namespace}/${app}`, pod)
    }
  }
})

afterAll(() => cox?.dispose())

function podManifest(place: string, server: number, script = SERVE): string {
  const [namespace, app] = place.split('/')
  return `apiVersion: v1
kind: Pod
metadata: {name: ${app}, namespace: ${namespace}, labels: {app: ${app}}}
spec:
  nodeName: lab-${server}
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: ${lab.env.web}:1
      command: [python3, -u, -c, ${JSON.stringify(script)}]
      ports: [{name: http, containerPort: 8080}, {name: other, containerPort: 8443}]
`
}

function podOf(place: string): PodView {
  const pod = pods.get(place)
  if (!pod) throw new Error(`there is no pod ${place}`)
  return pod
}

function inPod(place: string, ...command: string[]): Promise<string> {
  const { node, containerId } = podOf(place)
  return lab.docker(Number(node.slice(4)), 'exec', containerId.replace('docker://', ''), ...command)
}

/** Replaces all policies by these. */
async function policies(...specs: [name: string, spec: string][]): Promise<void> {
  await cox.kubectl('delete', 'networkpolicy', '--all', '-A')
  if (specs.length === 0) return
  const documents = specs.map(([name, spec]) => {
    const [namespace, own] = name.split('/')
    return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${own}, namespace: ${namespace}}
spec: ${spec}
`
  })
  expect(await cox.apply(documents.join('---\n'))).not.toContain('Warning')
}

/** Which of these get an answer: `shop/web > shop/db`, with `tcp 8080` unless something else is said after it. */
async function answered(connections: readonly string[]): Promise<string[]> {
  const bySource = new Map<string, string[]>()
  for (const text of connections) {
    const [from = '', , to = '', protocol = 'tcp', port = '8080'] = text.split(' ')
    const attempt = [text, pods.get(to)?.ip ?? to, protocol, port].join('|')
    bySource.set(from, [...(bySource.get(from) ?? []), attempt])
  }
  const answers = await Promise.all(
    [...bySource].map(async ([from, attempts]) => {
      const command = ['python3', '-c', TRY, attempts.join('\n')]
      const server = /^server-(\d)$/.exec(from)?.[1]
      const output = server ? await lab.exec(Number(server), ...command) : await inPod(from, ...command)
      return output.split('\n')
    }),
  )
  const all = new Set(answers.flat())
  return connections.filter(text => all.has(text))
}

/** Waits until exactly the first ones get an answer, and looks again. */
async function expectAnswers({ yes, no }: { yes: string[]; no: string[] }): Promise<void> {
  await waitFor(`an answer of these alone: ${yes.join(', ')}`, async () => {
    const seen = await answered([...yes, ...no])
    if (seen.join() === yes.join()) return true
    const missing = yes.filter(text => !seen.includes(text))
    const excess = seen.filter(text => no.includes(text))
    throw new Error(`no answer: ${missing.join(', ') || 'none'}; an answer: ${excess.join(', ') || 'none'}`)
  })
  expect(await answered([...yes, ...no])).toEqual(yes)
}

const AMONG_PODS = Object.keys(PLACES).flatMap(from =>
  Object.keys(PLACES).flatMap(to => (from === to ? [] : [`${from} > ${to}`])),
)
const from = (place: Place) => AMONG_PODS.filter(text => text.startsWith(`${place} >`))
const to = (place: Place) => AMONG_PODS.filter(text => text.endsWith(`> ${place}`))
const except = (all: string[], some: string[]) => all.filter(text => !some.includes(text))

/** What the servers themselves begin. */
const FROM_SERVERS = ['server-1 > shop/db', 'server-2 > shop/api']

describe('NetworkPolicies, with real packets', () => {
  it('none: everybody talks to everybody', async () => {
    await expectAnswers({ yes: [...AMONG_PODS, ...FROM_SERVERS, 'shop/api > shop/db udp 5300'], no: [] })
  })

  it('deny all that comes in, on the same server and from another; each server reaches its own pods', async () => {
    await policies(['shop/deny', '{podSelector: {}}'])
    const yes = [...to('bank/web'), ...FROM_SERVERS]
    const no = [...except(AMONG_PODS, to('bank/web')), 'server-2 > shop/db', 'shop/api > shop/db udp 5300']
    await expectAnswers({ yes, no })
  })

  it('add up, and select by pod, by namespace, and by both', async () => {
    await policies(
      ['shop/deny', '{podSelector: {}}'],
      [
        'shop/db',
        '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}',
      ],
      [
        'shop/api',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]}',
      ],
      [
        'shop/web',
        '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]}]}',
      ],
    )
    const yes = [...to('bank/web'), 'shop/web > shop/db', 'bank/web > shop/api', 'shop/api > shop/web']
    await expectAnswers({ yes, no: except(AMONG_PODS, yes) })
  })

  it('let in a block of addresses, except some', async () => {
    const { ip } = podOf('shop/api')
    const block = `{cidr: ${ip.replace(/\d+$/, '0')}/24, except: [${ip}/32]}`
    await policies([
      'shop/db',
      `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: ${block}}]}]}`,
    ])
    await expectAnswers({
      yes: ['bank/web > shop/db', 'server-2 > shop/db'],
      no: ['shop/api > shop/db', 'shop/web > shop/db'],
    })
  })

  it('let in what goes to a port by its number, its name, its range or its protocol', async () => {
    const open = (app: string, ports: string) =>
      `{podSelector: {matchLabels: {app: ${app}}}, ingress: [{ports: ${ports}}]}`
    await policies(
      ['shop/db', open('db', '[{port: 8080}]')],
      ['shop/api', open('api', '[{port: other}]')],
      ['shop/web', open('web', '[{port: 8100, endPort: 8443}]')],
      ['bank/web', open('web', '[{protocol: UDP}]')],
    )
    await expectAnswers({
      yes: [
        'shop/api > shop/db',
        'shop/db > shop/api tcp 8443',
        'shop/db > shop/web tcp 8443',
        'shop/db > bank/web udp 5300',
      ],
      no: [
        'shop/web > shop/db tcp 8443',
        'shop/web > shop/db udp 5300',
        'shop/db > shop/api',
        'shop/db > shop/web',
        'shop/db > bank/web',
      ],
    })
  })

  it('deny all that goes out: to pods, to its own and another server, to the name server', async () => {
    await policies(['shop/deny', '{podSelector: {}, policyTypes: [Egress]}'])
    const shop = (['shop/web', 'shop/db', 'shop/api'] as const).flatMap(from)
    const outside = [1, 2].map(n => `shop/web > ${lab.env.host(n)} tcp 22`)
    await expectAnswers({
      yes: [...from('bank/web'), ...FROM_SERVERS, `bank/web > ${lab.env.host(1)} tcp 22`],
      no: [...shop, ...outside, `shop/web > ${gatewayOf('shop/web')} udp 53`],
    })
  })

  it('let a pod ask for names as in other clusters, and then reach what is allowed behind a Service', async () => {
    const dns = `{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{protocol: UDP, port: 53}]}`
    const db = '{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: http}]}'
    await policies(['shop/out', `{podSelector: {}, policyTypes: [Egress], egress: [${dns}, ${db}]}`])
    const yes = ['shop/web > db tcp 80', 'shop/api > db.shop tcp 80', 'shop/api > shop/db']
    await expectAnswers({
      yes,
      no: ['shop/web > shop/api', 'shop/api > bank/web', 'shop/web > shop/db tcp 8443'],
    })
  })

  it('are about new connections: what was let through goes on, also through a change', async () => {
    await policies()
    await expectAnswers({ yes: ['shop/api > shop/db'], no: [] })
    const talk = inPod('shop/api', 'python3', '-u', '-c', TALK, podOf('shop/db').ip)
    await waitFor('it has begun', () => lab.docker(1, 'exec', dbContainer(), 'cat', '/tmp/lines'))
    await policies(['shop/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'])
    await expectAnswers({ yes: [], no: ['shop/api > shop/db'] })
    await lab.docker(1, 'exec', dbContainer(), 'touch', '/tmp/enough')
    expect(await talk).toMatch(/^said \d+, lost 0$/m)
  })

  it('hold for a pod from its first packet on', async () => {
    const shout = (name: string) => podManifest(`shop/${name}`, 1, SHOUT(podOf('bank/web').ip))
    const heard = () => inPod('bank/web', 'cat', '/tmp/heard').catch(() => '')
    await policies(['shop/deny', '{podSelector: {matchLabels: {app: bound}}, policyTypes: [Egress]}'])
    await cox.apply(`${shout('bound')}---\n${shout('free')}`)
    await cox.kubectl('wait', 'pod', 'bound', 'free', '-n', 'shop', '--for=condition=Ready', '--timeout=120s')
    const addressOf = async (name: string) => (await podsOf(cox, `app=${name}`, 'shop'))[0]?.ip ?? ''
    const [bound, free] = await Promise.all(['bound', 'free'].map(addressOf))
    for (const name of ['bound', 'free']) {
      await waitFor(`${name} has tried`, async () =>
        (await cox.kubectl('logs', name, '-n', 'shop')).includes('done'),
      )
    }
    // the one that nothing bounds is heard, so that the other one would be
    const heardFrom = (await heard()).split('\n')
    expect(heardFrom).toContain(free)
    expect(heardFrom).not.toContain(bound)
    await cox.kubectl('delete', 'pod', 'bound', 'free', '-n', 'shop', '--wait')
  })

  it('hold on a server that boots again while the control plane is gone', async () => {
    await policies([
      'shop/db',
      '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}',
    ])
    const expected = { yes: ['shop/web > shop/db'], no: ['shop/api > shop/db', 'bank/web > shop/db'] }
    await expectAnswers(expected)
    await cox.kill()
    await lab.kill(1)
    await lab.boot(1)
    await expectAnswers({ ...expected, yes: [...expected.yes, 'bank/web > shop/web'] })
  })
})

function gatewayOf(place: string): string {
  return podOf(place).ip.replace(/\d+$/, '1')
}

function dbContainer(): string {
  return podOf('shop/db').containerId.replace('docker://', '')
}

/** Says something twenty times a second on one connection until it is told that it is enough. */
const TALK = `
import socket, sys, time
connection = socket.create_connection((sys.argv[1], 8080), 5)
connection.settimeout(5)
said = lost = 0
answer = b''
while answer != b'enough':
    connection.sendall(b'more')
    said += 1
    try:
        answer = connection.recv(64)
        if not answer: raise OSError('closed')
    except OSError:
        lost += 1
        break
    time.sleep(0.05)
print('said %d, lost %d' % (said, lost))
`

/** Says as soon as it lives, and for two seconds, that it does. */
const SHOUT = (address: string) => `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(2000):
    s.sendto(b'here', ('${address}', 5301))
    time.sleep(0.001)
print('done')
time.sleep(3600)
`
