import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../../src-main/api/audit/audit-event.ts'
import { call, type CallOptions } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const SECRET = 'aHVudGVyMg=='
const events: AuditEvent[] = []
let api: ServedApi

beforeAll(async () => {
  api = await serveApi({ audit: { write: event => events.push(event as AuditEvent), close: async () => {} } })
})
afterAll(() => api.stop())
beforeEach(() => events.splice(0))

async function audited(path: string, options?: CallOptions): Promise<AuditEvent[]> {
  await call(api, path, options)
  return events.splice(0)
}

const secrets = '/api/v1/namespaces/default/secrets'
const secret = { metadata: { name: 'password' }, data: { password: SECRET } }

describe('the audit', () => {
  it('says who created what, when and with which client', async () => {
    const headers = { 'User-Agent': 'kubectl/v1.33' }
    const [event, ...more] = await audited(`${secrets}?fieldManager=kubectl-create`, {
      method: 'POST',
      body: secret,
      headers,
    })
    expect(more).toEqual([])
    expect(event).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      stage: 'ResponseComplete',
      verb: 'create',
      requestURI: `${secrets}?fieldManager=kubectl-create`,
      user: { username: 'coxswain:admin' },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'kubectl/v1.33',
      objectRef: { resource: 'secrets', namespace: 'default', name: 'password', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      annotations: { 'coxswain.io/credential': 'token' },
    })
    expect(event?.objectRef?.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(Date.parse(event?.stageTimestamp ?? '')).toBeGreaterThanOrEqual(
      Date.parse(event?.requestReceivedTimestamp ?? ''),
    )
  })

  it.each([
    ['PATCH', `${secrets}/password`, 'patch', 200],
    ['PUT', `${secrets}/missing`, 'update', 404],
    ['DELETE', `${secrets}/password`, 'delete', 200],
    ['DELETE', secrets, 'deletecollection', 200],
  ])('notes %s %s as %s, answered with %i', async (method, path, verb, code) => {
    const headers = {
      'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    }
    const body = method === 'PATCH' ? { data: { more: SECRET } } : {}
    const [event] = await audited(path, { method, headers, body })
    expect(event).toMatchObject({ verb, responseStatus: { code } })
  })

  it('leaves reads out, but not those that were refused', async () => {
    expect(await audited(secrets)).toEqual([])
    const [refused] = await audited(secrets, { anonymous: true })
    expect(refused).toMatchObject({
      verb: 'get',
      user: { username: 'system:anonymous' },
      responseStatus: { code: 401 },
      annotations: { 'coxswain.io/credential': 'none' },
    })
    const [foreign] = await audited(secrets, { window: true, headers: { Host: 'evil.example' } })
    expect(foreign).toMatchObject({ responseStatus: { code: 403 } })
  })

  it('notes a stream when it is opened, and one that is refused', async () => {
    const exec = '/api/v1/namespaces/default/pods/x/exec?command=sh&container=c'
    const headers = { Connection: 'Upgrade', Upgrade: 'nothing/1' }
    const [refused] = await audited(exec, { headers })
    expect(refused).toMatchObject({
      verb: 'get',
      requestURI: '/api/v1/namespaces/default/pods/x/exec?container=c',
      objectRef: { resource: 'pods', name: 'x', subresource: 'exec' },
      responseStatus: { code: 400 },
    })
    const [stranger] = await audited(exec, { headers, anonymous: true })
    expect(stranger).toMatchObject({
      user: { username: 'system:anonymous' },
      responseStatus: { code: 401 },
    })
  })

  it('never holds a body, a token or the words of a command', async () => {
    await call(api, secrets, { method: 'POST', body: secret })
    await call(api, `/?token=${SECRET}`, { method: 'POST', window: true, anonymous: true })
    await call(api, `/api/v1/namespaces/default/pods/x/exec?command=${SECRET}&container=c`, {
      method: 'POST',
    })
    expect(events).toHaveLength(3)
    const text = JSON.stringify(events)
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain(api.token)
    expect(text).toContain('container=c')
  })
})
