import { StatusError } from '../../lib/errors.ts'
import { inSteps, type Pause } from '../../lib/turn.ts'
import type { Kind } from '../kinds/kind.ts'
import { applyJsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { strategicMerge } from './strategic-merge.ts'

/** The body types of a PATCH. */
export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const

/**
 * The object with the patch applied; neither argument is changed.
 * @param contentType of the request, without parameters
 * @param pause lets others have their turn between the steps of a large patch
 * @throws StatusError UnsupportedMediaType, BadRequest, Invalid
 */
export async function applyPatch(
  kind: Kind,
  contentType: string,
  { target, patch, pause }: { target: unknown; patch: unknown; pause?: Pause | undefined },
): Promise<unknown> {
  switch (contentType) {
    case 'application/json-patch+json':
      return inSteps(applyJsonPatch(target, patch), pause)
    case 'application/merge-patch+json':
      return mergePatch(target, patch)
    case 'application/strategic-merge-patch+json':
      // Kubernetes' own kinds only: there the merge keys are fixed, and clients know them too.
      if (!hasNoMergeKeys(kind)) return strategicMerge(kind.kind, target, patch)
  }
  throw unsupportedPatchType(kind)
}

function unsupportedPatchType(kind: Kind): StatusError {
  const accepted = PATCH_TYPES.filter(type => !hasNoMergeKeys(kind) || !type.includes('strategic'))
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** Only Kubernetes' own kinds have the merge keys that a strategic merge goes by. */
export function hasNoMergeKeys({ group, custom }: Kind): boolean {
  return custom === true || group === 'coxswain.io' || group.endsWith('.coxswain.io')
}
