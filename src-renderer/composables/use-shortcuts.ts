import { useEventListener } from '@vueuse/core'
import { useUrlState } from './use-url-state.ts'
import { focusPageFilter } from './use-page-focus.ts'
import { useDock } from '../stores/dock.ts'

export const shortcuts: readonly { keys: string; does: string }[] = [
  { keys: 'Ctrl K', does: 'Search, or run a command' },
  { keys: '/', does: 'Filter the list' },
  { keys: '↑ ↓ Page Home End', does: 'Move in a list' },
  { keys: 'Enter', does: 'Open what is chosen' },
  { keys: 'Shift F10', does: 'Open the menu of the chosen row' },
  { keys: 'Esc', does: 'Close the drawer, or what floats' },
  { keys: 'Ctrl Enter', does: 'In the editor: review the changes, then apply them' },
  { keys: 'Ctrl W', does: 'Close the tab of the dock (in the app)' },
  { keys: 'Shift Esc', does: 'Fold the dock' },
  { keys: 'Ctrl . and Ctrl ,', does: 'Next and previous tab of the dock' },
  { keys: '?', does: 'Show these keys' },
]

export interface ShortcutTargets {
  openPalette: () => void
  openShortcuts: () => void
}

/** The keys that work everywhere. A field that is typed in keeps its plain keys. */
export function useShortcuts({ openPalette, openShortcuts }: ShortcutTargets): void {
  const dock = useDock()
  const url = useUrlState()

  const withControl: Record<string, () => void> = {
    k: openPalette,
    w: () => dock.close(dock.activeId),
    '.': () => dock.step(1),
    ',': () => dock.step(-1),
  }
  const plain: Record<string, () => void> = {
    '/': focusPageFilter,
    '?': openShortcuts,
    Escape: () => (url.selected.value = ''),
  }

  // before the editor, which takes Ctrl K for the first half of a chord, and the next key for the other
  useEventListener(
    window,
    'keydown',
    event => {
      if (event.altKey || !(event.ctrlKey || event.metaKey)) return
      if (event.key === 'w' && !dock.active) return
      const run = withControl[event.key.toLowerCase()]
      if (!run) return
      event.preventDefault()
      event.stopPropagation()
      run()
    },
    { capture: true },
  )
  useEventListener(window, 'keydown', event => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
    const run = plain[event.key]
    if (!run || isTyping(event.target) || isInDialog(event.target)) return
    event.preventDefault()
    run()
  })
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || isEditor(target)
  )
}

function isEditor(target: HTMLElement): boolean {
  return target.closest('.monaco-editor') !== null
}

function isInDialog(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest('[role=dialog], [role=alertdialog], [role=menu]') !== null
  )
}
