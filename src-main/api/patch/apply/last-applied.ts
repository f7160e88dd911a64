import { copyJson, isJsonObject, type JsonObject } from '../../../lib/json.ts'
import { apiVersionOf, type Kind } from '../../kinds/kind.ts'
import { areTooLong } from '../../validation/metadata.ts'
import { compare, fieldsOf } from './compare.ts'
import { difference, FieldSet, union } from './field-set.ts'
import { topologyOf } from './topology.ts'

/** Where `kubectl apply` without `--server-side` keeps what it applied last. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/** Who moves on from one to the other; another fieldManager opts out. */
export const KUBECTL = 'kubectl'

/**
 * The fields that `kubectl apply` applied last and that are still so: `kubectl apply --server-side` takes them over
 * without a conflict. Source: apimachinery pkg/util/managedfields/internal/lastappliedmanager.go.
 * @param live without its managedFields
 */
export function fieldsLastApplied(kind: Kind, live: object | undefined): FieldSet {
  const text = annotationOf(live)
  if (!text) return new FieldSet()
  try {
    const last: unknown = JSON.parse(text)
    if (!isJsonObject(last) || last.apiVersion !== apiVersionOf(kind)) return new FieldSet()
    const topology = topologyOf(kind)
    const { changed, removed } = compare(last, live, topology)
    return difference(fieldsOf(last, topology), union(changed, removed))
  } catch {
    // anybody may have written the annotation: one that cannot be read takes nothing over
    return new FieldSet()
  }
}

/**
 * Sets the annotation, where there is one, to what is applied now: whoever goes back to `kubectl apply` without
 * `--server-side` finds what was applied last. One that would be too long goes. Source: as above, lastappliedupdater.go.
 * @param object is changed
 */
export function updateLastApplied(object: JsonObject, config: object): void {
  if (!annotationOf(object)) return
  const { annotations } = object.metadata as { annotations: Record<string, string> }
  const applied = copyJson(config) as { metadata?: { annotations?: JsonObject } }
  delete applied.metadata?.annotations?.[ANNOTATION]
  annotations[ANNOTATION] = `${JSON.stringify(applied)}\n`
  if (areTooLong(annotations)) delete annotations[ANNOTATION]
}

function annotationOf(object: object | undefined): string | undefined {
  const metadata = (object as { metadata?: { annotations?: JsonObject } } | undefined)?.metadata
  const text = metadata?.annotations?.[ANNOTATION]
  return typeof text === 'string' ? text : undefined
}
