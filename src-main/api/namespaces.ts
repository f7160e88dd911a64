import { isStatusError } from '../lib/errors.ts'
import type { Client } from './client.ts'
import { NamespaceKind, SYSTEM_NAMESPACE } from './kinds/namespace.ts'

/** The namespaces that are there from the start, as people's tools expect. */
const INITIAL = ['default', 'kube-system', 'kube-public', 'kube-node-lease', SYSTEM_NAMESPACE]

/** Creates the initial namespaces that do not exist yet. */
export async function ensureNamespaces(client: Client): Promise<void> {
  for (const name of INITIAL) {
    if (client.get(NamespaceKind, name)) continue
    try {
      await client.create(NamespaceKind, { metadata: { name } })
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error
    }
  }
}
