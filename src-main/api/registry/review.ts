import type { Kind } from '../kinds/kind.ts'
import { warnOfNotHonoured } from './admit.ts'
import type { Draft, RequestOptions } from './request.ts'
import { holdToRules } from './rules.ts'

/**
 * What is looked at once a draft is admitted: the rules of its definition, then what has no effect yet. Others have
 * their turn in between.
 * @throws StatusError Invalid
 */
export async function review(
  kind: Kind,
  draft: Draft,
  { old, options }: { old?: Draft; options: RequestOptions },
): Promise<void> {
  if ((options.version ?? kind).rules) await holdToRules(kind, draft, { old, options })
  await options.pause?.()
  warnOfNotHonoured(kind, draft, options)
  await options.pause?.()
}
