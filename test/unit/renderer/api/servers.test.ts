import { expect, test } from 'vitest'
import type { ApiClient } from '../../../../src-renderer/api/client.ts'
import { changeSshServer, createSshServer, type ServerForm } from '../../../../src-renderer/api/servers.ts'

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
  body: { spec?: { ssh: object }; stringData?: object }
}

function recorder() {
  const sent: Sent[] = []
  const send = (method: string, path: string, { body }: { body: Sent['body'] }) => {
    sent.push({ method, path, body })
    return Promise.resolve({})
  }
  return { sent, client: { send } as unknown as ApiClient }
}

test('what is left empty is not said, so that ~/.ssh/config says it', async () => {
  const { sent, client } = recorder()
  await createSshServer(client, form)
  expect(sent.map(({ body }) => body.spec?.ssh)).toEqual([{ host: 'shop' }])
})

test('what is filled in goes before it; a passphrase goes into a Secret', async () => {
  const { sent, client } = recorder()
  await createSshServer(client, { ...form, port: 2222, user: 'ops', key: 'file', passphrase: 'x' })
  expect(sent.at(-2)?.body.stringData).toEqual({ passphrase: 'x' })
  expect(sent.at(-1)?.body.spec?.ssh).toEqual({
    host: 'shop',
    port: 2222,
    user: 'ops',
    identityFile: '~/.ssh/id_ed25519',
    passphraseSecretRef: { name: 'web-1-ssh', key: 'passphrase' },
  })
})

test('a change takes back what is said no longer', async () => {
  const { sent, client } = recorder()
  await changeSshServer(client, { ...form, key: 'agent' })
  expect(sent.map(({ method }) => method)).toEqual(['PATCH'])
  expect(sent[0]?.path).toMatch(/servers\/web-1$/)
  expect(sent[0]?.body.spec?.ssh).toMatchObject({ host: 'shop', agent: true, identityFile: null, port: null })
})
