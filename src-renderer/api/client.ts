import { ApiError, isAbort, type Status } from './api-error.ts'

export type Query = Record<string, string | number | boolean | undefined>

export interface RequestOptions {
  query?: Query
  body?: unknown
  /** Default `application/json`. */
  contentType?: string
  signal?: AbortSignal
}

export interface Answer<T> {
  body: T
  /** Texts of the answer's `Warning` headers: fields that were accepted but are not honoured. */
  warnings: string[]
}

/** The Kubernetes API on the window's own origin; the session cookie authenticates. Rejects with ApiError. */
export interface ApiClient {
  send<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>
  get<T>(path: string, options?: RequestOptions): Promise<T>
  /** The answer's body as it arrives. */
  stream(path: string, options?: RequestOptions): Promise<ReadableStream<Uint8Array>>
}

export interface ApiClientOptions {
  fetch: typeof fetch
  origin?: string
}

export function createApiClient({ fetch, origin = '' }: ApiClientOptions): ApiClient {
  async function call(method: string, path: string, options: RequestOptions): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json, */*' }
    if (options.body !== undefined) headers['content-type'] = options.contentType ?? 'application/json'
    const request: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
    if (options.body !== undefined) request.body = JSON.stringify(options.body)
    if (options.signal) request.signal = options.signal
    let response: Response
    try {
      response = await fetch(origin + withQuery(path, options.query), request)
    } catch (cause) {
      if (isAbort(cause)) throw cause
      throw new ApiError(
        {
          code: 0,
          reason: 'Unreachable',
          message: 'Coxswain does not answer: the connection was refused or lost.',
        },
        { cause },
      )
    }
    if (!response.ok) throw new ApiError(await readStatus(response))
    return response
  }

  async function send<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    const response = await call(method, path, options)
    const warnings = parseWarnings(response.headers.get('warning'))
    return { body: (await response.json()) as T, warnings }
  }

  return {
    send,
    get: async (path, options) => (await send<never>('GET', path, options)).body,
    async stream(path, options = {}) {
      const response = await call('GET', path, options)
      if (!response.body) throw new ApiError({ code: response.status, message: 'The answer had no body.' })
      return response.body
    },
  }
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

async function readStatus(response: Response): Promise<Status> {
  const text = await response.text().catch(() => '')
  try {
    const status = JSON.parse(text) as Status
    if (status && typeof status === 'object' && status.kind === 'Status') {
      return { ...status, code: status.code ?? response.status }
    }
  } catch {
    // not JSON: the text itself is the message
  }
  const reason = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound' }[response.status]
  return {
    code: response.status,
    reason: reason ?? 'Unknown',
    message: text.trim().slice(0, 500) || response.statusText,
  }
}

/** The texts of `299 - "…"` entries (RFC 7234 section 5.5). */
export function parseWarnings(header: string | null): string[] {
  if (!header) return []
  return [...header.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(match =>
    (match[1] ?? '').replace(/\\(.)/g, '$1'),
  )
}
