import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lab, waitFor } from '../lab.ts'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { serverManifests } from '../support/manifests.ts'

const MIB = 1024 * 1024
const kubectl = process.env.KUBECTL ?? 'kubectl'
let cox: Cox
let folder: string

beforeAll(async () => {
  await lab.reset()
  folder = await mkdtemp(join(tmpdir(), 'streams-'))
  cox = await createCox()
  await cox.apply(serverManifests(lab.env, 1))
  await waitForReadyNodes(cox, 1)
  await cox.apply(`
apiVersion: v1
kind: Pod
metadata: {name: box}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: "${lab.env.base}", command: [sleep, infinity]}]
---
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: web, image: "${lab.env.web}:1"}
  - {name: side, image: "${lab.env.base}", command: [sleep, infinity]}
`)
  await cox.kubectl('wait', '--for=condition=Ready', 'pod/box', 'pod/two', '--timeout=60s')
})
afterAll(async () => {
  await cox?.dispose()
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  code: number
  out: Buffer
  err: string
}

/** kubectl with input and output of any size. */
function run(args: string[], input?: Buffer | string): Promise<Run> {
  return collect(spawn(kubectl, ['--kubeconfig', cox.kubeconfig, ...args]), input)
}

/** kubectl on a terminal of 33 rows and 77 columns. */
function runOnTerminal(args: string[]): Promise<Run> {
  const command = ['stty rows 33 cols 77;', kubectl, '--kubeconfig', cox.kubeconfig, ...args].join(' ')
  return collect(spawn('script', ['-qec', command, '/dev/null']), undefined)
}

function collect(child: ReturnType<typeof spawn>, input: Buffer | string | undefined): Promise<Run> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = []
    let err = ''
    child.stdout?.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr?.on('data', bytes => (err += String(bytes)))
    child.stdin?.on('error', () => undefined)
    if (input !== undefined) child.stdin?.end(input)
    child.on('error', reject)
    child.on('close', code => {
      child.stdin?.destroy()
      resolve({ code: code ?? -1, out: Buffer.concat(out), err })
    })
  })
}

const sha = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

async function memoryOfCox(): Promise<number> {
  const status = await readFile(`/proc/${cox.pid()}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

async function processes(): Promise<string> {
  const list = 'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done'
  return (await run(['exec', 'box', '--', 'sh', '-c', list])).out.toString()
}

describe('exec', () => {
  it('hands on both outputs and the exit code', async () => {
    const { code, out, err } = await run(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])
    expect({ code, out: out.toString() }).toEqual({ code: 7, out: 'out\n' })
    expect(err).toContain('err\n')
  })

  it('hands on input and its end', async () => {
    expect((await run(['exec', '-i', 'box', '--', 'wc', '-l'], 'a\nb\nc\n')).out.toString().trim()).toBe('3')
  })

  it('is a terminal of the size of the own one', async () => {
    const { code, out } = await runOnTerminal(['exec -it box -- sh -c "sleep 1; tty; stty size; exit 5"'])
    expect(out.toString()).toMatch(/\/dev\/pts\/\d+\r\n33 77/)
    expect(code).toBe(5)
  })

  it('leaves a command alone that ends before it has read its input', async () => {
    const { code, out } = await run(
      ['exec', '-i', 'box', '--', 'head', '-c', '3'],
      Buffer.alloc(8 * MIB, 'x'),
    )
    expect({ code, out: out.toString() }).toEqual({ code: 0, out: 'xxx' })
  })

  it.each([
    [['exec', 'nope', '--', 'ls'], 'pods "nope" not found'],
    [['exec', 'box', '-c', 'nope', '--', 'ls'], 'container nope is not valid for pod box'],
  ])('refuses %j in words', async (args, words) => {
    const { code, err } = await run(args)
    expect(code).not.toBe(0)
    expect(err).toContain(words)
  })

  it('carries 100 MB in both directions without holding them', async () => {
    const bytes = randomBytes(100 * MIB)
    const before = await memoryOfCox()
    let most = before
    const timer = setInterval(() => void memoryOfCox().then(now => (most = Math.max(most, now))), 100)
    const { out } = await run(['exec', '-i', 'box', '--', 'cat'], bytes)
    clearInterval(timer)
    expect(sha(out)).toBe(sha(bytes))
    expect(most - before).toBeLessThan(80 * MIB)
  })

  it('runs 100 commands at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 100 }, (_, index) => run(['exec', 'box', '--', 'echo', String(index)])),
    )
    expect(runs.map(({ out }) => out.toString())).toEqual(runs.map((_, index) => `${index}\n`))
  })

  it('ends a command whose client is killed', async () => {
    const child = spawn(kubectl, ['--kubeconfig', cox.kubeconfig, 'exec', 'box', '--', 'sleep', '4321'])
    await waitFor('the command', async () => (await processes()).includes('sleep 4321'))
    child.kill('SIGKILL')
    await waitFor('the end of the command', async () => !(await processes()).includes('sleep 4321 \n'))
  })
})

it('copies a file there and back', async () => {
  const bytes = randomBytes(20 * MIB)
  await writeFile(join(folder, 'there'), bytes)
  await cox.kubectl('cp', join(folder, 'there'), 'box:/tmp/file')
  await cox.kubectl('cp', 'box:/tmp/file', join(folder, 'back'))
  expect(sha(await readFile(join(folder, 'back')))).toBe(sha(bytes))
})

it('runs a pod, talks to it and removes it', async () => {
  const args = ['run', 'once', '-i', '--rm', '--restart=Never', `--image=${lab.env.base}`, '--', 'cat']
  const { code, out } = await run(args, 'hello\n')
  expect(code).toBe(0)
  expect(out.toString()).toContain('hello\n')
  expect((await run(['get', 'pod', 'once'])).err).toContain('not found')
})

it('forwards a port, for several connections at once', async () => {
  const child = spawn(kubectl, ['--kubeconfig', cox.kubeconfig, 'port-forward', 'two', ':8080'])
  let words = ''
  child.stdout.on('data', bytes => (words += String(bytes)))
  await waitFor('the port', async () => words.includes('Forwarding from 127.0.0.1'))
  const port = /127\.0\.0\.1:(\d+)/.exec(words)?.[1]
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).json()),
  )
  expect(answers).toEqual(answers.map(() => expect.objectContaining({ hostname: 'two' })))
  child.kill()
})

it('says why a port cannot be forwarded, and goes on', async () => {
  const child = spawn(kubectl, ['--kubeconfig', cox.kubeconfig, 'port-forward', 'box', ':9'])
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (words += String(bytes)))
  await waitFor('the port', async () => words.includes('Forwarding from 127.0.0.1'))
  connect(Number(/127\.0\.0\.1:(\d+)/.exec(words)?.[1]), '127.0.0.1').on('error', () => undefined)
  await waitFor('the reason', async () => words.includes('cannot connect to port 9 of pod box'))
  child.kill()
})

it('reaches the pod through the API, with get --raw and through kubectl proxy', async () => {
  const path = '/api/v1/namespaces/default/pods/two:8080/proxy/'
  const { out, err } = await run(['get', '--raw', path])
  expect(JSON.parse(out.toString() || err)).toMatchObject({ hostname: 'two' })
  const child = spawn(kubectl, ['--kubeconfig', cox.kubeconfig, 'proxy', '--port=0'])
  let words = ''
  child.stdout.on('data', bytes => (words += String(bytes)))
  try {
    await waitFor('the proxy', async () => words.includes('Starting to serve on'))
    const answer = await fetch(`http://${/127\.0\.0\.1:\d+/.exec(words)?.[0]}${path}`)
    expect(await answer.json()).toMatchObject({ hostname: 'two' })
  } finally {
    child.kill()
  }
})

describe('debug', () => {
  it.each([
    ['box', 'main'],
    ['two', 'side'],
  ])('adds a container to pod %s, in the namespaces of %s', async (pod, target) => {
    const command = (await isLegacy()) ? ['alpha', 'debug'] : ['debug']
    const options = [`--image=${lab.env.base}`, `--target=${target}`, '--attach=false', '-c', 'look']
    const look = ['sh', '-c', 'hostname; tr "\\0" " " < /proc/1/cmdline']
    const { code, err } = await run([...command, pod, ...options, '--', ...look])
    expect(code, err).toBe(0)
    await waitFor('its words', async () => {
      const { out, err: why } = await run(['logs', pod, '-c', 'look'])
      if (out.toString() === `${pod}\nsleep infinity `) return true
      throw new Error(`${JSON.stringify(out.toString())} ${why}`)
    })
  })
})

/** kubectl up to 1.20 has `debug` under `alpha`. */
async function isLegacy(): Promise<boolean> {
  const { out } = await collect(spawn(kubectl, ['version', '--client']), '')
  return /v1\.(1\d|20)\./.test(out.toString())
}
