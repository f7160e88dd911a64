import type { PodTemplateSpec } from '../../api/types.ts'
import { partInCanonicalForm } from '../../api/validation/canonical-form.ts'
import { equalJson, isJsonObject } from '../../lib/json.ts'
import { safeEncode } from '../../lib/names.ts'

export const TEMPLATE_HASH = 'pod-template-hash'
const TEMPLATE = 'io.k8s.api.core.v1.PodTemplateSpec'

/**
 * The label that tells apart the pods of a Deployment's ReplicaSets: FNV-1a (32 bit) of the template, in decimal,
 * in the alphabet of generated names. It differs from the hash that Kubernetes' Go dump of the template gives.
 * @param collisionCount how many other templates turned out to have the same hash
 */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const text = canonical(template) + (collisionCount > 0 ? String(collisionCount) : '')
  return safeEncode(String(fnv1a(Buffer.from(text))))
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** JSON with sorted keys: the same text for the same data. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .filter(key => value[key] !== undefined)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

/**
 * True when two templates differ at most in the hash label that a ReplicaSet's own has, and in how quantities are
 * written: those that earlier versions stored are as their writers gave them.
 */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  const [one, other] = [withoutHash(a), withoutHash(b)]
  return equalJson(one, other) || equalJson(inCanonicalForm(one), inCanonicalForm(other))
}

const inCanonicalForm = (template: unknown) => partInCanonicalForm(TEMPLATE, template)

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [TEMPLATE_HASH]: _, ...labels } = template?.metadata?.labels ?? {}
  return { ...template, metadata: { ...template?.metadata, labels } }
}
