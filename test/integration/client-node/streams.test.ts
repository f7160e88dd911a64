import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  Attach,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  PortForward,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCox, type Cox } from '../support/cox.ts'

const namespace = 'default'
let cox: Cox
let config: KubeConfig

beforeAll(async () => {
  cox = await createCox(['--playground', '1'])
  config = new KubeConfig()
  config.loadFromFile(cox.kubeconfig)
  await cox.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: web}]}
`)
  await cox.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s')
})
afterAll(() => cox?.dispose())

/** Runs a command, and tells what came of it. */
async function exec(
  command: string[],
  input?: string,
): Promise<{ out: string; err: string; status: V1Status }> {
  const out = new PassThrough()
  const err = new PassThrough()
  const stdin = input === undefined ? null : new PassThrough()
  const ended = new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, 'web', 'main', command, out, err, stdin, false, status => {
        out.end()
        err.end()
        resolve(status)
      })
      .catch(reject)
  })
  stdin?.end(input)
  const [status, outText, errText] = await Promise.all([ended, text(out), text(err)])
  return { out: outText, err: errText, status }
}

it('executes commands, with both outputs and the exit code', async () => {
  expect(await exec(['echo', 'hello'])).toMatchObject({ out: 'hello\n', status: { status: 'Success' } })
  const failed = await exec(['sh', '-c', 'echo no >&2; exit 3'])
  expect(failed).toMatchObject({
    err: 'no\n',
    status: {
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    },
  })
})

it('hands on input, and its end', async () => {
  expect((await exec(['cat'], 'one\ntwo\n')).out).toBe('one\ntwo\n')
})

it('refuses what is not there', async () => {
  await expect(
    new Exec(config).exec(namespace, 'nope', 'main', 'ls', null, null, null, false),
  ).rejects.toThrow()
})

it('attaches until the client leaves', async () => {
  const out = new PassThrough().resume()
  const socket = await new Attach(config).attach(namespace, 'web', 'main', out, null, null, false)
  socket.close()
})

it('forwards ports, each connection on its own', async () => {
  const forward = new PortForward(config)
  const server = createServer(socket => {
    void forward.portForward(namespace, 'web', [80], socket, null, socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let round = 0; round < 2; round++) {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/)
    socket.destroy()
  }
  server.close()
})

it('reads logs', async () => {
  const lines = new PassThrough()
  await new Log(config).log(namespace, 'web', 'main', lines, { tailLines: 1 })
  lines.on('error', () => undefined)
  expect(await text(lines)).toEqual(expect.any(String))
})

it('watches', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const seen: string[] = []
  const done = new Promise<void>((resolve, reject) => {
    new Watch(config)
      .watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        {},
        (type, object: { metadata: { name: string } }) => {
          seen.push(`${type} ${object.metadata.name}`)
          if (type === 'DELETED') resolve()
        },
        reject,
      )
      .catch(reject)
  })
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } })
  await core.deleteNamespacedConfigMap({ name: 'watched', namespace })
  await done
  expect(seen).toEqual(['ADDED watched', 'DELETED watched'])
})
