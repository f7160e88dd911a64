import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import { useDock } from '../../../../src-renderer/stores/dock.ts'

const stored = new Map<string, string>()

beforeEach(() => {
  stored.clear()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  })
})

/** The dock of a window that was just loaded. */
function load() {
  setActivePinia(createPinia())
  return useDock()
}

const onDisk = () => stored.get('coxswain.drafts') ?? ''
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\ndata:\n  token: aHVudGVyMg==\n'

test('what was typed survives a reload', async () => {
  const dock = load()
  dock.openEditor('new', 'New manifest', 'kind: ConfigMap')
  dock.setDraft('editor:new', { text: 'kind: ConfigMap # mine' })
  await nextTick()
  const again = load()
  expect(again.tabs.map(({ id }) => id)).toEqual(['editor:new'])
  expect(again.drafts['editor:new']?.text).toBe('kind: ConfigMap # mine')
  expect(again.isDirty('editor:new')).toBe(true)
})

test('a Secret is never stored, and what was typed there lives as long as the window', async () => {
  const dock = load()
  dock.openEditor('Secret/shop/keys', 'Edit keys', SECRET, { edits: true })
  dock.openEditor('new', 'New manifest', 'kind: ConfigMap')
  await nextTick()
  dock.setDraft('editor:Secret/shop/keys', { text: SECRET.replace('Mg', 'Mw') })
  await nextTick()
  expect(onDisk()).toContain('ConfigMap')
  expect(onDisk()).not.toContain('aHVudGVy')
  expect(dock.drafts['editor:Secret/shop/keys']?.text).toContain('aHVudGVyMw')
})

test('a draft that turns into one of a Secret is stored no longer', async () => {
  const dock = load()
  dock.openEditor('new', 'New manifest', 'kind: ConfigMap')
  await nextTick()
  dock.setDraft('editor:new', { text: `{"kind": "Secret", "stringData": {"token": "hunter2"}}` })
  await nextTick()
  expect(onDisk()).not.toContain('hunter2')
  expect(onDisk()).not.toContain('ConfigMap')
})

test('a Secret that was stored once is dropped when the window is loaded', () => {
  const draft = { title: 'Edit keys', text: SECRET, original: '' }
  stored.set('coxswain.drafts', JSON.stringify({ 'editor:Secret/shop/keys': draft }))
  expect(load().tabs).toEqual([])
  expect(onDisk()).not.toContain('aHVudGVy')
})
