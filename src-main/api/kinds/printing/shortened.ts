/** How many items a cell shows before it only counts. */
const SHOWN = 3

/** `a,b,c + 4 more...`; `none` when there are none. */
export function shortened(items: readonly string[], none = '<none>'): string {
  if (items.length === 0) return none
  const shown = items.slice(0, SHOWN).join(',')
  return items.length > SHOWN ? `${shown} + ${items.length - SHOWN} more...` : shown
}
