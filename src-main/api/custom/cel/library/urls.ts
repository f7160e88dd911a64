import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { CelMap, List, Opaque } from '../values.ts'

const PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s
const HOST =
  /^(?:\[([0-9A-Fa-f:.]+(?:%25[^\]]*)?)\]|((?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*))(?::(\d*))?$/

class Url extends Opaque {
  readonly type = 'kubernetes.URL'
  readonly key: string
  readonly scheme: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly query: string

  constructor(key: string, parts: Omit<Url, 'type' | 'key'>) {
    super()
    this.key = key
    this.scheme = parts.scheme
    this.host = parts.host
    this.hostname = parts.hostname
    this.port = parts.port
    this.path = parts.path
    this.query = parts.query
  }
}

/** An absolute address or an absolute path, as Go's url.ParseRequestURI reads it. */
function parse(text: string): Url | undefined {
  if (text === '' || /[\x00-\x1f\x7f]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text.split('?')[0] ?? '')) {
    return undefined
  }
  const [, scheme = '', authority, path = '', query = ''] = PARTS.exec(text) ?? []
  if (scheme === '' && !text.startsWith('/')) return undefined
  // what follows a scheme without a slash is opaque, and has neither host nor path
  if (authority === undefined && scheme !== '' && !path.startsWith('/')) {
    return new Url(text, { scheme: scheme.toLowerCase(), host: '', hostname: '', port: '', path: '', query })
  }
  const hosted = scheme !== '' && authority !== undefined
  const host = hosted ? authority.slice(authority.lastIndexOf('@') + 1) : ''
  const match = HOST.exec(host)
  if (!match) return undefined
  return new Url(text, {
    scheme: scheme.toLowerCase(),
    host,
    hostname: match[1] ?? match[2] ?? '',
    port: match[3] ?? '',
    path: hosted || authority === undefined ? path : `//${authority}${path}`,
    query,
  })
}

const escaped = (path: string) =>
  path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/gu, character => encodeURIComponent(character))

function queryOf({ query }: Url, budget: Budget): CelMap {
  budget.spendText(query.length * 10)
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(query)) {
    const list = values.get(name)
    if (list) list.push(value)
    else values.set(name, [value])
  }
  return CelMap.of([...values].map(([name, list]) => [name, new List(list)] as const))
}

/** Source: kubernetes apiserver pkg/cel/library/urls.go. */
export const urls: FunctionTable = {
  'isURL(string): bool': (text: string) => parse(text) !== undefined,
  'url(string): kubernetes.URL': (text: string, budget: Budget) => {
    budget.spend(20)
    const url = parse(text)
    if (!url) throw new EvaluationError(`URL parse error during conversion from string: ${text}`)
    return url
  },
  'kubernetes.URL.getScheme(): string': ({ scheme }: Url) => scheme,
  'kubernetes.URL.getHost(): string': ({ host }: Url) => host,
  'kubernetes.URL.getHostname(): string': ({ hostname }: Url) => hostname,
  'kubernetes.URL.getPort(): string': ({ port }: Url) => port,
  'kubernetes.URL.getEscapedPath(): string': ({ path }: Url, budget: Budget) => {
    budget.spendText(path.length * 10)
    return escaped(path)
  },
  'kubernetes.URL.getQuery(): map<string, dyn>': queryOf,
}
