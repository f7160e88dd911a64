import type { CaddyRoute, Json } from './model.ts'

/**
 * Failed requests are written here: on the volume, so that they are still known after a reboot. All generations of Caddy
 * append to it; when one begins another file, the others go on with the one that was, which counts as well.
 */
export const REQUEST_LOG = '/etc/coxswain/requests/failed.log'
const ACCESS = 'http.log.access'
const MEGABYTES = 8

/**
 * Loggers: Caddy's own troubles, and beside them one line for each request that failed. Caddy's metrics do not tell one
 * backend from another, and its access log has no field for what was connected to. But it has one for the user's name,
 * which it looks up when it writes the line; `backendRoute` answers with the backend. So canaries are told apart, too.
 */
export function logging(): Json {
  const dropped = ['request', 'resp_headers', 'bytes_read', 'size', 'duration']
  return {
    logs: {
      default: {
        level: 'ERROR',
        exclude: [ACCESS],
        sampling: { interval: 60e9, first: 20, thereafter: 1000 },
      },
      // statuses from 400 on have this level; nothing is written for the others
      failed: {
        include: [ACCESS],
        level: 'ERROR',
        writer: {
          output: 'file',
          filename: REQUEST_LOG,
          roll_size_mb: MEGABYTES,
          roll_keep: 1,
          roll_gzip: false,
        },
        encoder: {
          format: 'filter',
          wrap: { format: 'json', level_key: '', message_key: '', name_key: '' },
          fields: Object.fromEntries(dropped.map(name => [name, { filter: 'delete' }])),
        },
      },
    },
  }
}

/** Whoever asks for the user's name gets the backend's address, e.g. `10.96.0.2:1234`. */
export function backendRoute(): CaddyRoute {
  const destinations = ['{http.auth.user.id}']
  const defaults = ['{http.reverse_proxy.upstream.hostport}']
  return { handle: [{ handler: 'map', source: '', destinations, mappings: [], defaults }] }
}
