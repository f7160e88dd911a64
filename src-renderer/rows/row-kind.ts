import type { KubeObject } from '../../src-main/api/types.ts'
import type { ResourceName } from '../api/resources.ts'
import type { Collection } from '../data/hub.ts'

/** ok ●, working ◐, wrong ▲, off ○: always shown with its text. */
export type State = 'ok' | 'working' | 'wrong' | 'off'

export interface Status {
  state: State
  /** One or two words: `Running`, `Pulling image`. */
  text: string
  /** Why, in a sentence. */
  reason?: string
  /** What to do about it. */
  next?: string
}

export interface Column {
  id: string
  title: string
  /** A CSS grid track. */
  width: string
  align?: 'right'
  /** Left out where there is no room for all; the last one goes first. */
  minor?: boolean
  /** One sentence that explains the term. */
  hint?: string
}

/** What one cell shows; `sort` stands in for the text where the text does not sort well. */
export type Cell = { sort?: string | number; title?: string } & (
  | { kind: 'text'; text: string; mono?: boolean }
  /** Also another text whose end tells it from its neighbours. */
  | { kind: 'pod-name'; text: string }
  | { kind: 'status'; status: Status }
  | { kind: 'age'; since: string | undefined }
  | { kind: 'bar'; part: number; text: string }
)

/** What can be done with an object, as the window names it; `run-action.ts` knows how. */
export interface Action {
  id:
    | 'logs'
    | 'edit'
    | 'scale'
    | 'restart'
    | 'cordon'
    | 'uncordon'
    | 'confirm-host-key'
    | 'remove-server'
    | 'delete'
  label: string
  danger?: boolean
}

/** Other kinds' objects, for rows that need them. */
export interface RowContext {
  collection<T extends KubeObject>(name: ResourceName): Collection<T>
}

/** How a kind becomes rows. No DOM. */
export interface RowKind<T extends KubeObject = KubeObject> {
  resource: ResourceName
  title: string
  /** The term, explained in one sentence. */
  about: string
  /** What to do when there is none. */
  empty: string
  columns: readonly Column[]
  /** Kinds whose changes may change a row, with the `nameKey` of the row each object belongs to; `all` of the rows. */
  related?: Partial<Record<ResourceName, ((object: never) => string | undefined) | 'all'>>
  status(object: T, context: RowContext): Status
  /** By column id. */
  cells(object: T, context: RowContext): Record<string, Cell>
  actions(object: T, context: RowContext): Action[]
}

export const text = (
  value: string | number | undefined,
  extra: { mono?: boolean; title?: string } = {},
): Cell => ({
  kind: 'text',
  text: value === undefined || value === '' ? '–' : String(value),
  ...(typeof value === 'number' ? { sort: value } : {}),
  ...extra,
})

export const age = (since: string | undefined): Cell => ({
  kind: 'age',
  since,
  // younger first
  sort: since ? -Date.parse(since) : 0,
})

const SEVERITY: Record<State, number> = { wrong: 0, working: 1, off: 2, ok: 3 }

/**
 * Sorts what is wrong first, then what is changing, then everything else; by its first word, so that a count in it
 * moves no row.
 */
export const statusCell = (status: Status): Cell => ({
  kind: 'status',
  status,
  sort: `${SEVERITY[status.state]} ${status.text.split(/[\s:]/, 1)[0]}`,
})

/** What the filter searches and a copy takes. */
export function cellText(cell: Cell): string {
  switch (cell.kind) {
    case 'text':
    case 'pod-name':
    case 'bar':
      return cell.text
    case 'status':
      return cell.status.reason ? `${cell.status.text} ${cell.status.reason}` : cell.status.text
    case 'age':
      return cell.since ?? ''
  }
}
