import { isIP } from 'node:net'
import { basicAuth } from './basic-auth.ts'
import { cors } from './cors.ts'
import { answer, literal, only, type Middleware, type MiddlewareInput } from './handlers.ts'
import type { Json } from './model.ts'

const ORDER: readonly Middleware[] = [cors, redirects, sourceRanges, basicAuth, bodySize]

/** What annotations put before the proxy: Caddy's handlers, in the order in which a request meets them. */
export function middlewareOf(input: MiddlewareInput): Json[] {
  return ORDER.flatMap(middleware => middleware(input))
}

function redirects({ annotations }: MiddlewareInput): Json[] {
  const root = annotations.text('app-root')
  const permanent = annotations.text('permanent-redirect')
  const temporal = annotations.text('temporal-redirect')
  const code = annotations.number('permanent-redirect-code', 300, 308) ?? 301
  const handlers: Json[] = []
  if (root?.startsWith('/')) {
    handlers.push(only([{ path_regexp: { pattern: '^/$' } }], [answer(302, { Location: literal(root) })]))
  } else if (root) annotations.wrong('app-root', 'a path that begins with /')
  if (temporal) handlers.push(answer(302, { Location: literal(temporal) }))
  else if (permanent) handlers.push(answer(code, { Location: literal(permanent) }))
  return handlers
}

/** Whoever is not to come in stays out also when the list cannot be read. */
function sourceRanges({ annotations }: MiddlewareInput): Json[] {
  const allowed = annotations.list('whitelist-source-range') ?? annotations.list('allowlist-source-range')
  const denied = annotations.list('denylist-source-range')
  if (![...(allowed ?? []), ...(denied ?? [])].every(isRange)) {
    annotations.tell(
      'BadAnnotation',
      'The list of source ranges has something that is no address range, so that nobody is let in.',
    )
    return [answer(403)]
  }
  const handlers: Json[] = []
  if (denied) handlers.push(only([{ remote_ip: { ranges: denied } }], [answer(403)]))
  if (allowed) handlers.push(only([{ not: [{ remote_ip: { ranges: allowed } }] }], [answer(403)]))
  return handlers
}

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  return /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

function bodySize({ annotations }: MiddlewareInput): Json[] {
  const text = annotations.text('proxy-body-size')?.toLowerCase()
  if (text === undefined || text === '0') return []
  const [, number, unit = ''] = /^(\d{1,9})([kmg]?)$/.exec(text) ?? []
  const bytes = Number(number) * (UNITS[unit] ?? 1)
  if (!number || bytes === 0) {
    annotations.wrong('proxy-body-size', 'a size such as 8m, or 0 for any')
    return []
  }
  // one that says its size is told so at once; one that does not is cut off, which looks like a failure of the pod
  const tooLarge = `int('0' + {http.request.header.Content-Length}) > ${bytes}`
  return [only([{ expression: tooLarge }], [answer(413)]), { handler: 'request_body', max_size: bytes }]
}
