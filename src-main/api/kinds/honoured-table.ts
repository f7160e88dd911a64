import { apiVersionOf, type Kind, resourceOf } from './kind.ts'
import { podRules } from './honoured.ts'
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
  return podRules.map(({ path, why }) => ({ field: readablePath(path), what: why }))
}

function readablePath(path: string): string {
  return path
    .replace('containers|initContainers.*', 'containers[*]')
    .replace('volumes.*.*', 'volumes[*]: any other type')
    .replaceAll('.*', '[*]')
    .replaceAll('|', ', ')
}
