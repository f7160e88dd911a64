import type { Kind } from '../kinds/kind.ts'
import { ageColumn, nameColumn } from '../kinds/printing/columns.ts'
import type { Scale } from '../registry/scale.ts'
import type { KubeObject } from '../types.ts'
import type { ResourceTarget } from './target.ts'

/** What has columns: a kind, or a part of one that is printed in its own way. */
export type Printed = Pick<Kind, 'columns'>

const asScale = (object: KubeObject) => object as unknown as Scale

/** Source: kubernetes pkg/printers/internalversion, scaleColumnDefinitions. */
const scale: Printed = {
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      description: 'How many replicas are asked for.',
      cell: object => asScale(object).spec.replicas,
    },
    {
      name: 'Available',
      type: 'integer',
      description: 'How many replicas there are.',
      cell: object => asScale(object).status.replicas,
    },
    ageColumn,
  ],
}

/** How that is printed which a request addresses. */
export function printed({ kind, subresource }: ResourceTarget): Printed {
  return subresource === 'scale' ? scale : kind
}
