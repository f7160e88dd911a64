import { createSharedPair } from '../api/auth/certificates.ts'
import type { Client } from '../api/client.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import { isStatusError } from '../lib/errors.ts'
import { STORE_HOST } from './plan/ingress/acme.ts'
import type { StorePair } from './plan/ingress/model.ts'

/** The Secret of the pair by which ingress servers hand certificates to one another; deleted, it is made anew. */
export const STORE_SECRET = { namespace: 'coxswain-system', name: 'ingress-store' }
/** On it: the server that obtains certificates, so that a server that is added does not become it by its name. */
const LEADER_ANNOTATION = 'coxswain.io/acme-leader'

export function storePair(client: Client): StorePair | undefined {
  const data = client.get(SecretKind, STORE_SECRET.name, STORE_SECRET.namespace)?.data
  const text = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString()
  const [certificate, key] = [text('tls.crt'), text('tls.key')]
  return certificate && key ? { certificate, key } : undefined
}

/** Which server obtains certificates, as was written last. */
export function storeLeader(client: Client): string | undefined {
  const secret = client.get(SecretKind, STORE_SECRET.name, STORE_SECRET.namespace)
  return secret?.metadata.annotations?.[LEADER_ANNOTATION]
}

/** Makes the pair where there is none, and writes down who obtains certificates. */
export async function ensureStore(
  client: Client,
  { leader, nowMs }: { leader: string; nowMs: number },
): Promise<void> {
  if (storePair(client)) {
    if (storeLeader(client) === leader) return
    await client.modify(SecretKind, STORE_SECRET, draft => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [LEADER_ANNOTATION]: leader }
    })
    return
  }
  const { certificate, key } = await createSharedPair(STORE_HOST, nowMs)
  try {
    await client.create(SecretKind, {
      metadata: { ...STORE_SECRET, annotations: { [LEADER_ANNOTATION]: leader } },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': certificate, 'tls.key': key },
    })
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error
  }
}
