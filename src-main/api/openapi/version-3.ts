import type { Kind } from '../kinds/kind.ts'
import { componentsOf } from './components.ts'
import { groupVersionPath, type Operation } from './operations.ts'

/** The OpenAPI 3 document of one group's version, such as `apis/apps/v1`. Undefined when nothing is served there. */
export async function openApi3Of(kinds: readonly Kind[], path: string): Promise<object | undefined> {
  const here = kinds.filter(kind => groupVersionPath(kind) === path)
  if (here.length === 0) return undefined
  const { paths, definitions } = await componentsOf(here, 'v3')
  return {
    openapi: '3.0.0',
    info: { title: 'Coxswain', version: 'v1' },
    paths: Object.fromEntries(
      Object.entries(paths).map(([address, item]) => [
        address,
        Object.fromEntries(Object.entries(item).map(([method, value]) => [method, operation(value)])),
      ]),
    ),
    components: { schemas: definitions },
  }
}

/** The documents that there are, in the kinds' order. */
export function groupVersionPaths(kinds: readonly Kind[]): string[] {
  return [...new Set(kinds.map(groupVersionPath))]
}

function operation({ id, action, gvk, description, parameters, body, consumes, answer, code }: Operation) {
  const content = (types: readonly string[], name: string) =>
    Object.fromEntries(types.map(type => [type, { schema: { $ref: `#/components/schemas/${name}` } }]))
  return {
    description,
    operationId: id,
    parameters: parameters.map(({ name, in: place, type }) => ({
      name,
      in: place,
      ...(place === 'path' ? { required: true } : {}),
      schema: { type, uniqueItems: true },
    })),
    ...(body ? { requestBody: { content: content(consumes, body), required: true } } : {}),
    responses: {
      [code]: { description: 'OK', ...(answer ? { content: content(['application/json'], answer) } : {}) },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  }
}
