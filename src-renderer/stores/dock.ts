import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { persisted } from './persisted.ts'

/** Whose log to read: one pod, or every pod of a deployment. */
export interface LogTarget {
  kind: 'Pod' | 'Deployment'
  namespace: string
  name: string
}

export type DockTab =
  | { id: string; kind: 'logs'; title: string; target: LogTarget }
  | { id: string; kind: 'editor'; title: string }

interface Draft {
  title: string
  text: string
  /** As it was opened, or applied last. */
  original: string
  /** Whether `original` is what there is, and the difference to it is what is to be made; else the whole is applied. */
  edits?: boolean
}

interface Drafts {
  [tabId: string]: Draft
}

/** What the control plane keeps encrypted does not lie on the disk in clear here. */
function withoutSecrets(drafts: Drafts): Drafts {
  const mayHoldOne = ({ text, original }: Draft) => /\bSecret\b/.test(text + original)
  return Object.fromEntries(Object.entries(drafts).filter(([, draft]) => !mayHoldOne(draft)))
}

/** The tabs at the bottom of the window. Editors' texts survive a reload, unless they may hold a Secret. */
export const useDock = defineStore('dock', () => {
  const drafts = persisted<Drafts>(
    'drafts',
    stored => withoutSecrets(stored && typeof stored === 'object' ? (stored as Drafts) : {}),
    withoutSecrets,
  )
  const tabs = shallowRef<readonly DockTab[]>(
    Object.entries(drafts.value).map(([id, draft]) => ({ id, kind: 'editor', title: draft.title })),
  )
  const activeId = shallowRef(tabs.value[0]?.id ?? '')
  const active = computed(() => tabs.value.find(tab => tab.id === activeId.value))
  /** The tab whose closing waits for a word about its unsaved text. */
  const closing = shallowRef<string>()

  function open(tab: DockTab): void {
    if (!tabs.value.some(known => known.id === tab.id)) tabs.value = [...tabs.value, tab]
    activeId.value = tab.id
  }

  function openLogs(target: LogTarget): void {
    const id = `logs:${target.kind}:${target.namespace}/${target.name}`
    open({ id, kind: 'logs', title: `Logs ${target.name}`, target })
  }

  /** Opens an editor; the same `id` again keeps what was typed there. */
  function openEditor(id: string, title: string, text: string, { edits = false } = {}): void {
    const tabId = `editor:${id}`
    if (!isDirty(tabId)) drafts.value = { ...drafts.value, [tabId]: { title, text, original: text, edits } }
    open({ id: tabId, kind: 'editor', title })
  }

  function setDraft(tabId: string, change: Partial<{ text: string; original: string }>): void {
    const draft = drafts.value[tabId]
    if (draft) drafts.value = { ...drafts.value, [tabId]: { ...draft, ...change } }
  }

  function isDirty(tabId: string): boolean {
    const draft = drafts.value[tabId]
    return draft !== undefined && draft.text !== draft.original
  }

  /** Closes a tab; one with an unsaved text asks first, through `closing`. */
  function close(tabId: string, force = false): void {
    if (!force && isDirty(tabId)) {
      closing.value = tabId
      return
    }
    const at = tabs.value.findIndex(tab => tab.id === tabId)
    tabs.value = tabs.value.filter(tab => tab.id !== tabId)
    drafts.value = Object.fromEntries(Object.entries(drafts.value).filter(([id]) => id !== tabId))
    closing.value = undefined
    if (activeId.value === tabId) activeId.value = tabs.value[Math.max(0, at - 1)]?.id ?? ''
  }

  function step(by: number): void {
    const at = tabs.value.findIndex(tab => tab.id === activeId.value)
    const { length } = tabs.value
    if (length > 0) activeId.value = tabs.value[(at + by + length) % length]?.id ?? ''
  }

  return { tabs, active, activeId, closing, drafts, openLogs, openEditor, setDraft, isDirty, close, step }
})
