import { apiVersionOf, type Kind, resourceOf } from './kind.ts'
import type { Rule } from './field-rules.ts'
import { podRules } from './honoured.ts'
import { networkRules } from './honoured-network.ts'
import { honouredKinds } from './honoured-kinds.ts'

export interface KindRow {
  kind: string
  /** All versions that it is served in, the preferred one first: `autoscaling/v2, autoscaling/v1`. */
  versions: string
  state: 'acted upon' | 'stored' | 'refused'
  what: string
}

/** What is honoured of each kind, as people read it. */
export function kindRows(kinds: readonly Kind[]): KindRow[] {
  return kinds
    .filter(kind => !kind.storedAs)
    .map(kind => {
      const versions = kinds
        .filter(other => other === kind || other.storedAs?.kind === kind)
        .map(apiVersionOf)
      const known = honouredKinds[resourceOf(kind)]
      return {
        kind: kind.kind,
        versions: versions.join(', '),
        state: kind.refused ? 'refused' : (known?.honoured ?? 'stored'),
        what: kind.refused ?? known?.what ?? '',
      }
    })
}

export interface FieldRow {
  field: string
  what: string
}

/** The fields of a pod without effect, as people write them: `containers[*].lifecycle.postStart, preStop`. */
export function fieldRows(): FieldRow[] {
  return rowsOf(podRules)
}

/** Those of the network's kinds: `Service spec.ports[*].protocol`. */
export function networkFieldRows(kinds: readonly Kind[]): FieldRow[] {
  return kinds.flatMap(kind =>
    kind.storedAs
      ? []
      : rowsOf(networkRules[resourceOf(kind)] ?? []).map(({ field, what }) => ({
          field: `${kind.kind} ${field}`,
          what,
        })),
  )
}

function rowsOf(rules: readonly Rule[]): FieldRow[] {
  return rules.map(({ path, why }) => ({ field: readablePath(path), what: why }))
}

function readablePath(path: string): string {
  return path
    .replace('containers|initContainers.*', 'containers[*]')
    .replace('volumes.*.*', 'volumes[*]: any other type')
    .replaceAll('.*', '[*]')
    .replaceAll('|', ', ')
}
