import { createSharedPair } from '../api/auth/certificates.ts'
import type { Client } from '../api/client.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import type { Clock } from '../lib/clock.ts'
import { isStatusError } from '../lib/errors.ts'
import { STORE_HOST } from './plan/ingress/acme.ts'
import type { StorePair } from './plan/ingress/model.ts'

/** The Secret of the pair by which ingress servers hand certificates to one another; deleted, it is made anew. */
export const STORE_SECRET = { namespace: 'coxswain-system', name: 'ingress-store' }

export function storePair(client: Client): StorePair | undefined {
  const data = client.get(SecretKind, STORE_SECRET.name, STORE_SECRET.namespace)?.data
  const text = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString()
  const [certificate, key] = [text('tls.crt'), text('tls.key')]
  return certificate && key ? { certificate, key } : undefined
}

/** Makes the pair where there is none. */
export async function ensureStorePair(client: Client, clock: Clock): Promise<void> {
  if (storePair(client)) return
  const { certificate, key } = await createSharedPair(STORE_HOST, clock.now())
  try {
    await client.create(SecretKind, {
      metadata: { ...STORE_SECRET },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': certificate, 'tls.key': key },
    })
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error
  }
}
