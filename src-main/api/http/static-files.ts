import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Exchange } from './exchange.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}

/** What the window may do: its own scripts and this server, nothing else. Monaco sets styles and needs blob workers. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/**
 * Serves the built window from `folder`. Paths without an extension are the window's own routes and get its page.
 * False when there is no such file; what lies outside of the folder (also through a link) is not there.
 */
export async function handleStatic(exchange: Exchange, folder: string): Promise<boolean> {
  const { method, path, response } = exchange
  if (method !== 'GET' && method !== 'HEAD') return false
  const isRoute = extname(path.at(-1) ?? '') === ''
  const file = await fileIn(folder, isRoute ? ['index.html'] : path)
  if (!file) return false
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'Content-Type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'Content-Length': file.size,
    // Vite puts a hash of the content into the names of what it builds.
    'Cache-Control': path[0] === 'assets' ? 'private, max-age=31536000, immutable' : 'no-cache, private',
  })
  if (method === 'HEAD') response.end()
  else await pipeline(createReadStream(file.path), response).catch(() => response.destroy())
  return true
}

async function fileIn(
  folder: string,
  segments: readonly string[],
): Promise<{ path: string; size: number } | undefined> {
  if (segments.some(segment => segment === '..' || segment === '.' || /[/\\\0]/.test(segment)))
    return undefined
  try {
    const root = await realpath(folder)
    const path = await realpath(join(root, ...segments))
    const found = await stat(path)
    return path.startsWith(root + sep) && found.isFile() ? { path, size: found.size } : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'EACCES')
      return undefined
    throw error
  }
}
