import type { KubeObject, Server } from '../../src-main/api/types.ts'
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
const SECRET_SUFFIX = '-ssh-'
const PRIVATE_KEY = 'ssh-privatekey'
const PASSPHRASE = 'passphrase'
const MERGE = 'application/merge-patch+json'

type Ssh = NonNullable<Server['spec']['ssh']>

/**
 * Makes a Server that is reached over SSH. Its host key is not known yet, so that nothing may be scheduled there until
 * a person has confirmed it. Its key is there before it is, for one that is missing is not asked for again at once.
 */
export async function createSshServer(client: ApiClient, form: ServerForm): Promise<void> {
  const post = async (ssh: Ssh, dryRun?: 'All') => {
    const body = {
      apiVersion: resources.servers.apiVersion,
      kind: 'Server',
      metadata: { name: form.name, annotations: { [HOST_KEY_UNCONFIRMED]: 'true' } },
      spec: { ssh },
    }
    const query = { dryRun }
    return (await client.send<Server>('POST', collectionPath(resources.servers), { query, body })).body
  }
  const data = secretData(form)
  if (!data) {
    await post(sshOf(form))
    return
  }
  // a name that is taken, or a wrong field, is found before a key is kept for it
  await post(sshOf(form), 'All')
  const secret = await postSecret(client, { generateName: `${form.name}${SECRET_SUFFIX}` }, data)
  const server = await orWithout(client, secret, () => post(sshOf(form, secret)))
  await client.send('PATCH', secretPath(secret), {
    body: { metadata: { ownerReferences: [ownerReference(server)] } },
    contentType: MERGE,
  })
}

/** Says anew how a Server is reached, which could not be reached as it was said before. */
export async function changeSshServer(client: ApiClient, form: ServerForm): Promise<void> {
  const path = objectPath(resources.servers, { name: form.name })
  const server = await client.get<Server>(path)
  const data = secretData(form)
  // another name, so that the Server changes with its key, and is tried again at once
  const generateName = `${form.name}${SECRET_SUFFIX}`
  const metadata = { generateName, ownerReferences: [ownerReference(server)] }
  const secret = data && (await postSecret(client, metadata, data))
  const none = {
    port: null,
    user: null,
    identityFile: null,
    agent: null,
    privateKeySecretRef: null,
    passphraseSecretRef: null,
  }
  await orWithout(client, secret, () =>
    client.send('PATCH', path, {
      body: { spec: { ssh: { ...none, ...sshOf(form, secret) } } },
      contentType: MERGE,
    }),
  )
  for (const old of madeSecrets(server)) await deleteSecret(client, old)
}

/** What a form says, as `spec.ssh`, with the name of the Secret that holds its pasted key and its passphrase. */
function sshOf(form: ServerForm, secret?: string): Ssh {
  return {
    host: form.host,
    ...(form.port && { port: form.port }),
    ...(form.user && { user: form.user }),
    ...(form.key === 'file' && { identityFile: form.identityFile }),
    ...(form.key === 'agent' && { agent: true }),
    ...(secret && hasKey(form) && { privateKeySecretRef: { name: secret, key: PRIVATE_KEY } }),
    ...(secret && hasPassphrase(form) && { passphraseSecretRef: { name: secret, key: PASSPHRASE } }),
  }
}

const hasKey = ({ key }: ServerForm) => key === 'pasted'
const hasPassphrase = ({ key, passphrase }: ServerForm) => key !== 'agent' && passphrase !== ''

/** What of a form is kept in a Secret; undefined when nothing is. */
function secretData(form: ServerForm): Record<string, string> | undefined {
  if (!hasKey(form) && !hasPassphrase(form)) return undefined
  return {
    ...(hasKey(form) && { [PRIVATE_KEY]: withNewline(form.privateKey) }),
    ...(hasPassphrase(form) && { [PASSPHRASE]: form.passphrase }),
  }
}

function withNewline(key: string): string {
  // without the last newline OpenSSH's format cannot be read
  return `${key.trim()}\n`
}

/** The Secret goes once the Server is gone, which is when its machine has been cleaned with the key. */
function ownerReference({ apiVersion, kind, metadata: { name, uid } }: Server) {
  return { apiVersion, kind, name, uid }
}

/** @returns its name */
async function postSecret(
  client: ApiClient,
  metadata: { generateName: string; ownerReferences?: object[] },
  stringData: Record<string, string>,
): Promise<string> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } }
  await client.send('POST', collectionPath(resources.namespaces), { body: namespace }).catch(unlessExists)
  const { body } = await client.send<KubeObject>(
    'POST',
    collectionPath(resources.secrets, SYSTEM_NAMESPACE),
    {
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...metadata, namespace: SYSTEM_NAMESPACE },
        stringData,
      },
    },
  )
  return body.metadata.name
}

/** What needs a Secret; when it fails, the Secret goes again. */
async function orWithout<T>(
  client: ApiClient,
  secret: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (secret) await deleteSecret(client, secret).catch(() => undefined)
    throw error
  }
}

/** Names of the Secrets that the window made for a Server. */
function madeSecrets({ metadata, spec }: Server): Set<string> {
  const { privateKeySecretRef, passphraseSecretRef } = spec.ssh ?? {}
  const names = [privateKeySecretRef?.name, passphraseSecretRef?.name]
  return new Set(names.filter(name => name?.startsWith(`${metadata.name}${SECRET_SUFFIX}`)) as string[])
}

async function deleteSecret(client: ApiClient, name: string): Promise<void> {
  await client.send('DELETE', secretPath(name)).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.code === 404)) throw error
  })
}

const secretPath = (name: string) => objectPath(resources.secrets, { name, namespace: SYSTEM_NAMESPACE })

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
    contentType: MERGE,
  })
}

export async function removeServer(client: ApiClient, server: Server): Promise<void> {
  await client.send('DELETE', objectPath(resources.servers, server.metadata), {
    body: { propagationPolicy: 'Background' },
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
