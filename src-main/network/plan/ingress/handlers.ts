import type { Ingress } from '../../../api/types.ts'
import type { Annotations } from './annotations.ts'
import type { Backends, Json } from './model.ts'

export interface MiddlewareInput {
  annotations: Annotations
  ingress: Ingress
  backends: Backends
}

/** The handlers of one kind of annotation. */
export type Middleware = (input: MiddlewareInput) => Json[]

/** A handler for some requests only; the others go on. */
export function only(match: Json[], handle: Json[]): Json {
  return { handler: 'subroute', routes: [{ match, handle, terminal: true }] }
}

export function answer(status: number, headers: Record<string, string> = {}): Json {
  const named = Object.entries(headers).map(([name, value]) => [name, [value]])
  return {
    handler: 'static_response',
    status_code: String(status),
    ...(named.length > 0 ? { headers: Object.fromEntries(named) } : {}),
  }
}

/** Braces of the user's text are not Caddy's placeholders. */
export function literal(text: string): string {
  return text.replaceAll('{', '\\{')
}
