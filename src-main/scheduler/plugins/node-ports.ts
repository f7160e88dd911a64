import type { FilterPlugin } from '../framework.ts'

/** Two pods cannot have the same port of the same node. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  retryAfter: ['PodRemoved'],
  filter: ({ hostPorts }, node) =>
    node.hasPortConflict(hostPorts)
      ? "node(s) didn't have free ports for the requested pod ports"
      : undefined,
}
