import { isMap, isSeq, parseDocument, stringify, type Document, type YAMLMap } from 'yaml'
import { KUBECONFIG_YAML } from '../api/auth/kubeconfig.ts'

export interface MergeOptions {
  /** What cluster, user and context are called in the file. */
  name: string
  /** Make it the current context. */
  switchContext: boolean
}

/** A kubeconfig that cannot be merged into, because nothing of it may be lost. */
export class KubeconfigError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'KubeconfigError'
  }
}

/**
 * Puts the one cluster, user and context of `source` into `target` under another name. What else is there stays,
 * comments and order too; entries of the same name are replaced. A pure function.
 * @param source kubeconfig text as `writeKubeconfig` writes it
 * @param target kubeconfig text; empty: a new one is made
 * @throws KubeconfigError when `target` is no kubeconfig
 */
export function mergeKubeconfig(
  source: string,
  target: string,
  { name, switchContext }: MergeOptions,
): string {
  const ours = parseDocument(source, KUBECONFIG_YAML)
  const theirs = readTarget(target)
  put(theirs, 'clusters', { name, cluster: valueOf(ours, 'clusters', 'cluster') })
  put(theirs, 'users', { name, user: valueOf(ours, 'users', 'user') })
  put(theirs, 'contexts', { name, context: contextOf(theirs, name) })
  if (switchContext || !theirs.get('current-context')) theirs.set('current-context', name)
  return theirs.toString(KUBECONFIG_YAML)
}

function readTarget(text: string): Document {
  const empty = stringify({ apiVersion: 'v1', kind: 'Config' })
  const document = parseDocument(text.trim() === '' ? empty : text, KUBECONFIG_YAML)
  const broken = document.errors[0]
  if (broken) {
    throw new KubeconfigError(
      `it is no valid YAML, so nothing was changed: ${broken.message.split('\n')[0]}`,
      {
        cause: broken,
      },
    )
  }
  if (!isMap(document.contents)) throw new KubeconfigError('it holds no kubeconfig, so nothing was changed')
  return document
}

/** The `cluster` or `user` of the only entry. */
function valueOf(document: Document, list: string, key: string): unknown {
  const value: unknown = document.getIn([list, 0, key])
  if (!isMap(value)) throw new KubeconfigError(`the data folder's kubeconfig has no ${list}`)
  return value.toJSON()
}

/** A namespace that a person has chosen for the context is kept. */
function contextOf(theirs: Document, name: string) {
  const context = find(theirs, 'contexts', name)?.getIn(['context', 'namespace'])
  return { cluster: name, user: name, namespace: typeof context === 'string' ? context : 'default' }
}

function put(document: Document, list: string, entry: Record<string, unknown> & { name: string }): void {
  const found = find(document, list, entry.name)
  if (found) {
    for (const [key, value] of Object.entries(entry)) found.set(key, document.createNode(value))
    return
  }
  const items = document.get(list)
  if (isSeq(items)) {
    // `clusters: []` would go on in one line
    items.flow = false
    items.add(document.createNode(entry))
  } else document.set(list, document.createNode([entry]))
}

function find(document: Document, list: string, name: string): YAMLMap | undefined {
  const items = document.get(list)
  if (items != null && !isSeq(items))
    throw new KubeconfigError(`its ${list} are no list, so nothing was changed`)
  const found = isSeq(items) ? items.items.find(item => isMap(item) && item.get('name') === name) : undefined
  return isMap(found) ? found : undefined
}
