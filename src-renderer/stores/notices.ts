import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { toApiError } from '../api/api-error.ts'

export interface Notice {
  id: number
  tone: 'ok' | 'wrong' | 'info'
  title: string
  detail?: string | undefined
  next?: string | undefined
}

const STAYS_MS = 6_000

/** Short messages about what was just done. What went wrong stays until it is closed. */
export const useNotices = defineStore('notices', () => {
  const list = shallowRef<readonly Notice[]>([])
  let count = 0

  function close(id: number): void {
    list.value = list.value.filter(notice => notice.id !== id)
  }

  function add(notice: Omit<Notice, 'id'>): void {
    const id = ++count
    list.value = [...list.value.slice(-4), { id, ...notice }]
    if (notice.tone !== 'wrong') setTimeout(() => close(id), STAYS_MS)
  }

  return {
    list,
    close,
    done: (title: string, detail?: string) => add({ tone: 'ok', title, detail }),
    info: (title: string, detail?: string) => add({ tone: 'info', title, detail }),
    failed(title: string, error: unknown) {
      const { message, nextStep } = toApiError(error)
      add({ tone: 'wrong', title, detail: message, next: nextStep })
    },
  }
})
