import type { KubeObject, PodTemplateSpec } from '../../types.ts'
import type { LabelSelector } from '../../../lib/labels.ts'
import type { Column } from '../kind.ts'
import { age } from './age.ts'
import { selectorText } from './selector-text.ts'

/** Columns that many kinds share. Names, order and contents are Kubernetes' (pkg/printers/internalversion/printers.go). */

export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: object => object.metadata.name,
}

export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, now) => age(object.metadata.creationTimestamp, now),
}

/** Where Kubernetes shows the time itself and not the age. */
export const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  description: 'Time when the object was created.',
  cell: object => object.metadata.creationTimestamp,
}

interface Templated extends KubeObject {
  spec: { template?: PodTemplateSpec }
}

const containersOf = (object: Templated) => object.spec.template?.spec?.containers ?? []

export const templateColumns: Column<Templated>[] = [
  {
    name: 'Containers',
    type: 'string',
    description: 'Names of each container in the template.',
    priority: 1,
    cell: object =>
      containersOf(object)
        .map(container => container.name)
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    description: 'Images referenced by each container in the template.',
    priority: 1,
    cell: object =>
      containersOf(object)
        .map(container => container.image ?? '')
        .join(','),
  },
]

export const selectorColumn: Column<KubeObject & { spec: { selector?: LabelSelector } }> = {
  name: 'Selector',
  type: 'string',
  description: 'Label selector for pods.',
  priority: 1,
  cell: object => selectorText(object.spec.selector) || '<none>',
}
