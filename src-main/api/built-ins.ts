import { isStatusError } from '../lib/errors.ts'
import type { Client } from './client.ts'
import type { Kind } from './kinds/kind.ts'
import { IngressClassKind } from './kinds/ingress-class.ts'
import { PriorityClassKind, systemPriorities } from './kinds/priority-class.ts'
import { ServiceKind } from './kinds/service.ts'
import { ensureNamespaces } from './namespaces.ts'
import type { KubeObject, NewObject } from './types.ts'

/** Creates what people's tools expect to find in every cluster, where it does not exist yet. */
export async function ensureBuiltIns(client: Client): Promise<void> {
  await ensureNamespaces(client)
  for (const [name, value] of Object.entries(systemPriorities)) {
    await ensure(client, PriorityClassKind, {
      metadata: { name },
      value,
      description: `Used for system critical pods that must ${name.includes('node') ? 'not be moved from their current node' : 'run in the cluster, but can be moved to another node if necessary'}.`,
    })
  }
  await ensure(client, IngressClassKind, {
    metadata: { name: 'coxswain' },
    spec: { controller: 'coxswain.io/ingress' },
  })
  await ensure(client, ServiceKind, {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
      annotations: {
        'coxswain.io/note':
          'The API is served on the loopback interface of the computer that Coxswain runs on: pods cannot reach it yet.',
      },
    },
    spec: { ports: [{ name: 'https', port: 443 }] },
  })
}

async function ensure<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  object: NewObject<T>,
): Promise<void> {
  const { name = '', namespace } = object.metadata
  if (client.get(kind, name, namespace)) return
  try {
    await client.create(kind, object)
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error
  }
}
