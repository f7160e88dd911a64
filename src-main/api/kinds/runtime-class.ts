import type { RuntimeClass } from '../types.ts'
import { checkImmutable, requireText } from '../validation/field-checks.ts'
import { dnsLabel } from '../validation/text-rules.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const RuntimeClassKind: Kind<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  validate: ({ handler }, errors, old) => {
    requireText(errors, 'handler', handler, dnsLabel)
    if (old) checkImmutable(errors, 'handler', handler, old.handler)
  },
  notHonoured: () => storedOnly('runtimeclasses.node.k8s.io'),
  columns: [
    nameColumn,
    {
      name: 'Handler',
      type: 'string',
      description: 'The runtime that it stands for.',
      cell: ({ handler }) => handler,
    },
    ageColumn,
  ],
}
