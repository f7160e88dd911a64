import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { certificateFor } from '../../certificate.ts'
import { lab, waitFor } from '../lab.ts'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { installLoad, startLoad } from '../support/load.ts'
import { certificateSecret, serverManifests, webDeployment } from '../support/manifests.ts'
import {
  certificateAt,
  curl,
  download,
  downloadHttp2,
  downloadIn,
  echo,
  openSocket,
  startBrowserFor,
} from './ingress-client.ts'
import { ECHO } from './ingress-pods.ts'

let cox: Cox

beforeAll(async () => {
  await lab.reset(1)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 1))
  await waitForReadyNodes(cox, 1)
  await cox.apply(
    [
      webDeployment({ image: `${lab.env.web}:1`, replicas: 1 }),
      webDeployment({ name: 'api', image: `${lab.env.web}:2`, replicas: 1 }),
      ECHO.replace('IMAGE', `${lab.env.web}:1`),
      ...['web', 'api', 'echo'].map(service),
      certificateSecret(certificateFor('echo.example.org')),
      echoIngress('web'),
      webIngress('web', 'api'),
    ].join('---\n'),
  )
  for (const name of ['web', 'api', 'echo']) {
    await cox.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=90s')
  }
  await waitFor('the ingress', async () => (await versionOf('web')) === '2')
  await waitFor('HTTPS', async () => (await openSocket(1, 'wss')).terminate() === undefined)
})

afterAll(() => cox?.dispose())

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
`

const path = (at: string, to: string) =>
  `{path: ${at}, pathType: Prefix, backend: {service: {name: ${to}, port: {name: http}}}}`

/** A host whose path /env leads to a Service of its own. */
const webIngress = (name: string, envFrom: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}}
spec: {rules: [{host: ${name}.example.org, http: {paths: [${path('/', 'web')}, ${path('/env', envFrom)}]}}]}
`

const echoIngress = (envFrom: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: echo, annotations: {nginx.ingress.kubernetes.io/ssl-redirect: "false"}}
spec:
  tls: [{hosts: [echo.example.org], secretName: cert}]
  rules: [{host: echo.example.org, http: {paths: [${path('/', 'echo')}, ${path('/env', envFrom)}]}}]
`

interface Env {
  VERSION?: string
}

/** On a new connection. */
async function versionOf(name: string, scheme = 'http'): Promise<string | undefined> {
  return (JSON.parse(await curl(1, `${scheme}://${name}.example.org/env`)) as Env).VERSION
}

const inSystem = (script: string) => lab.docker(1, 'exec', 'coxswain-system', 'bash', '-c', script)

const processes = async () => (await inSystem('pgrep -x caddy')).trim().split('\n').length

/** For a moment there are two. */
const listeners = async () => (await lab.exec(1, 'ss', '-Hltn', 'sport = :80')).trim().split('\n').length

it('changes of Ingresses and certificates close no connection that is in use', async () => {
  await installLoad([1])
  const sockets = [await openSocket(1), await openSocket(1, 'wss')]
  const session = connect('https://echo.example.org', {
    servername: 'echo.example.org',
    rejectUnauthorized: false,
    host: lab.env.host(1),
  })
  const downloads = [await download(1), downloadHttp2(session)]
  const load = await startLoad({
    address: lab.env.host(1),
    port: 80,
    host: 'web.example.org',
    rate: 100,
  })
  const kept = askKept()
  const goOn = async () => {
    const before = downloads.map(({ bytes }) => bytes())
    for (const socket of sockets) expect(await echo(socket, 'still here')).toBe('still here')
    await waitFor('more of each download', () =>
      downloads.every(({ bytes }, n) => bytes() > (before[n] ?? 0)),
    )
  }

  await cox.apply(webIngress('more', 'web'))
  await waitFor('another host', async () => (await versionOf('more')) === '1')
  await goOn()

  const { fingerprint256: former } = (await certificateAt(1, 'echo.example.org')) ?? {}
  await cox.apply(certificateSecret(certificateFor('echo.example.org')))
  await waitFor('another certificate', async () => {
    const now = await certificateAt(1, 'echo.example.org')
    return now !== undefined && now.fingerprint256 !== former
  })
  await goOn()

  await cox.apply(webIngress('web', 'web'))
  await waitFor('another path', async () => (await versionOf('web')) === '1')
  await waitFor('the same on a connection that is kept', () => kept.last() === '1')
  await goOn()

  await kept.stop()
  const { asked, failed, words, again } = await load.stop()
  console.log(`three changes: ${asked} requests, ${failed} failed, ${again} asked again`)
  expect({ failed, words, kept: kept.failures }).toEqual({ failed: 0, words: [], kept: [] })
  expect(asked).toBeGreaterThan(100)

  expect(await processes()).toBeGreaterThan(2)
  await curl(1, 'http://echo.example.org/end')
  for (const { finished } of downloads) await finished
  session.close()
  for (const socket of sockets) await close(socket)
  await waitFor('the former processes are gone', async () => (await processes()) === 2)
})

it('what HTTP/3 carries goes on, and what is asked next is answered by the new configuration', async () => {
  const { certificate, key } = certificateFor('echo.example.org')
  await cox.apply(certificateSecret({ certificate, key }))
  const browser = await startBrowserFor(1, 'echo.example.org', certificate)
  try {
    const page = await browser.newPage()
    await waitFor('the certificate', () => page.goto('https://echo.example.org/env'))
    const network = await page.context().newCDPSession(page)
    let protocol: string | undefined
    network.on('Network.responseReceived', ({ response }) => (protocol = response.protocol))
    await network.send('Network.enable')
    const ask = async () => {
      const { VERSION } = await page.evaluate(async () => (await (await fetch('/env')).json()) as Env)
      return `${VERSION} over ${protocol}`
    }
    await waitFor('HTTP/3', async () => (await ask()) === '1 over h3')
    const bytes = await downloadIn(page)
    expect(protocol).toBe('h3')

    await cox.apply(echoIngress('api'))
    await waitFor('the change, on another connection', async () => (await ask()) === '2 over h2')
    for (let n = 0; n < 20; n++) expect(await ask()).toBe('2 over h2')
    const before = await bytes()
    await waitFor('more of the download', async () => (await bytes()) > before)
    await curl(1, 'http://echo.example.org/end')
    await waitFor('its end', async () => (await bytes()) === Infinity)
  } finally {
    await browser.close()
  }
})

/** A blank line is another configuration. */
const nextGeneration = `mkdir -p /etc/coxswain/next && cp -r /etc/coxswain/ingress /etc/coxswain/next/ &&
  echo >>/etc/coxswain/next/ingress/caddy.json && coxswain-system apply ingress`

it('of many changes the last eight keep their connections', async () => {
  const sockets: WebSocket[] = []
  const closed: number[] = []
  for (let n = 0; n < 10; n++) {
    const socket = await openSocket(1)
    socket.once('close', () => closed.push(n))
    sockets.push(socket)
    await inSystem(nextGeneration)
    await waitFor('the former one takes no more connections', async () => (await listeners()) === 1)
  }
  await waitFor('the first two are closed', () => closed.length >= 2)
  expect(closed.sort()).toEqual([0, 1])
  for (const socket of sockets.slice(2)) {
    expect(await echo(socket, 'still here')).toBe('still here')
    socket.terminate()
  }
  await waitFor('the former processes are gone', async () => (await processes()) === 2)
  await waitFor('HTTP/3 is offered again', async () =>
    /^alt-svc: h3=/im.test(await curl(1, 'https://echo.example.org/env', '-i')),
  )
})

it('a Caddy that does not start leaves the one that is there, and is tried again', async () => {
  const problem = () =>
    cox.kubectl(
      'get',
      'node',
      'lab-1',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="IngressUnavailable")].message}',
    )
  const socket = await openSocket(1)
  const former = await versionOf('web')
  await inSystem(
    `mv /usr/bin/caddy /usr/bin/caddy.real
     printf '#!/bin/bash\\n[[ $1 == run ]] || exec caddy.real "$@"\\n' >/usr/bin/caddy; chmod +x /usr/bin/caddy`,
  )
  await cox.apply(webIngress('web', former === '1' ? 'api' : 'web'))
  await waitFor('it is told', async () => (await problem()).includes('does not start'))
  expect(await versionOf('web')).toBe(former)
  await inSystem('mv /usr/bin/caddy.real /usr/bin/caddy')
  await waitFor('the change', async () => (await versionOf('web')) !== former)
  await waitFor('that is told, too', async () => !(await problem()).includes('does not start'))
  await close(socket)
})

it('nothing of it is left after the last Ingress', async () => {
  const left = () =>
    lab.ssh(
      1,
      'pgrep -ax "caddy|curl"; nft list tables | grep -E "ingress|quic"; ip addr show label lo:cx-quic; true',
    )
  const before = await left()
  for (const each of ['caddy run', 'coxswain-ingress', 'coxswain-quic', 'inet 10.96.0.'])
    expect(before).toContain(each)
  await cox.kubectl('delete', 'ingress', '--all')
  await waitFor('nothing', async () => (await left()).trim() === '')
})

/** Asks again and again on one connection, unless it is told that an answer was its last. */
function askKept(): { last(): string | undefined; failures: string[]; stop(): Promise<void> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const failures: string[] = []
  let last: string | undefined
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      try {
        last = await askEnv(agent)
      } catch (error) {
        failures.push(String(error))
      }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    agent.destroy()
  })()
  return {
    last: () => last,
    failures,
    async stop() {
      stopped = true
      await running
    },
  }
}

async function askEnv(agent: Agent): Promise<string | undefined> {
  const options = { host: lab.env.host(1), path: '/env', headers: { host: 'web.example.org' }, agent }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  const answer = await text(response)
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return (JSON.parse(answer) as Env).VERSION
}

async function close(socket: WebSocket): Promise<void> {
  const closed = once(socket, 'close')
  socket.close()
  await closed
}
