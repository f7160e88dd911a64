import { shallowRef, watch, type ShallowRef } from 'vue'

/**
 * A value that survives a reload, under `coxswain.KEY` in the browser's storage. `accept` turns whatever was stored
 * (undefined: nothing, or unreadable) into a usable value.
 * @param storable what of a value may be stored; what else was stored once is dropped
 */
export function persisted<T>(
  key: string,
  accept: (stored: unknown) => T,
  storable: (value: T) => T = value => value,
): ShallowRef<T> {
  const name = `coxswain.${key}`
  const stored = read(name)
  const value = shallowRef(accept(stored))
  if (stored !== undefined) write(name, storable(value.value))
  watch(value, next => write(name, storable(next)))
  return value
}

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // private browsing or a full disk: the value then lives as long as the window
  }
}
