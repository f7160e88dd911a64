import { type Clock, formatTime } from '../../lib/clock.ts'
import type { Kind } from '../kinds/kind.ts'
import { afterUpdate } from '../patch/apply/ownership.ts'
import type { ManagedFieldsEntry } from '../types.ts'
import type { Draft, RequestOptions } from './request.ts'

/**
 * Writes into the draft who owns which of its fields, in place. Only writers that give their name are recorded: those
 * that come over HTTP. The control plane's own parts give none. What they write (status, replicas on behalf of an
 * autoscaler, pods by the thousand) is nobody's to apply, so an owner would cost memory and mean nothing; and a field
 * that a person applied stays theirs when a controller has changed it in between.
 */
export function manageFields(
  kind: Kind,
  draft: Draft,
  {
    old,
    given,
    options,
    clock,
  }: { old?: Draft; given?: ManagedFieldsEntry[]; options: RequestOptions; clock: Clock },
): void {
  const { fieldManager, subresource, managedFields, version } = options
  const entries =
    managedFields ??
    (fieldManager
      ? afterUpdate(
          kind,
          { before: old, after: draft, given },
          { manager: fieldManager, subresource, time: formatTime(clock.now()), as: version },
        )
      : old?.metadata.managedFields)
  setManagedFields(draft, entries)
}

export function setManagedFields({ metadata }: Draft, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries && entries.length > 0) metadata.managedFields = entries
  else delete metadata.managedFields
}
