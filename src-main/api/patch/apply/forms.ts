import { badRequest } from '../../../lib/errors.ts'
import { copyJson, type JsonObject } from '../../../lib/json.ts'
import { apiVersionOf, type Kind } from '../../kinds/kind.ts'
import { versionsOf } from '../../kinds/versions.ts'
import type { KubeObject } from '../../types.ts'
import { compare, type Comparison } from './compare.ts'
import { topologyOf } from './topology.ts'

/** An object without its managedFields, which nobody owns; undefined: it is not there. */
export type Content = JsonObject | undefined

/**
 * One object in the versions of its kind: each manager names its fields in the version that it wrote in, and is only
 * ever asked about that version.
 */
export class Forms {
  readonly #kind: Kind

  /** @param kind the version that objects come in and go out */
  constructor(kind: Kind) {
    this.#kind = kind
  }

  /** The version of that name; an unknown one (no longer served, say) counts as the own. */
  kindOf(apiVersion: string): Kind {
    return versionsOf(this.#kind).find(kind => apiVersionOf(kind) === apiVersion) ?? this.#kind
  }

  /** @throws StatusError BadRequest for what has not the structure of its kind */
  convert(content: Content, { from = this.#kind, to = this.#kind }: { from?: Kind; to?: Kind }): Content {
    if (content === undefined || from === to || apiVersionOf(from) === apiVersionOf(to)) return content
    try {
      const object = copyJson(content) as unknown as KubeObject
      const stored = from.storedAs ? from.storedAs.toStored(object) : object
      const form = to.storedAs ? to.storedAs.fromStored(stored) : stored
      return { ...form, apiVersion: apiVersionOf(to) } as unknown as JsonObject
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      throw badRequest(`the object has not the structure of a ${from.kind} of ${apiVersionOf(from)}`, error)
    }
  }

  /** How two states differ, in the words of each version; compared once a version. */
  differences(before: Content, after: Content): (apiVersion: string) => Comparison {
    const known = new Map<Kind, Comparison>()
    return apiVersion => {
      const to = this.kindOf(apiVersion)
      let comparison = known.get(to)
      if (!comparison) {
        const topology = topologyOf(to)
        comparison = compare(this.convert(before, { to }), this.convert(after, { to }), topology)
        known.set(to, comparison)
      }
      return comparison
    }
  }
}
