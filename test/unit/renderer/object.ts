import type { KubeObject } from '../../../src-main/api/types.ts'

/** An object with the least that the window reads of one. */
export function object<T extends KubeObject = KubeObject>(
  kind: string,
  name: string,
  rest: { metadata?: Partial<KubeObject['metadata']>; [field: string]: unknown } = {},
): T {
  const { metadata, ...fields } = rest
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    ...fields,
  } as unknown as T
}
