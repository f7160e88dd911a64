import { computed, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'

export interface HeldOrder {
  /** The ids to show, in the order to show them. */
  shown: Readonly<ShallowRef<readonly string[]>>
  /** How many rows wait to be shown. */
  waiting: ComputedRef<number>
  /** Takes the present order over at once. */
  release(): void
}

/**
 * Nothing moves under the pointer: while `held`, rows keep their places (also those that are gone by now) and new
 * ones wait; afterwards the present order shows.
 */
export function useHeldOrder(ids: Readonly<Ref<readonly string[]>>, held: Readonly<Ref<boolean>>): HeldOrder {
  const shown = shallowRef<readonly string[]>(ids.value)
  const waiting = computed(() => {
    if (shown.value === ids.value) return 0
    const present = new Set(shown.value)
    return ids.value.reduce((count, id) => (present.has(id) ? count : count + 1), 0)
  })
  function release() {
    shown.value = ids.value
  }
  watch([ids, held], () => {
    // an empty list has nothing to hold on to
    if (!held.value || shown.value.length === 0) release()
  })
  return { shown, waiting, release }
}
