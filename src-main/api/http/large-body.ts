import { invalid } from '../../lib/errors.ts'
import { turn } from '../../lib/turn.ts'
import type { Kind } from '../kinds/kind.ts'
import { handleUnknownFields } from '../registry/admit.ts'
import type { RequestOptions } from '../registry/request.ts'
import type { KubeObject } from '../types.ts'
import { MAX_CAUSES } from '../validation/field-errors.ts'
import { validateStructure } from '../validation/structural.ts'

/**
 * Takes out of a large object what makes it large without meaning anything, before all of it is copied, defaulted and
 * validated, which is done in one go: unknown fields are dropped, and an object that is wrong throughout is refused.
 * @throws StatusError BadRequest for unknown fields under `Strict`; Invalid
 */
export async function sift(kind: Kind, object: KubeObject, options: RequestOptions): Promise<void> {
  const structure = validateStructure(kind, object)
  await turn()
  handleUnknownFields(kind, structure, options)
  await turn()
  if (structure.causes.length < MAX_CAUSES) return
  throw invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, '', structure.causes)
}
