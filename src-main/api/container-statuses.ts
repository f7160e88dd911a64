import type { ContainerStatus, Pod } from './types.ts'

/** What a pod's status says of one of its containers, of whatever sort; undefined while it says nothing. */
export function containerStatusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container)
}
