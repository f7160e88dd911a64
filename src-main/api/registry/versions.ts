import { invalid } from '../../lib/errors.ts'
import { copyJson } from '../../lib/json.ts'
import type { StoreEvent, StoredObject } from '../../store/object-store.ts'
import { apiVersionOf, type Kind } from '../kinds/kind.ts'
import type { KubeObject, NewObject } from '../types.ts'
import { checkStructure, type StructureContext } from './admit.ts'
import { setTypeMeta } from './metadata.ts'
import type { Draft } from './request.ts'

/** Forms of stored objects in other versions. An object never changes, so neither does its form. */
const forms = new WeakMap<Kind, WeakMap<object, KubeObject>>()

/** A stored object as this version of its kind shows it. */
export function shown<T extends KubeObject>(kind: Kind<T>, object: StoredObject | KubeObject): T {
  const stored = object as KubeObject
  const key = kind as unknown as Kind
  if (!kind.storedAs) {
    // The storage version of a definition may have been another one when the object was written
    const apiVersion = kind.custom ? apiVersionOf(kind) : stored.apiVersion
    return (apiVersion === stored.apiVersion ? stored : Object.freeze({ ...stored, apiVersion })) as T
  }
  let known = forms.get(key)
  if (!known) forms.set(key, (known = new WeakMap()))
  let form = known.get(stored)
  if (!form) known.set(stored, (form = Object.freeze(kind.storedAs.fromStored(stored))))
  return form as T
}

/** True when objects of this kind may have another form in the store. */
export function isConverted({ storedAs, custom }: Kind): boolean {
  return storedAs !== undefined || custom === true
}

export function shownEvent(kind: Kind, event: StoreEvent): StoreEvent {
  const form = (object: StoredObject) => shown(kind, object) as unknown as StoredObject
  return {
    ...event,
    object: form(event.object),
    ...(event.previous ? { previous: form(event.previous) } : {}),
  } as StoreEvent
}

/**
 * The stored form of an object that came in another version: checked and defaulted by that version's own schema first,
 * so that what is wrong is told in the words that the caller used.
 * @param context speaks of the same version
 * @throws StatusError BadRequest, Invalid
 */
export function storedForm(
  kind: Kind & Required<Pick<Kind, 'storedAs'>>,
  input: NewObject | KubeObject,
  context: StructureContext,
): KubeObject {
  const draft = copyJson(input) as Draft
  setTypeMeta(kind, draft)
  const causes = checkStructure(kind, draft, context)
  if (causes.length > 0) {
    const name = draft.metadata.name || draft.metadata.generateName || ''
    throw invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, name, causes)
  }
  kind.defaults?.(draft)
  return kind.storedAs.toStored(draft)
}
