import type { CaddyRoute, Json } from './model.ts'

/**
 * Each configuration has processes of its own, a generation: a reload of Caddy would close what has become a WebSocket.
 * parts/ingress.sh starts the next generation beside the former one, which takes no more connections from then on and
 * ends with the last one that it has.
 *
 * HTTP/3 has a process of its own, for Caddy cannot be asked to end without closing its QUIC connections, and lets no
 * other process have their port. Each generation of it has an address instead, to which nftables leads new ones.
 */
const FOLDER = '/run/coxswain/caddy'
/** What is a generation's own; the script writes its number instead of the last word. */
const OWN = `${FOLDER}/GENERATION`
/** The script writes the generation's address here. */
export const QUIC_LISTEN = 'QUIC-ADDRESS:443'

const DAY = '24h'
const LONGER = '48h'

/** The file `ingress/quic`: addresses of the generations of HTTP/3, in the part of the Services' range that is given to none. */
export function quicAddresses(serviceCidr: string): string {
  const [network = ''] = serviceCidr.split('/')
  const [a, b, c, d] = network.split('.').map(Number)
  return `${[6, 7, 8, 9].map(n => `${a}.${b}.${c}.${(d ?? 0) + n}`).join('\n')}\n`
}

/** Where a former generation reaches the newest one; the script makes the name in FOLDER lead there. */
export const NEWEST_LISTEN = `unix/${OWN}/newest.sock`

/**
 * An authority may ask as soon as the next generation has begun to obtain a certificate, and may still find the former
 * one, which does not know the answer.
 */
export function leavingChallengeRoute(): CaddyRoute {
  return {
    match: [{ ...exists(`${OWN}/leaving`), path: ['/.well-known/acme-challenge/*'] }],
    handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: `unix/${FOLDER}/newest.sock` }] }],
    terminal: true,
  }
}

/** How long a generation that was asked to end waits for its requests: a member of `apps.http`. */
export const gracePeriod = DAY

/**
 * A process that was asked to end waits for requests, but not for WebSockets. So the script asks for something here that
 * is never there, and gives up when the last of them is closed.
 */
export function holdServer(): Json {
  return {
    listen: [`unix/${OWN}/hold.sock`],
    protocols: ['h1'],
    automatic_https: { disable: true },
    routes: [
      {
        handle: [
          {
            handler: 'reverse_proxy',
            upstreams: [{ dial: `unix/${OWN}/nobody` }],
            load_balancing: { try_duration: LONGER, try_interval: '1s' },
          },
        ],
      },
    ],
  }
}

/**
 * While the next generation starts, connections are ended with an answer: one that is closed without might carry a
 * question at that moment.
 */
export function leavingRoute(): CaddyRoute {
  return {
    match: [{ ...exists(`${OWN}/leaving`), not: [{ header: { Upgrade: ['*'] } }] }],
    handle: [header('Connection', 'close')],
  }
}

/** Says that there is HTTP/3, unless clients would find a connection to a former generation. */
export function offerQuic(): CaddyRoute {
  return {
    match: [{ not: [exists(`${FOLDER}/quic-leaving`)] }],
    handle: [header('Alt-Svc', 'h3=":443"; ma=2592000')],
  }
}

/** Sends the clients of a former generation elsewhere, for HTTP/3 has no way to close a connection after an answer. */
export function leavingQuicRoute(): CaddyRoute {
  return { match: [exists(`${OWN}/leaving`)], handle: [header('Alt-Svc', 'clear')] }
}

function exists(file: string): Json {
  return { file: { root: '/', try_files: [file] } }
}

function header(name: string, value: string): Json {
  return { handler: 'headers', response: { set: { [name]: [value] } } }
}
