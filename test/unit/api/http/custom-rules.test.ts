import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import type { Status } from '../../../../src-main/lib/errors.ts'
import { parseManifests } from '../kinds/check.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const text = readFileSync(new URL('../custom/cel/definitions.yaml', import.meta.url), 'utf8')
const [definition] = parseManifests(text)

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
  await call(api, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    method: 'POST',
    body: definition,
  })
})
afterAll(() => api.stop())

const base = '/apis/traffic.example.org/v1/namespaces/default/gates'
const gate = (spec: object) => ({
  apiVersion: 'traffic.example.org/v1',
  kind: 'Gate',
  metadata: { name: 'a' },
  spec,
})
const patch = (type: string, body: object, query = '') =>
  call(api, `${base}/a?fieldManager=m${query}`, {
    method: 'PATCH',
    headers: { 'Content-Type': `application/${type}` },
    body: JSON.stringify(body),
  })
const listeners = [{ name: 'web', port: 80, protocol: 'HTTP' }]

it('a rule holds for every way of writing', async () => {
  expect((await patch('apply-patch+yaml', gate({ listeners, minimum: 2, maximum: 1 }))).code).toBe(422)
  expect((await patch('apply-patch+yaml', gate({ listeners, class: 'x' }))).code).toBe(201)
  const { resourceVersion } = (await call(api, `${base}/a`)).json<KubeObject>().metadata
  const changed = { spec: { class: 'y' } }
  const replies = [
    await patch('apply-patch+yaml', gate({ listeners, class: 'y' })),
    await patch('apply-patch+yaml', gate({ listeners, class: 'y' }), '&dryRun=All'),
    await patch('merge-patch+json', changed),
    await patch('merge-patch+json', changed, '&dryRun=All'),
    await patch('json-patch+json', [{ op: 'replace', path: '/spec/class', value: 'y' }]),
    await call(api, `${base}/a`, {
      method: 'PUT',
      body: { ...gate({ listeners, class: 'y' }), metadata: { name: 'a', resourceVersion } },
    }),
    await call(api, `${base}?dryRun=All`, {
      method: 'POST',
      body: gate({ listeners, minimum: 2, maximum: 1 }),
    }),
  ]
  for (const reply of replies) expect(reply.code).toBe(422)
  expect(replies[0]?.json<Status>()).toMatchObject({
    message: 'Gate.traffic.example.org "a" is invalid: spec.class: Forbidden: class is immutable',
    details: {
      causes: [
        { reason: 'FieldValueForbidden', message: 'Forbidden: class is immutable', field: 'spec.class' },
      ],
    },
  })
})

it('a rule that takes too long is stopped', async () => {
  const hostile = Array.from({ length: 4000 }, (_, index) => ({
    name: `l${index}`,
    port: index,
    protocol: 'TCP',
  }))
  const reply = await call(api, base, { method: 'POST', body: gate({ listeners: hostile }) })
  expect(reply.json<Status>().message).toContain(
    `spec.listeners: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: Combination of port`,
  )
})
