import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type ParsedNode } from 'yaml'
import type { Manifest } from './apply.ts'
import { parseFieldPath, type PathStep } from './field-path.ts'
import { kubernetesTags } from './yaml-tags.ts'

/** A place in the text: lines and columns count from 1, the end is exclusive. */
export interface Place {
  line: number
  column: number
  endLine: number
  endColumn: number
}

export interface Problem {
  place: Place
  message: string
  severity: 'error' | 'warning'
  /** As the API named it. */
  field?: string
}

export interface ManifestDocument {
  /** Counts from 0 over the documents that are not empty. */
  index: number
  /** Absent when the YAML cannot be read or is no object with apiVersion, kind and a name. */
  manifest: Manifest | undefined
  problems: Problem[]
  /** Where a field of it stands; the nearest enclosing field that is there when it is not. */
  placeOf(fieldPath: string): Place
}

/** The documents of a multi-document YAML text, each with every problem of its form. */
export function parseManifests(text: string): ManifestDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    customTags: kubernetesTags,
    merge: true,
  })
  if (!Array.isArray(documents)) return []
  const toPlace = (from: number, to: number): Place => {
    const start = lines.linePos(from)
    const end = lines.linePos(Math.max(to, from))
    return { line: start.line || 1, column: start.col || 1, endLine: end.line || 1, endColumn: end.col || 1 }
  }
  return documents
    .filter(document => !isEmpty(document))
    .map((document, index) => describe(document, index, text, toPlace))
}

/** Comments alone parse as a null that stands nowhere. */
function isEmpty(document: Document.Parsed): boolean {
  const { contents, errors } = document
  return errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null))
}

function describe(
  document: Document.Parsed,
  index: number,
  text: string,
  toPlace: (from: number, to: number) => Place,
): ManifestDocument {
  const problems: Problem[] = document.errors.map(error => ({
    place: toPlace(error.pos[0], error.pos[1]),
    message: error.message,
    severity: 'error',
  }))
  const placeOf = (path: string) => {
    const [from, to] = rangeOf(document, parseFieldPath(path))
    return toPlace(from, endOfLine(text, from, to))
  }
  const missing = problems.length > 0 ? [] : missingBasics(document)
  for (const message of missing) problems.push({ place: placeOf(''), message, severity: 'error' })
  let manifest: Manifest | undefined
  try {
    if (problems.length === 0) manifest = document.toJS({ maxAliasCount: 100 }) as Manifest
  } catch (error) {
    // aliases of aliases of aliases: small to write, endless to read
    const message = error instanceof Error ? error.message : String(error)
    problems.push({ place: placeOf(''), message, severity: 'error' })
  }
  return { index, manifest, problems, placeOf }
}

function missingBasics(document: Document.Parsed): string[] {
  if (!isMap(document.contents)) return ['A manifest is an object with apiVersion, kind and metadata.']
  const isText = (path: string[]) => {
    const value = document.getIn(path)
    return typeof value === 'string' && value !== ''
  }
  return [['apiVersion'], ['kind'], ['metadata', 'name']]
    .filter(path => !isText(path))
    .map(path => `${path.join('.')} is missing: every manifest needs it.`)
}

/** From the field's key to the end of its value. */
function rangeOf(document: Document.Parsed, steps: readonly PathStep[]): [number, number] {
  let node: ParsedNode | null = document.contents
  let range: [number, number] = firstLine(node)
  for (const step of steps) {
    if (isMap(node)) {
      const pair = (node as { items: { key: ParsedNode; value: ParsedNode | null }[] }).items.find(
        item => isScalar(item.key) && String(item.key.value) === String(step),
      )
      if (!pair) break
      range = [pair.key.range[0], pair.value?.range[1] ?? pair.key.range[1]]
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number' && node.items[step]) {
      node = node.items[step] as ParsedNode
      range = [node.range[0], node.range[1]]
    } else break
  }
  return range
}

function firstLine(node: ParsedNode | null): [number, number] {
  return node ? [node.range[0], node.range[1]] : [0, 0]
}

/** A mark over many lines hides more than it shows: it ends with its first line. */
function endOfLine(text: string, from: number, to: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? to : Math.min(to, end)
}
