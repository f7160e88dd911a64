import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ServerForm } from '../api/servers.ts'

export interface Confirmation {
  title: string
  /** The whole path of what is affected, then what will happen. */
  subject: string
  detail: string
  confirmLabel: string
  danger?: boolean
  /** A name that has to be typed first, for what other things depend on. */
  typedName?: string
  /** Asks for a number of replicas; the answer is handed to the caller. */
  replicas?: number
}

export interface ConfirmAnswer {
  replicas: number
}

/** Dialogs that code opens and awaits. */
export const useDialogs = defineStore('dialogs', () => {
  const confirmation = shallowRef<Confirmation>()
  const addServer = shallowRef(false)
  const hostKeyOf = shallowRef<string>()
  /** What was said of the server that is being added, to be changed where it was wrong; holds its key. */
  const serverForm = shallowRef<ServerForm>()
  let answer: ((answer: ConfirmAnswer | undefined) => void) | undefined

  function ask(question: Confirmation): Promise<ConfirmAnswer | undefined> {
    answer?.(undefined)
    confirmation.value = question
    return new Promise(resolve => (answer = resolve))
  }

  function settle(result: ConfirmAnswer | undefined): void {
    confirmation.value = undefined
    answer?.(result)
    answer = undefined
  }

  return { confirmation, addServer, hostKeyOf, serverForm, ask, settle }
})
