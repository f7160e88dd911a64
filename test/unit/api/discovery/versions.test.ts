import { expect, test } from 'vitest'
import { apiGroup } from '../../../../src-main/api/discovery/legacy.ts'
import { groupDiscoveryList } from '../../../../src-main/api/discovery/aggregated.ts'
import { groupVersions } from '../../../../src-main/api/discovery/resources.ts'
import { byPriority } from '../../../../src-main/api/discovery/version-priority.ts'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import type { Kind } from '../../../../src-main/api/kinds/kind.ts'

// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
const SORTED = [
  'v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10', 'v1beta',
] // prettier-ignore

test('versions are sorted as Kubernetes sorts them', () => {
  expect([...SORTED].reverse().sort(byPriority)).toEqual(SORTED)
  expect([...SORTED].sort().sort(byPriority)).toEqual(SORTED)
})

test('a group prefers its highest stable version, whichever of its kinds serves it', () => {
  const kind = (version: string, plural: string) =>
    ({ ...ConfigMapKind, group: 'example.com', version, plural }) as unknown as Kind
  const served = groupVersions([
    kind('v1alpha1', 'cups'),
    kind('v1beta1', 'cups'),
    kind('v1', 'plates'),
    ConfigMapKind as unknown as Kind,
  ])
  expect(served[0]?.group).toBe('')
  expect(apiGroup(served, 'example.com')).toMatchObject({
    preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
    versions: [{ version: 'v1' }, { version: 'v1beta1' }, { version: 'v1alpha1' }],
  })
  const { items } = groupDiscoveryList(served, { core: false, version: 'v2' }) as {
    items: { metadata: { name: string }; versions: { version: string }[] }[]
  }
  const group = items.find(({ metadata }) => metadata.name === 'example.com')
  expect(group?.versions.map(({ version }) => version)).toEqual(['v1', 'v1beta1', 'v1alpha1'])
})
