/**
 * Coxswain is closed, and then things happen. What a reboot alone leaves behind is in network.test.ts; here an app in
 * tiers is used all the while.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { podsOf, waitForReadyNodes, type PodView } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests, webDeployment } from '../support/manifests.ts'

const run = promisify(execFile)
const SERVERS = [1, 2, 3]
/** That so many in a row are answered by chance, with one of three endpoints dead: 1 in 200,000. */
const IN_A_ROW = 30

let cox: Cox
let front: PodView
let webs: PodView[]
let address: string
let nodePort: number

/** The tiers: front on server 1 asks web, which is everywhere, and db on server 2. */
beforeAll(async () => {
  await lab.reset(3)
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 3))
  await waitForReadyNodes(cox, 3)
  const image = `${lab.env.web}:1`
  const on = (server: string) =>
    `          env: [{name: TIER, value: ${server}}]\n      nodeName: ${server}\n`
  await cox.apply(
    [
      webDeployment({ image, name: 'front', replicas: 1, container: on('lab-1') }),
      webDeployment({ image, name: 'web', replicas: 3 }),
      webDeployment({ image, name: 'db', replicas: 1, container: on('lab-2') }),
      ...['web', 'db'].map(
        name =>
          `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {type: NodePort, selector: {app: ${name}}, ports: [{port: 80, targetPort: 8080}]}\n`,
      ),
      `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n`,
    ].join('---\n'),
  )
  for (const name of ['front', 'web', 'db']) {
    await cox.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=120s')
  }
  webs = await podsOf(cox)
  const [db, ...others] = [...(await podsOf(cox, 'app=db')), ...(await podsOf(cox, 'app=front'))]
  front = others[0] as PodView
  const service = await cox.get<{ spec: { clusterIP: string; ports: { nodePort: number }[] } }>(
    'service',
    'web',
  )
  address = service.spec.clusterIP
  nodePort = service.spec.ports[0]?.nodePort ?? 0
  const wanted = [...webs, db as PodView].map(({ ip }) => `${ip} . 8080`)
  await waitFor('every endpoint on every server', async () => {
    const texts = await Promise.all(SERVERS.map(table))
    return texts.every(text => wanted.every(endpoint => text.includes(endpoint)))
  })
  await waitFor('an ingress on every server', () => Promise.all(SERVERS.map(askIngress)))
  await waitFor('every server has heard from its peers', async () => {
    const heard = await Promise.all(SERVERS.map(n => inSystem(n, 'ls', '/etc/coxswain/answered')))
    return heard.every(text => text.trim().split('\n').length === 2)
  })
  await cox.kill()
})

afterAll(() => cox?.dispose())

const inSystem = (n: number, ...command: string[]) => lab.docker(n, 'exec', 'coxswain-system', ...command)
const table = (n: number) => inSystem(n, 'nft', 'list', 'table', 'ip', 'coxswain')

/** From the tier in front, as its application would ask. */
async function ask(url: string): Promise<{ address: string; hostname: string }> {
  const id = front.containerId.replace('docker://', '')
  return JSON.parse(await lab.docker(1, 'exec', id, 'curl', '-sS', '--max-time', '1', url)) as {
    address: string
    hostname: string
  }
}

async function askFromOutside(port = nodePort, n = 1): Promise<{ address: string }> {
  const url = `http://${lab.env.host(n)}:${port}/`
  const { stdout } = await run('curl', ['-sS', '--max-time', '1', url])
  return JSON.parse(stdout) as { address: string }
}

const askIngress = (n: number) => askFromOutside(80, n)

/** Rejects when one of them fails. @returns who has answered */
async function manyTimes(asking: () => Promise<{ address: string }>): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let n = 0; n < IN_A_ROW; n++) seen.add((await asking()).address)
  return seen
}

const webOn = (n: number) => webs.find(({ node }) => node === `lab-${n}`) as PodView

describe('with Coxswain closed', () => {
  it('a process that crashes is started again, and found by its name', async () => {
    const started = () =>
      lab.docker(2, 'ps', '-q', '--filter', 'name=db').then(async ids => {
        const [id = ''] = ids.trim().split('\n')
        return lab.docker(2, 'inspect', '--format', '{{.State.StartedAt}} {{.RestartCount}}', id)
      })
    const before = await started()
    await waitFor('another start of it', async () => {
      // its answer is not what is asked for; on a busy machine there may be none, and no crash
      await ask('http://db/crash?code=3').catch(() => undefined)
      return (await started()) !== before
    })
    expect(await started()).toMatch(/ [1-9]\d*\n$/)
    expect((await waitFor('an answer', () => ask('http://db/'))).hostname).toMatch(/^db-/)
  })

  it.each([
    ['the name server', 'unbound', () => ask('http://db/')],
    ['the ingress', 'caddy', () => askIngress(1)],
    ['the link to the others', 'wireguard-go', () => ask(`http://${webOn(2).ip}:8080/`)],
    ['the watch of the others', 'fping', () => ask('http://db/')],
  ])('%s is there again after its process was killed', async (_, program, asking) => {
    const pids = () => inSystem(1, 'pgrep', '-x', program).then(text => text.trim())
    const before = await pids()
    await inSystem(1, 'pkill', '-KILL', '-x', program)
    await waitFor('another process', async () => ![before, ''].includes(await pids()))
    await waitFor('an answer', asking)
  })

  it('a system container that dies is started again, and all of it with it', async () => {
    const pid = async () =>
      (await lab.docker(1, 'inspect', '--format', '{{.State.Pid}}', 'coxswain-system')).trim()
    const before = await pid()
    await lab.exec(1, 'kill', '-KILL', before)
    await waitFor('another one', async () => !['0', before].includes(await pid()))
    await waitFor('names', () => ask('http://db/'))
    await waitFor('its ingress', () => askIngress(1))
    expect(await manyTimes(() => ask('http://web/'))).toEqual(new Set(webs.map(({ ip }) => ip)))
  })

  it('a Docker that is stopped and started again brings all back that was there', async () => {
    await lab.stopDocker(2)
    await expect(ask('http://db/')).rejects.toThrow()
    await lab.startDocker(2)
    await waitFor('an answer', () => ask('http://db/'))
    await waitFor('an answer of each', async () => (await manyTimes(() => ask('http://web/'))).size === 3)
    await waitFor('its ingress', () => askIngress(2))
  })

  it('a power cut of one server is over for the others once it is noticed', async () => {
    await lab.kill(3)
    const others = new Set([webOn(1).ip, webOn(2).ip])
    expect(await waitFor('an unbroken row', () => manyTimes(() => ask(`http://${address}/`)))).toEqual(others)
    expect(await manyTimes(() => ask('http://web/'))).toEqual(others)
    expect(await manyTimes(askFromOutside)).toEqual(others)
  })

  it('a server that is switched on again takes its share of requests', async () => {
    await lab.boot(3)
    await waitFor('an answer of each', async () => (await manyTimes(() => ask('http://web/'))).size === 3)
    // and it has lost nobody itself
    const lost = await waitFor(
      'what it has lost',
      async () => `[${await inSystem(3, 'ls', '/run/coxswain/lost')}]`,
    )
    expect(lost).toBe('[]')
  })

  it('the only server of a tier comes back to all that asked for it', async () => {
    await lab.kill(2)
    await expect(ask('http://db/')).rejects.toThrow()
    await lab.boot(2)
    await waitFor('an answer', () => ask('http://db/'))
    await waitFor('an answer of each', async () => (await manyTimes(() => ask('http://web/'))).size === 3)
  })
})
