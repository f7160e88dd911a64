import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import type { LogOptions } from '../../../../src-main/api/pod-streams.ts'
import type { ContainerState, Pod } from '../../../../src-main/api/types.ts'
import { call, open } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
let asked: LogOptions[]
let stream: Readable

beforeEach(async () => {
  asked = []
  api = await serveApi({
    streams: {
      logs: async (_pod, options) => {
        asked.push(options)
        return stream
      },
    },
  })
})
afterEach(() => api.stop())

const path = '/api/v1/namespaces/default/pods/web/log'

interface Given {
  containers?: string[]
  node?: string | undefined
  state?: ContainerState
  lastState?: ContainerState
  annotations?: Record<string, string>
}

async function pod(given: Given = {}): Promise<void> {
  const { containers = ['main'], state = { running: {} }, lastState, annotations } = given
  const key = { name: 'web', namespace: 'default' }
  await api.registry.create(PodKind, {
    metadata: { ...key, ...(annotations ? { annotations } : {}) },
    spec: { containers: containers.map(name => ({ name, image: 'web:1' })) },
  })
  const node = 'node' in given ? given.node : 'n1'
  if (node) await api.registry.modify(PodKind, key, draft => void (draft.spec.nodeName = node))
  await api.registry.modifyStatus(PodKind, key, (draft: Pod) => {
    draft.status = {
      ...draft.status,
      containerStatuses: containers.map(name => ({
        name,
        image: 'web:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        state,
        ...(lastState ? { lastState } : {}),
      })),
    }
  })
}

const terminated = { terminated: { exitCode: 1 } }

it.each<[string, Given, string, string]>([
  [
    'waiting',
    { state: { waiting: { reason: 'ContainerCreating' } } },
    '',
    'container "main" in pod "web" is waiting to start: ContainerCreating',
  ],
  [
    'without its image',
    { state: { waiting: { reason: 'ImagePullBackOff' } } },
    '',
    'container "main" in pod "web" is waiting to start: trying and failing to pull image',
  ],
  ['never restarted', {}, '?previous=true', 'previous terminated container "main" in pod "web" not found'],
  [
    'of several containers',
    { containers: ['a', 'b'] },
    '',
    'a container name must be specified for pod web, choose one of: [a b]',
  ],
  ['without that container', {}, '?container=nope', 'container nope is not valid for pod web'],
  ['asked for a negative tail', {}, '?tailLines=-1', 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
  ['asked for two times', {}, '?sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z', 'at most one of `sinceTime` or `sinceSeconds` may be given'],
  ['asked for no time', {}, '?sinceTime=yesterday', 'sinceTime: Invalid value: "yesterday": must be RFC 3339'],
])('a pod %s: says so', async (_what, given, query, message) => {
  await pod(given)
  const reply = await call(api, path + query)
  expect(reply.code).toBe(400)
  expect(reply.json<{ message: string }>().message).toBe(message)
  expect(asked).toEqual([])
}) // prettier-ignore

it.each(['', '?follow=true', '?previous=true'])('a pod without a server has no log yet: %s', async query => {
  await pod({ node: undefined })
  expect(await call(api, path + query)).toMatchObject({ code: 204, text: '' })
  expect(asked).toEqual([])
})

it('passes on what was asked', async () => {
  stream = Readable.from(['one\n', 'two\n'])
  await pod({ containers: ['a', 'b'], lastState: terminated })
  const reply = await call(
    api,
    `${path}?container=b&tailLines=5&timestamps=true&previous=true&limitBytes=100&sinceTime=2026-01-01T00:00:00Z`,
  )
  expect(reply).toMatchObject({ code: 200, text: 'one\ntwo\n', headers: { 'content-type': 'text/plain' } })
  expect(asked).toEqual([
    {
      container: 'b',
      follow: false,
      previous: true,
      timestamps: true,
      tailLines: 5,
      limitBytes: 100,
      sinceMs: Date.UTC(2026, 0, 1),
    },
  ])
})

it('takes the container that the annotation prefers', async () => {
  stream = Readable.from(['x'])
  await pod({ containers: ['a', 'b'], annotations: { 'kubectl.kubernetes.io/default-container': 'b' } })
  await call(api, path)
  expect(asked[0]?.container).toBe('b')
})

it('follows until the client leaves, and then ends the work behind it', async () => {
  const lines = new PassThrough()
  stream = lines
  await pod()
  const response = await open(api, `${path}?follow=true`)
  response.setEncoding('utf8')
  for (const line of ['one\n', 'two\n']) {
    lines.write(line)
    expect(await once(response, 'data')).toEqual([line])
  }
  const closed = new Promise(resolve => lines.on('error', () => {}).on('close', resolve))
  response.destroy()
  await closed
  expect(lines.destroyed).toBe(true)
})

it('breaks off when the stream does', async () => {
  const lines = new PassThrough()
  stream = lines
  await pod()
  const response = await open(api, `${path}?follow=true`)
  const ended = new Promise(resolve => response.on('error', () => {}).on('close', resolve))
  lines.write('one\n')
  await once(response, 'data')
  lines.destroy(new Error('the server is gone'))
  await ended
  expect(response.complete).toBe(false)
})
