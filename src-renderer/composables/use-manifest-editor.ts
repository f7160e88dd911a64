import { computed, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { applyManifests, type DocumentResult } from '../api/apply-manifests.ts'
import { createDiscovery } from '../api/discovery.ts'
import { parseManifests, type Problem } from '../api/documents.ts'
import type { KubeObject } from '../../src-main/api/types.ts'
import { editable, toYaml } from '../api/manifest.ts'
import { useCluster } from './use-cluster.ts'

export interface ManifestEditor {
  /** Problems of the text's form, else those that the last check or apply found in this very text; line by line. */
  problems: ComputedRef<readonly Problem[]>
  /** Of the last check or apply, as long as the text is still the one that was checked. */
  results: ComputedRef<readonly DocumentResult[]>
  /** Whether the results are those of an apply, and not of a dry run. */
  isApplied: Readonly<ShallowRef<boolean>>
  busy: Readonly<ShallowRef<'' | 'checking' | 'applying'>>
  /** What the objects are, and what they would be: set by a check without errors that found a change. */
  review: ShallowRef<{ before: string; after: string } | undefined>
  /** A dry run of every document; resolves to whether all of them passed. */
  check(): Promise<boolean>
  /** Applies every document; resolves to whether all of them were taken. */
  apply(): Promise<boolean>
}

/**
 * Checks and applies the manifest in `text`.
 * @param base what `text` was when it was opened, of objects that are edited; undefined where a manifest is applied
 */
export function useManifestEditor(text: Ref<string>, base: () => string | undefined): ManifestEditor {
  const { client } = useCluster().hub
  const discover = createDiscovery(client)
  const busy = shallowRef<'' | 'checking' | 'applying'>('')
  const found = shallowRef<readonly DocumentResult[]>([])
  const isApplied = shallowRef(false)
  const checkedText = shallowRef('')
  const review = shallowRef<{ before: string; after: string }>()

  const results = computed(() => (checkedText.value === text.value ? found.value : []))
  const documents = computed(() => parseManifests(text.value))
  const problems = computed(() => {
    const form = documents.value.flatMap(document => document.problems)
    const all = form.length > 0 ? form : results.value.flatMap(result => result.problems)
    return all.toSorted((a, b) => a.place.line - b.place.line)
  })

  async function run(dryRun: boolean): Promise<boolean> {
    busy.value = dryRun ? 'checking' : 'applying'
    checkedText.value = text.value
    isApplied.value = !dryRun
    try {
      found.value = await applyManifests(documents.value, {
        client,
        discover,
        dryRun,
        base: parseManifests(base() ?? ''),
      })
    } finally {
      busy.value = ''
    }
    return results.value.length > 0 && results.value.every(result => result.applied)
  }

  return {
    problems,
    results,
    isApplied,
    busy,
    review,
    async check() {
      const passed = await run(true)
      const changed = results.value.some(result => result.applied && result.applied.action !== 'unchanged')
      review.value = passed && changed ? reviewOf(results.value) : undefined
      return passed
    },
    async apply() {
      review.value = undefined
      return run(false)
    },
  }
}

function reviewOf(results: readonly DocumentResult[]): { before: string; after: string } {
  const side = (pick: (result: DocumentResult) => KubeObject | undefined) =>
    results
      .map(result => pick(result))
      // what the server counts and stamps is no change that a person made
      .map(object => (object ? toYaml(editable(object)) : ''))
      .filter(Boolean)
      .join('---\n')
  return {
    before: side(result => result.applied?.before),
    after: side(result => result.applied?.object),
  }
}
