import { onScopeDispose } from 'vue'

let current: (() => void) | undefined

/** Says how the page on screen takes the focus for a search. */
export function usePageFocus(focus: () => void): void {
  current = focus
  onScopeDispose(() => {
    if (current === focus) current = undefined
  })
}

export function focusPageFilter(): void {
  current?.()
}
