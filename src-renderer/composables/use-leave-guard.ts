import { useEventListener } from '@vueuse/core'
import { watch } from 'vue'
import { useDialogs } from '../stores/dialogs.ts'
import { useDock } from '../stores/dock.ts'

/** Asks before a text that was typed and not applied is thrown away. */
export function useLeaveGuard(): void {
  const dock = useDock()
  const dialogs = useDialogs()

  watch(
    () => dock.closing,
    async id => {
      if (!id) return
      const title = dock.tabs.find(tab => tab.id === id)?.title ?? ''
      const answer = await dialogs.ask({
        title: 'Close the editor?',
        subject: title,
        detail: 'What was typed has not been applied. Closing throws it away.',
        confirmLabel: 'Throw away',
        danger: true,
      })
      if (answer) dock.close(id, true)
      else dock.closing = undefined
    },
  )

  // drafts are kept over a reload, but not those of Secrets, and a closed window is not always meant
  useEventListener(window, 'beforeunload', event => {
    if (dock.tabs.some(tab => dock.isDirty(tab.id))) event.preventDefault()
  })
}
