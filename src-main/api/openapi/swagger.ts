import type { Kind } from '../kinds/kind.ts'
import { componentsOf } from './components.ts'
import type { SpecSchema } from './definitions.ts'
import type { Method, Operation, PathItem } from './operations.ts'

export interface SwaggerParameter {
  name: string
  in: 'path' | 'query' | 'body'
  required: boolean
  type?: string
  schema?: SpecSchema
}

export interface SwaggerOperation {
  description: string
  operationId: string
  consumes: string[]
  produces: string[]
  parameters: SwaggerParameter[]
  responses: Record<string, { description: string; schema?: SpecSchema }>
  'x-kubernetes-action': string
  'x-kubernetes-group-version-kind': object
}

/** An OpenAPI 2.0 document. */
export interface Swagger {
  swagger: '2.0'
  info: { title: string; version: string }
  paths: Record<string, Partial<Record<Method, SwaggerOperation>>>
  definitions: Record<string, SpecSchema>
}

/** The OpenAPI 2.0 document of these kinds. */
export async function swaggerOf(kinds: readonly Kind[]): Promise<Swagger> {
  const { paths, definitions } = await componentsOf(kinds, 'v2')
  return {
    swagger: '2.0',
    info: { title: 'Coxswain', version: 'v1' },
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathItem(item)])),
    definitions,
  }
}

function pathItem(item: PathItem): Partial<Record<Method, SwaggerOperation>> {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [method, swaggerOperation(operation)]),
  )
}

function swaggerOperation(operation: Operation): SwaggerOperation {
  const { body, answer } = operation
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` })
  const parameters: SwaggerParameter[] = operation.parameters.map(parameter => ({
    ...parameter,
    required: parameter.in === 'path',
  }))
  if (body) parameters.push({ name: 'body', in: 'body', required: true, schema: reference(body) })
  return {
    description: operation.description,
    operationId: operation.id,
    consumes: body ? operation.consumes : ['*/*'],
    produces: [answer ? 'application/json' : 'text/plain'],
    parameters,
    responses: {
      [operation.code]: { description: 'OK', ...(answer ? { schema: reference(answer) } : {}) },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  }
}
