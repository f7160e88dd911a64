import { expect, test } from 'vitest'
import type { ApiClient } from '../../../../src-renderer/api/client.ts'
import { createDiscovery } from '../../../../src-renderer/api/discovery.ts'

const widget = { name: 'widgets', kind: 'Widget', namespaced: true }
const gadget = { name: 'gadgets', kind: 'Gadget', namespaced: false }

/** An API that serves what `resources` holds, as it is changed. */
function api(resources: object[]) {
  let asked = 0
  const get = async () => {
    asked++
    return { resources: [...resources] }
  }
  return { discover: createDiscovery({ get } as unknown as ApiClient), asked: () => asked }
}

test('asks once for all kinds of a group version', async () => {
  const { discover, asked } = api([widget, gadget])
  expect(await discover('example.com/v1', 'Widget')).toMatchObject({ plural: 'widgets', namespaced: true })
  expect(await discover('example.com/v1', 'Gadget')).toMatchObject({ plural: 'gadgets', namespaced: false })
  expect(asked()).toBe(1)
})

test('finds a kind that was defined after the list was read', async () => {
  const resources = [widget]
  const { discover } = api(resources)
  await discover('example.com/v1', 'Widget')
  resources.push(gadget)
  expect(await discover('example.com/v1', 'Gadget')).toMatchObject({ plural: 'gadgets' })
})

test('finds a kind that was missed before', async () => {
  const resources: object[] = []
  const { discover, asked } = api(resources)
  await expect(discover('example.com/v1', 'Widget')).rejects.toMatchObject({ code: 404, reason: 'Invalid' })
  expect(asked()).toBe(1)
  resources.push(widget)
  expect(await discover('example.com/v1', 'Widget')).toMatchObject({ plural: 'widgets' })
})
