import type { Server } from '../../src-main/api/types.ts'
import { HOST_KEY_UNCONFIRMED } from '../rows/servers.ts'
import { ApiError } from './api-error.ts'
import type { ApiClient } from './client.ts'
import { collectionPath, objectPath, resources } from './resources.ts'

export interface ServerForm {
  name: string
  host: string
  /** Empty, like `user`: what `~/.ssh/config` says, else the usual. */
  port: number | ''
  user: string
  /** `ssh`: whatever ssh would try. */
  key: 'ssh' | 'file' | 'agent' | 'pasted'
  identityFile: string
  privateKey: string
  passphrase: string
}

export const SYSTEM_NAMESPACE = 'coxswain-system'
const SECRET_SUFFIX = '-ssh'

/**
 * Makes a Server that is reached over SSH. Its host key is not known yet, so that nothing may be scheduled there until
 * a person has confirmed it.
 */
export async function createSshServer(client: ApiClient, form: ServerForm): Promise<void> {
  const ssh = await sshOf(client, form)
  await client.send('POST', collectionPath(resources.servers), {
    body: {
      apiVersion: resources.servers.apiVersion,
      kind: 'Server',
      metadata: { name: form.name, annotations: { [HOST_KEY_UNCONFIRMED]: 'true' } },
      spec: { ssh },
    },
  })
}

/** Says anew how a Server is reached, which could not be reached as it was said before. */
export async function changeSshServer(client: ApiClient, form: ServerForm): Promise<void> {
  const none = {
    port: null,
    user: null,
    identityFile: null,
    agent: null,
    privateKeySecretRef: null,
    passphraseSecretRef: null,
  }
  await client.send('PATCH', objectPath(resources.servers, { name: form.name }), {
    body: { spec: { ssh: { ...none, ...(await sshOf(client, form)) } } },
    contentType: 'application/merge-patch+json',
  })
}

/** What a form says, as `spec.ssh`; a pasted key and a passphrase go into a Secret. */
async function sshOf(client: ApiClient, form: ServerForm): Promise<NonNullable<Server['spec']['ssh']>> {
  const secret = `${form.name}${SECRET_SUFFIX}`
  const data = {
    ...(form.key === 'pasted' && { 'ssh-privatekey': withNewline(form.privateKey) }),
    ...(form.key !== 'agent' && form.passphrase && { passphrase: form.passphrase }),
  }
  if (Object.keys(data).length > 0) await putSecret(client, secret, data)
  return {
    host: form.host,
    ...(form.port && { port: form.port }),
    ...(form.user && { user: form.user }),
    ...(form.key === 'file' && { identityFile: form.identityFile }),
    ...(form.key === 'agent' && { agent: true }),
    ...('ssh-privatekey' in data && { privateKeySecretRef: { name: secret, key: 'ssh-privatekey' } }),
    ...('passphrase' in data && { passphraseSecretRef: { name: secret, key: 'passphrase' } }),
  }
}

function withNewline(key: string): string {
  // without the last newline OpenSSH's format cannot be read
  return `${key.trim()}\n`
}

async function putSecret(client: ApiClient, name: string, stringData: Record<string, string>): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } }
  await client.send('POST', collectionPath(resources.namespaces), { body: namespace }).catch(unlessExists)
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    stringData,
  }
  try {
    await client.send('POST', collectionPath(resources.secrets, SYSTEM_NAMESPACE), { body })
  } catch (error) {
    unlessExists(error)
    // left by an attempt with a wrong key: the new one counts
    await client.send('PATCH', objectPath(resources.secrets, { name, namespace: SYSTEM_NAMESPACE }), {
      body: { stringData },
      contentType: 'application/merge-patch+json',
    })
  }
}

function unlessExists(error: unknown): void {
  if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
}

/** Pins the host key that was seen, and lets pods be scheduled there. */
export async function confirmHostKey(client: ApiClient, server: Server, hostKey: string): Promise<void> {
  await client.send('PATCH', objectPath(resources.servers, server.metadata), {
    body: {
      metadata: { annotations: { [HOST_KEY_UNCONFIRMED]: null } },
      ...(server.spec.ssh && { spec: { ssh: { hostKey } } }),
    },
    contentType: 'application/merge-patch+json',
  })
}

/** Forgets a Server, and the Secret that was made for its key. */
export async function removeServer(client: ApiClient, server: Server): Promise<void> {
  await client.send('DELETE', objectPath(resources.servers, server.metadata), {
    body: { propagationPolicy: 'Background' },
  })
  const { privateKeySecretRef, passphraseSecretRef } = server.spec.ssh ?? {}
  const own = `${server.metadata.name}${SECRET_SUFFIX}`
  if (privateKeySecretRef?.name !== own && passphraseSecretRef?.name !== own) return
  await client
    .send('DELETE', objectPath(resources.secrets, { name: own, namespace: SYSTEM_NAMESPACE }))
    .catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === 404)) throw error
    })
}

export async function createLocalServer(client: ApiClient): Promise<void> {
  await createServer(client, 'local', { local: true })
}

const PLAYGROUND = ['sim-1', 'sim-2', 'sim-3', 'sim-4', 'sim-5']

export async function createPlayground(client: ApiClient): Promise<void> {
  for (const name of PLAYGROUND) await createServer(client, name, { simulated: {} }).catch(unlessExists)
}

async function createServer(client: ApiClient, name: string, spec: Server['spec']): Promise<void> {
  const { apiVersion, kind } = resources.servers
  await client.send('POST', collectionPath(resources.servers), {
    body: { apiVersion, kind, metadata: { name }, spec },
  })
}
