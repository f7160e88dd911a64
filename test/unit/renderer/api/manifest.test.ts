import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { exampleOf } from '../../../../src-renderer/api/manifest.ts'
import { resources, type ResourceName } from '../../../../src-renderer/api/resources.ts'

test.each<ResourceName>(['deployments', 'services', 'ingresses', 'configmaps', 'secrets'])(
  'the page of %s begins a manifest with one of its kind',
  name => {
    const { apiVersion, kind } = parse(exampleOf(name)) as { apiVersion: string; kind: string }
    expect([apiVersion, kind]).toEqual([resources[name].apiVersion, resources[name].kind])
  },
)

test('what is made by something else begins with a Deployment', () => {
  expect(exampleOf('pods')).toBe(exampleOf('deployments'))
})
