import type { FilterPlugin } from '../framework.ts'

/** A pod that names its node goes there or nowhere. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  retryAfter: [],
  filter: ({ pod }, { name }) =>
    pod.spec.nodeName && pod.spec.nodeName !== name
      ? "node(s) didn't match the requested node name"
      : undefined,
}
