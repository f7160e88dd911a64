import { expect, test } from 'vitest'
import type { ApiClient, RequestOptions } from '../../../../src-renderer/api/client.ts'
import type { Server } from '../../../../src-main/api/types.ts'
import { ApiError } from '../../../../src-renderer/api/api-error.ts'
import {
  changeSshServer,
  createSshServer,
  removeServer,
  type ServerForm,
} from '../../../../src-renderer/api/servers.ts'

const form: ServerForm = {
  name: 'web-1',
  host: 'shop',
  port: '',
  user: '',
  key: 'ssh',
  identityFile: '~/.ssh/id_ed25519',
  privateKey: '',
  passphrase: '',
}

interface Sent {
  method: string
  path: string
  dryRun: unknown
  body: {
    metadata?: { name?: string; generateName?: string; ownerReferences?: object[] }
    spec?: { ssh: object }
    stringData?: object
  }
}

/** An API that has the Server `web-1` with a key, and refuses what the test says. */
function recorder(refuses: (sent: Sent) => string | undefined = () => undefined) {
  const sent: Sent[] = []
  const send = async (method: string, path: string, { body, query }: RequestOptions = {}) => {
    const one: Sent = { method, path, body: body as Sent['body'], dryRun: query?.['dryRun'] }
    const reason = refuses(one)
    if (reason) throw new ApiError({ code: reason === 'NotFound' ? 404 : 409, reason })
    sent.push(one)
    const { generateName, name = `${generateName}x7k2p` } = one.body?.metadata ?? {}
    const { apiVersion, kind } = (body ?? {}) as { apiVersion?: string; kind?: string }
    return { body: { apiVersion, kind, metadata: { name, uid: `uid-of-${name}` } }, warnings: [] }
  }
  const get = async () => ({
    apiVersion: 'coxswain.io/v1alpha1',
    kind: 'Server',
    metadata: { name: 'web-1', uid: 'uid-of-web-1' },
    spec: { ssh: { host: 'shop', privateKeySecretRef: { name: 'web-1-ssh-old', key: 'ssh-privatekey' } } },
  })
  return { sent, client: { send, get } as unknown as ApiClient }
}

const what = ({ method, path, dryRun }: Sent) =>
  `${method} ${path.replace(/^.*(v1|v1alpha1|coxswain-system)\//, '')}${dryRun ? ' dry' : ''}`
const owner = { apiVersion: 'coxswain.io/v1alpha1', kind: 'Server', name: 'web-1', uid: 'uid-of-web-1' }
const pasted: ServerForm = { ...form, key: 'pasted', privateKey: 'KEY' }

test('what is left empty is not said, so that ~/.ssh/config says it', async () => {
  const { sent, client } = recorder()
  await createSshServer(client, form)
  expect(sent.map(({ body }) => body.spec?.ssh)).toEqual([{ host: 'shop' }])
})

test('what is filled in goes before it; a passphrase goes into a Secret', async () => {
  const { sent, client } = recorder()
  await createSshServer(client, { ...form, port: 2222, user: 'ops', key: 'file', passphrase: 'x' })
  expect(sent.find(({ path }) => path.endsWith('/secrets'))?.body.stringData).toEqual({ passphrase: 'x' })
  expect(sent.at(-2)?.body.spec?.ssh).toEqual({
    host: 'shop',
    port: 2222,
    user: 'ops',
    identityFile: '~/.ssh/id_ed25519',
    passphraseSecretRef: { name: 'web-1-ssh-x7k2p', key: 'passphrase' },
  })
})

test('a key is kept under a name of its own before the Server is there, and then belongs to it', async () => {
  const { sent, client } = recorder()
  await createSshServer(client, pasted)
  expect(sent.map(what)).toEqual([
    'POST servers dry',
    'POST namespaces',
    'POST secrets',
    'POST servers',
    'PATCH secrets/web-1-ssh-x7k2p',
  ])
  expect(sent.at(-1)?.body).toEqual({ metadata: { ownerReferences: [owner] } })
})

test('a name that is taken is refused before anything is kept', async () => {
  const { sent, client } = recorder(({ path }) => (path.endsWith('/servers') ? 'AlreadyExists' : undefined))
  await expect(createSshServer(client, pasted)).rejects.toMatchObject({ reason: 'AlreadyExists' })
  expect(sent).toEqual([])
})

test('the key goes again when the Server cannot be made after all', async () => {
  const { sent, client } = recorder(({ path, dryRun }) =>
    path.endsWith('/servers') && !dryRun ? 'AlreadyExists' : undefined,
  )
  await expect(createSshServer(client, pasted)).rejects.toMatchObject({ reason: 'AlreadyExists' })
  expect(sent.map(what).at(-1)).toBe('DELETE secrets/web-1-ssh-x7k2p')
})

test('a change takes back what is said no longer, and the key with it', async () => {
  const { sent, client } = recorder()
  await changeSshServer(client, { ...form, key: 'agent' })
  expect(sent.map(what)).toEqual(['PATCH servers/web-1', 'DELETE secrets/web-1-ssh-old'])
  expect(sent[0]?.body.spec?.ssh).toMatchObject({
    host: 'shop',
    agent: true,
    identityFile: null,
    privateKeySecretRef: null,
    port: null,
  })
})

test('a changed key is another Secret, so that the Server is tried again', async () => {
  const { sent, client } = recorder()
  await changeSshServer(client, pasted)
  expect(sent.map(what)).toEqual([
    'POST namespaces',
    'POST secrets',
    'PATCH servers/web-1',
    'DELETE secrets/web-1-ssh-old',
  ])
  expect(sent[1]?.body.metadata?.ownerReferences).toEqual([owner])
  expect(sent[2]?.body.spec?.ssh).toMatchObject({ privateKeySecretRef: { name: 'web-1-ssh-x7k2p' } })
})

test('removing a Server leaves its key to what cleans the machine with it', async () => {
  const { sent, client } = recorder()
  await removeServer(client, (await client.get('')) as Server)
  expect(sent.map(what)).toEqual(['DELETE servers/web-1'])
})
