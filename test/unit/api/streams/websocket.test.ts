import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import type { ExecOptions } from '../../../../src-main/api/pod-streams.ts'
import type { Pod } from '../../../../src-main/api/types.ts'
import { open } from '../http/call.ts'
import { serveApi, type ServedApi } from '../http/served-api.ts'

let api: ServedApi
let asked: ExecOptions | undefined
let sizes: object[]
let closed: boolean
let exit: (code: number) => void

beforeEach(async () => {
  asked = undefined
  sizes = []
  closed = false
  api = await serveApi({
    streams: {
      logs: async () => Readable.from([Buffer.from('one\n')]),
      async exec(_pod, options) {
        asked = options
        const echo = new PassThrough()
        return {
          stdin: echo,
          stdout: echo,
          resize: size => void sizes.push(size),
          exited: new Promise(resolve => (exit = code => resolve((echo.end(), code)))),
          close: () => void (closed = true),
        }
      },
    },
  })
  const key = { name: 'web', namespace: 'default' }
  const containers = [{ name: 'main', image: 'web:1' }]
  await api.registry.create(PodKind, { metadata: key, spec: { containers } })
  await api.registry.modify(PodKind, key, draft => void (draft.spec.nodeName = 'n1'))
  await api.registry.modifyStatus(PodKind, key, (draft: Pod) => {
    const status = { name: 'main', image: 'web:1', imageID: '', ready: true, restartCount: 0 }
    draft.status = { phase: 'Running', containerStatuses: [{ ...status, state: { running: {} } }] }
  })
})
afterEach(() => api.stop())

const pod = '/api/v1/namespaces/default/pods/web'

/** Opens a WebSocket, and gathers its messages. */
function socket(
  path: string,
  protocols: string[],
  options: { headers?: Record<string, string>; window?: boolean } = {},
) {
  const { headers = { Authorization: `Bearer ${api.token}` }, window = false } = options
  const base = (window ? api.window : api.tls).replace(/^http/, 'ws')
  const websocket = new WebSocket(base + path, protocols, { headers, ca: api.authority })
  const messages: Buffer[] = []
  let changed = () => {}
  websocket.on('message', data => {
    messages.push(data as Buffer)
    changed()
  })
  websocket.on('close', () => changed())
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise<void>(resolve => (changed = resolve))
  }
  return { websocket, messages, until, texts: () => messages.map(String) }
}

const exec = `${pod}/exec?command=cat&stdin=true&stdout=true`

describe('exec', () => {
  it('takes the best subprotocol, carries channels, and tells the exit code', async () => {
    const { websocket, texts, until } = socket(exec, ['v4.channel.k8s.io', 'v5.channel.k8s.io'])
    await once(websocket, 'open')
    expect(websocket.protocol).toBe('v5.channel.k8s.io')
    websocket.send(Buffer.from('\x00hello'))
    await until(() => texts().includes('\x01hello'))
    expect(asked).toMatchObject({ container: 'main', command: ['cat'], stdin: true, tty: false })
    exit(3)
    await until(() => texts().some(text => text.startsWith('\x03')))
    expect(JSON.parse(texts().at(-1)?.slice(1) ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
    const [code] = (await once(websocket, 'close')) as [number]
    expect(code).toBe(1000)
  })

  it('ends the input when the client closes its channel (v5)', async () => {
    const { websocket, texts, until } = socket(exec, ['v5.channel.k8s.io'])
    await once(websocket, 'open')
    websocket.send(Buffer.from('\x00bye'))
    await until(() => texts().includes('\x01bye'))
    websocket.send(Buffer.from([255, 0]))
    exit(0)
    await once(websocket, 'close')
    expect(texts().at(-1)).toBe('\x03{"metadata":{},"status":"Success"}')
  })

  it('speaks base64', async () => {
    const { websocket, texts, until } = socket(exec, ['base64.channel.k8s.io'])
    await once(websocket, 'open')
    websocket.send(`0${Buffer.from('hello').toString('base64')}`)
    await until(() => texts().includes(`1${Buffer.from('hello').toString('base64')}`))
    websocket.close()
  })

  it('hands on sizes, and ends the session of a client that leaves', async () => {
    const { websocket, until, messages } = socket(`${exec}&tty=true`, ['v4.channel.k8s.io'])
    await until(() => messages.length > 0)
    websocket.send(Buffer.from('\x04{"Width":80,"Height":24}'))
    websocket.send(Buffer.from('\x00x'))
    await until(() => messages.length > 1)
    websocket.terminate()
    while (!closed) await new Promise(resolve => setImmediate(resolve))
    expect(sizes).toEqual([{ width: 80, height: 24 }])
  })

  it.each([
    ['of no pod', exec.replace('pods/web', 'pods/nope'), ['v4.channel.k8s.io'], 404],
    ['of no container', `${exec}&container=nope`, ['v4.channel.k8s.io'], 400],
    ['without streams', `${pod}/exec?command=ls`, ['v4.channel.k8s.io'], 400],
    ['without a command', `${pod}/exec?stdout=true`, ['v4.channel.k8s.io'], 400],
    ['in a subprotocol that nobody speaks', exec, ['v9.channel.k8s.io'], 400],
    ['of a pod as a whole', pod, ['v4.channel.k8s.io'], 400],
  ])('%s is refused with a Status', async (_what, path, protocols, code) => {
    const { websocket } = socket(path, protocols)
    websocket.on('error', () => undefined)
    const [, response] = (await once(websocket, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(response.statusCode).toBe(code)
    websocket.terminate()
  })
})

describe('logs', () => {
  it.each([
    ['base64.binary.k8s.io', Buffer.from('one\n').toString('base64')],
    ['binary.k8s.io', 'one\n'],
  ])('come in the form of %s', async (protocol, message) => {
    const { websocket, texts } = socket(`${pod}/log`, [protocol])
    await once(websocket, 'close')
    expect(texts()).toEqual([message])
  })

  it('of a pod without a server end at once, with nothing in them', async () => {
    const key = { name: 'waiting', namespace: 'default' }
    await api.registry.create(PodKind, {
      metadata: key,
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    })
    const path = '/api/v1/namespaces/default/pods/waiting/log?follow=true'
    const { websocket, texts } = socket(path, ['binary.k8s.io'])
    const [code] = (await once(websocket, 'close')) as [number]
    expect([code, texts()]).toEqual([1000, []])
  })
})

describe('watches', () => {
  const path = '/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0'

  it('send each event as a text message', async () => {
    const { websocket, texts, until } = socket(path, ['base64.binary.k8s.io'])
    await once(websocket, 'open')
    await api.registry.create(ConfigMapKind, { metadata: { name: 'a', namespace: 'default' } })
    await until(() => texts().length === 1)
    expect(JSON.parse(texts()[0] ?? '')).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } })
    websocket.close()
  })

  it("are open to the window's cookie from its own origin alone", async () => {
    const entered = await open(api, new URL(api.server.windowAddress()).search.replace('?', '/?'), {
      window: true,
      anonymous: true,
    })
    const Cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const outcomes: unknown[] = []
    for (const Origin of [api.window, 'http://127.0.0.1:1', undefined]) {
      const headers = { Cookie, ...(Origin ? { Origin } : {}) }
      const { websocket } = socket(path, [], { headers, window: true })
      websocket.on('error', () => undefined)
      outcomes.push(
        await Promise.race([
          once(websocket, 'open').then(() => 'open'),
          once(websocket, 'unexpected-response').then(
            ([, response]) => (response as { statusCode: number }).statusCode,
          ),
        ]),
      )
      websocket.terminate()
    }
    expect(outcomes).toEqual(['open', 403, 403])
  })
})
