import type { Secret } from '../types.ts'
import { validateSecret } from '../validation/data.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

/** `stringData` is a way to write: what is stored and read is `data`. */
function encodeStringData(draft: Secret): void {
  if (draft.stringData === undefined) return
  const encoded = Object.entries(draft.stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  draft.data = { ...draft.data, ...Object.fromEntries(encoded) }
  delete draft.stringData
}

export const SecretKind: Kind<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.core.v1.Secret',
  defaults: draft => {
    draft.type ||= 'Opaque'
    encodeStringData(draft)
  },
  validate: validateSecret,
  fieldSelectors: { type: secret => secret.type ?? '' },
  columns: [
    nameColumn,
    {
      name: 'Type',
      type: 'string',
      description: 'Says what the data is for.',
      cell: secret => secret.type ?? '',
    },
    {
      name: 'Data',
      type: 'string',
      description: 'Number of keys in data.',
      cell: secret => Object.keys(secret.data ?? {}).length,
    },
    ageColumn,
  ],
}
