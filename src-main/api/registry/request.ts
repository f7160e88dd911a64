import type { Pause } from '../../lib/turn.ts'
import type { WriteOptions } from '../client.ts'
import type { Kind } from '../kinds/kind.ts'
import type { KubeObject, ManagedFieldsEntry } from '../types.ts'

/** What happens to fields that the kind does not have, as in the query parameter of that name. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

/** A write as it comes in over HTTP: beyond the `Client`'s options it says how strict to be and where warnings go. */
export interface RequestOptions extends WriteOptions {
  /** Default `Strict`: the control plane's own parts have no business with unknown fields. */
  fieldValidation?: FieldValidation
  /** Called for each warning that belongs in the reply. */
  warn?: (text: string) => void
  /** The part of the object that is written (`scale`), for managedFields. */
  subresource?: string
  /** The version that the caller writes in, where objects are stored in another. */
  version?: Kind
  /** Who owns what after this write, where server-side apply has already found that out. */
  managedFields?: ManagedFieldsEntry[]
  /** Lets others have their turn between the steps of a write that is large. */
  pause?: Pause
}

/** An object on its way in, or a copy that may be changed. */
export type Draft = KubeObject & { spec?: unknown; status?: unknown }
