import type { ApiClient } from './client.ts'

interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

interface Definition {
  'x-kubernetes-group-version-kind'?: GroupVersionKind[]
  [keyword: string]: unknown
}

interface OpenApiIndex {
  paths: Record<string, { serverRelativeURL: string }>
}

interface OpenApiDocument {
  components?: { schemas?: Record<string, Definition> }
}

/** Reads what the API serves at `/openapi/v3`, one document after the other, and makes one schema of it. */
export async function loadManifestSchema(client: ApiClient): Promise<object> {
  const index = await client.get<OpenApiIndex>('/openapi/v3')
  const definitions: Record<string, Definition> = {}
  for (const { serverRelativeURL } of Object.values(index.paths)) {
    const document = await client.get<OpenApiDocument>(serverRelativeURL)
    Object.assign(definitions, document.components?.schemas)
  }
  return manifestSchema(definitions)
}

/** A JSON schema of one manifest: its apiVersion and kind choose the definition that holds for the rest. */
export function manifestSchema(definitions: Record<string, Definition>): object {
  const kinds = Object.entries(definitions).flatMap(([name, definition]) =>
    (definition['x-kubernetes-group-version-kind'] ?? [])
      // lists are answers of the API and not manifests
      .filter(({ kind }) => !kind.endsWith('List'))
      .map(({ group, version, kind }) => ({
        name,
        apiVersion: group ? `${group}/${version}` : version,
        kind,
      })),
  )
  const unique = (values: string[]) => [...new Set(values)].sort()
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: {
      apiVersion: { type: 'string', enum: unique(kinds.map(entry => entry.apiVersion)) },
      kind: { type: 'string', enum: unique(kinds.map(entry => entry.kind)) },
    },
    allOf: kinds.map(({ name, apiVersion, kind }) => ({
      if: {
        required: ['apiVersion', 'kind'],
        properties: { apiVersion: { const: apiVersion }, kind: { const: kind } },
      },
      then: { $ref: `#/components/schemas/${name}` },
    })),
    components: { schemas: definitions },
  }
}
