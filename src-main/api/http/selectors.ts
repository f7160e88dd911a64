import { badRequest } from '../../lib/errors.ts'
import { isExact, matcherOf, parseSelector } from '../../lib/labels.ts'
import { turn } from '../../lib/turn.ts'
import type { Kind, Selection } from '../kinds/kind.ts'
import type { KubeObject } from '../types.ts'

/** What a list, watch or deletecollection is about. */
export interface Filter {
  /** What the store's indexes can narrow: no more than that, for the store looks through all at once. */
  selection: Selection
  /** True when an object of that selection meets what is left; undefined when nothing is left. */
  rest?: (object: KubeObject) => boolean
  /** True when an object meets all of it. */
  matches(object: KubeObject): boolean
}

interface FieldRequirement {
  field: string
  equal: boolean
  value: string
}

/**
 * The filter of a request's labelSelector and fieldSelector.
 * @throws StatusError BadRequest, also for a field that this kind cannot be selected by
 */
export function filterOf(kind: Kind, namespace: string | undefined, query: URLSearchParams): Filter {
  const labels = parseSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '')
  const matchesLabels = matcherOf(labels)
  const matchesFields = fieldMatcher(kind, fields)
  const exactly = (field: string) => fields.find(item => item.equal && item.field === field)?.value
  const exactLabels = labels.filter(isExact)
  const node = kind.namespaced ? exactly('spec.nodeName') : undefined
  const meetsRest = (object: KubeObject) => matchesLabels(object.metadata.labels) && matchesFields(object)
  return {
    ...(fields.length > 0 || labels.length > exactLabels.length ? { rest: meetsRest } : {}),
    selection: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(exactLabels.length > 0 ? { labels: exactLabels } : {}),
      ...(node ? { node } : {}),
    },
    matches: object =>
      (namespace === undefined || object.metadata.namespace === namespace) && meetsRest(object),
  }
}

/** Those of a selection's objects that meet the rest of the filter. */
export function select(objects: readonly KubeObject[], { rest }: Filter): readonly KubeObject[] {
  return rest ? objects.filter(rest) : objects
}

/** How many objects are held against a filter before others have their turn. */
const SELECTED_AT_ONCE = 5_000

/** As `select`; others have their turn, however many objects there are and however long the selectors. */
export async function selectInPortions(
  objects: readonly KubeObject[],
  filter: Filter,
): Promise<readonly KubeObject[]> {
  if (!filter.rest || objects.length <= SELECTED_AT_ONCE) return select(objects, filter)
  const selected: (readonly KubeObject[])[] = []
  for (let index = 0; index < objects.length; index += SELECTED_AT_ONCE) {
    await turn()
    selected.push(select(objects.slice(index, index + SELECTED_AT_ONCE), filter))
  }
  return selected.flat()
}

/** Each field is read once, however many requirements there are. */
function fieldMatcher(kind: Kind, requirements: FieldRequirement[]): (object: KubeObject) => boolean {
  const fields = new Map<
    string,
    { read: (object: KubeObject) => string; is: Set<string>; isNot: Set<string> }
  >()
  for (const { field, equal, value } of requirements) {
    const known = fields.get(field) ?? { read: readerOf(kind, field), is: new Set(), isNot: new Set() }
    fields.set(field, known)
    known[equal ? 'is' : 'isNot'].add(value)
  }
  const tests = [...fields.values()]
  return object =>
    tests.every(({ read, is, isNot }) => {
      const value = read(object)
      return (is.size === 0 || (is.size === 1 && is.has(value))) && !isNot.has(value)
    })
}

function readerOf(kind: Kind, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return object => object.metadata.name
  if (field === 'metadata.namespace') return object => object.metadata.namespace ?? ''
  const reader =
    kind.fieldSelectors && Object.hasOwn(kind.fieldSelectors, field) && kind.fieldSelectors[field]
  if (!reader) throw badRequest(`field label not supported: ${field}`)
  return reader
}

/** `a=b,c!=d`; a backslash takes the meaning from `,`, `=` and itself. Source: apimachinery pkg/fields/selector.go. */
function parseFieldSelector(text: string): FieldRequirement[] {
  const terms = text.match(/(?:\\.|[^\\,])+/g) ?? []
  return terms.map(term => {
    const match = /^((?:\\.|[^\\=!])+?)(==|!=|=)((?:\\[\\,=]|[^\\,=])*)$/.exec(term)
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const [, field = '', operator, value = ''] = match
    return { field: field.trim(), equal: operator !== '!=', value: value.replace(/\\([\\,=])/g, '$1') }
  })
}
