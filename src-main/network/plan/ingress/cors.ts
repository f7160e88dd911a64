import { answer, only, type MiddlewareInput } from './handlers.ts'
import type { Json } from './model.ts'

const METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS'
const HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization'
const MAX_AGE_SECONDS = 1_728_000

/**
 * Cross-origin requests, with nginx's defaults: preflights are answered here, before any password is asked for. Only
 * origins that are listed are let in with the visitor's cookies; `*` says to a browser that none are.
 */
export function cors({ annotations }: MiddlewareInput): Json[] {
  if (!annotations.flag('enable-cors')) return []
  const origins = annotations.list('cors-allow-origin') ?? ['*']
  const any = origins.includes('*')
  const credentials = (annotations.flag('cors-allow-credentials') ?? true) && !any
  const exposed = annotations.text('cors-expose-headers')
  const shared: Record<string, string> = {
    'Access-Control-Allow-Origin': any ? '*' : '{http.request.header.Origin}',
    ...(credentials ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
    ...(exposed ? { 'Access-Control-Expose-Headers': plain(exposed) } : {}),
    ...(any ? {} : { Vary: 'Origin' }),
  }
  const preflight = {
    ...shared,
    'Access-Control-Allow-Methods': plain(annotations.text('cors-allow-methods') ?? METHODS),
    'Access-Control-Allow-Headers': plain(annotations.text('cors-allow-headers') ?? HEADERS),
    'Access-Control-Max-Age': String(annotations.number('cors-max-age', 0, 10 ** 9) ?? MAX_AGE_SECONDS),
  }
  const from = any ? ['*'] : origins.map(plain)
  const set = Object.fromEntries(Object.entries(shared).map(([name, value]) => [name, [value]]))
  return [
    only(
      [{ method: ['OPTIONS'], header: { Origin: from, 'Access-Control-Request-Method': ['*'] } }],
      [answer(204, preflight)],
    ),
    {
      handler: 'subroute',
      routes: [
        {
          match: [{ header: { Origin: from } }],
          handle: [{ handler: 'headers', response: { set, deferred: true } }],
        },
      ],
    },
  ]
}

/** Header values of users are values, no placeholders and no further headers. */
function plain(text: string): string {
  return text.replace(/[{}\r\n]/g, '')
}
