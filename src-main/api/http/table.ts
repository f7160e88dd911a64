import { badRequest } from '../../lib/errors.ts'
import type { KubeObject } from '../types.ts'
import type { Printed } from './printed.ts'

const INCLUDES = ['None', 'Metadata', 'Object'] as const
type IncludeObject = (typeof INCLUDES)[number]

/** `meta.k8s.io` Table: rows that kubectl prints as they are. */
export interface Table {
  kind: 'Table'
  apiVersion: string
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
  columnDefinitions: {
    name: string
    type: string
    format: string
    description: string
    priority: number
  }[]
  rows: { cells: (string | number | boolean | null)[]; object?: unknown }[]
}

/** How a kind's objects become rows; `now` is in ms since the epoch. */
export interface TableOptions {
  version: string
  include: IncludeObject
  now: number
}

/** @throws StatusError BadRequest */
export function includeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? 'Metadata'
  const include = INCLUDES.find(known => known === value)
  if (!include) throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`)
  return include
}

export function tableOf(
  kind: Printed,
  objects: readonly KubeObject[],
  metadata: Table['metadata'],
  options: TableOptions,
): Table {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: columnDefinitions(kind),
    rows: objects.map(object => tableRow(kind, object, options)),
  }
}

function columnDefinitions(kind: Printed): Table['columnDefinitions'] {
  return kind.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format: format ?? (name === 'Name' ? 'name' : ''),
    description,
    priority: priority ?? 0,
  }))
}

export function tableRow(
  kind: Printed,
  object: KubeObject,
  { version, include, now }: TableOptions,
): Table['rows'][number] {
  const cells = kind.columns.map(column => column.cell(object, now))
  if (include === 'None') return { cells }
  return { cells, object: include === 'Object' ? object : partialMetadata(object, version) }
}

/** Only the metadata, as informers that need no more ask for it. */
export function partialMetadata(object: KubeObject, version: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}
