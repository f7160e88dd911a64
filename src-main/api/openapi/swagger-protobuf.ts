import { mapInPortions } from '../../lib/turn.ts'
import { bytesField, message, numberField } from '../protobuf/wire.ts'
import type { SpecSchema } from './definitions.ts'
import type { Swagger, SwaggerOperation, SwaggerParameter } from './swagger.ts'

/** Field numbers. Source: google/gnostic openapiv2/OpenAPIv2.proto. */
const DOCUMENT = { swagger: 1, info: 2, paths: 8, definitions: 9 }
const INFO = { title: 1, version: 2 }
const PATHS = { path: 2 }
const PATH_ITEM = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }
const OPERATION = {
  description: 3, operationId: 5, produces: 6, consumes: 7, parameters: 8, responses: 9, vendorExtension: 13,
} // prettier-ignore
const PARAMETERS_ITEM = { parameter: 1 }
const PARAMETER = { body: 1, nonBody: 2 }
const BODY_PARAMETER = { name: 2, in: 3, required: 4, schema: 5 }
const NON_BODY_PARAMETER = { query: 3, path: 4 }
const QUERY_PARAMETER = { required: 1, in: 2, name: 4, type: 6 }
const PATH_PARAMETER = { required: 1, in: 2, name: 4, type: 5 }
const RESPONSES = { responseCode: 1 }
const RESPONSE_VALUE = { response: 1 }
const RESPONSE = { description: 1, schema: 2 }
const SCHEMA_ITEM = { schema: 1 }
const NAMED_SCHEMAS = { additionalProperties: 1 }
const NAMED = { name: 1, value: 2 }
const ANY = { yaml: 2 }
const SCHEMA = {
  $ref: 1, format: 2, title: 3, description: 4, default: 5, pattern: 13, required: 19, enum: 20,
  additionalProperties: 21, type: 22, items: 23, properties: 25, vendorExtension: 31,
} // prettier-ignore
const ADDITIONAL_PROPERTIES = { schema: 1 }
const ITEMS = { schema: 1 }
const TYPE = { value: 1 }

/** The document as kubectl 1.20 to 1.28 and Helm 3 read it: gnostic's `openapi.v2.Document`. */
export async function encodeSwagger({ swagger, info, paths, definitions }: Swagger): Promise<Buffer> {
  const items = await mapInPortions(Object.entries(paths), ([path, item]) =>
    bytesField(PATHS.path, named(path, encodePath(item))),
  )
  const schemas = await mapInPortions(Object.entries(definitions), namedSchema)
  return message(
    bytesField(DOCUMENT.swagger, swagger),
    bytesField(
      DOCUMENT.info,
      message(bytesField(INFO.title, info.title), bytesField(INFO.version, info.version)),
    ),
    bytesField(DOCUMENT.paths, message(...items)),
    bytesField(DOCUMENT.definitions, message(...schemas)),
  )
}

function encodePath(item: Swagger['paths'][string]): Buffer {
  return message(
    ...Object.entries(item).map(([method, operation]) =>
      bytesField(PATH_ITEM[method as keyof typeof PATH_ITEM], encodeOperation(operation)),
    ),
  )
}

function encodeOperation(operation: SwaggerOperation): Buffer {
  return message(
    bytesField(OPERATION.description, operation.description),
    bytesField(OPERATION.operationId, operation.operationId),
    ...operation.produces.map(type => bytesField(OPERATION.produces, type)),
    ...operation.consumes.map(type => bytesField(OPERATION.consumes, type)),
    ...operation.parameters.map(parameter =>
      bytesField(
        OPERATION.parameters,
        message(bytesField(PARAMETERS_ITEM.parameter, encodeParameter(parameter))),
      ),
    ),
    bytesField(
      OPERATION.responses,
      message(
        ...Object.entries(operation.responses).map(([code, { description, schema }]) => {
          const response = message(
            bytesField(RESPONSE.description, description),
            ...(schema
              ? [bytesField(RESPONSE.schema, message(bytesField(SCHEMA_ITEM.schema, encodeSchema(schema))))]
              : []),
          )
          return bytesField(
            RESPONSES.responseCode,
            named(code, message(bytesField(RESPONSE_VALUE.response, response))),
          )
        }),
      ),
    ),
    ...extensions(operation, OPERATION.vendorExtension),
  )
}

function encodeParameter({ name, in: place, required, type = 'string', schema }: SwaggerParameter): Buffer {
  if (place === 'body') {
    return message(
      bytesField(
        PARAMETER.body,
        message(
          bytesField(BODY_PARAMETER.name, name),
          bytesField(BODY_PARAMETER.in, place),
          numberField(BODY_PARAMETER.required, required),
          bytesField(BODY_PARAMETER.schema, encodeSchema(schema ?? {})),
        ),
      ),
    )
  }
  const numbers = place === 'path' ? PATH_PARAMETER : QUERY_PARAMETER
  const content = message(
    numberField(numbers.required, required),
    bytesField(numbers.in, place),
    bytesField(numbers.name, name),
    bytesField(numbers.type, type),
  )
  return message(bytesField(PARAMETER.nonBody, message(bytesField(NON_BODY_PARAMETER[place], content))))
}

function encodeSchema(schema: SpecSchema): Buffer {
  const fields: Buffer[] = []
  for (const key of ['$ref', 'format', 'title', 'description', 'pattern'] as const) {
    const value = schema[key]
    if (typeof value === 'string') fields.push(bytesField(SCHEMA[key], value))
  }
  if (schema.default !== undefined) fields.push(bytesField(SCHEMA.default, any(schema.default)))
  for (const name of (schema.required ?? []) as string[]) fields.push(bytesField(SCHEMA.required, name))
  for (const value of (schema.enum ?? []) as unknown[]) fields.push(bytesField(SCHEMA.enum, any(value)))
  if (typeof schema.type === 'string') {
    fields.push(bytesField(SCHEMA.type, message(bytesField(TYPE.value, schema.type))))
  }
  if (schema.items) {
    fields.push(
      bytesField(SCHEMA.items, message(bytesField(ITEMS.schema, encodeSchema(schema.items as SpecSchema)))),
    )
  }
  if (schema.properties) {
    fields.push(bytesField(SCHEMA.properties, namedSchemas(schema.properties as Record<string, SpecSchema>)))
  }
  if (schema.additionalProperties) {
    const value = encodeSchema(schema.additionalProperties as SpecSchema)
    fields.push(
      bytesField(SCHEMA.additionalProperties, message(bytesField(ADDITIONAL_PROPERTIES.schema, value))),
    )
  }
  fields.push(...extensions(schema, SCHEMA.vendorExtension))
  return message(...fields)
}

function namedSchemas(schemas: Record<string, SpecSchema>): Buffer {
  return message(...Object.entries(schemas).map(namedSchema))
}

function namedSchema([name, schema]: [string, SpecSchema]): Buffer {
  return bytesField(NAMED_SCHEMAS.additionalProperties, named(name, encodeSchema(schema)))
}

function extensions(owner: object, number: number): Buffer[] {
  return Object.entries(owner)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) => bytesField(number, named(key, any(value))))
}

/** Any value travels as YAML, of which JSON is a part. */
function any(value: unknown): Buffer {
  return message(bytesField(ANY.yaml, `${JSON.stringify(value)}\n`))
}

/** How the format writes a map that keeps its order. */
function named(name: string, value: Buffer): Buffer {
  return message(bytesField(NAMED.name, name), bytesField(NAMED.value, value))
}
