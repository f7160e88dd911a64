import { describe, expect, it } from 'vitest'
import {
  NGINX,
  nginxAnnotations,
  unknownAnnotations,
} from '../../../src-main/api/kinds/ingress-annotations.ts'
import type { Ingress, Secret, Service } from '../../../src-main/api/types.ts'
import { planIngress } from '../../../src-main/network/plan/ingress/ingress.ts'
import { slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { ask, ingress, podsAt, secret } from './ingress-objects.ts'
import { service, slice } from './objects.ts'

const HASH = `$2y$10$${'a'.repeat(53)}`
const OTHER_HASH = HASH.replace('10$a', '12$b')
const SECRETS = [
  secret('users', { auth: `# people\nann:${HASH}\n` }),
  secret('old', { auth: `ann:${HASH}\nbob:$apr1$abc$defg` }),
  secret('map', { ann: HASH }),
  secret('twice', { auth: `ann:${HASH}\nbob:${HASH}\nann:${OTHER_HASH}` }),
  secret('nameless', { auth: `:${HASH}\n${HASH}\nann:${HASH}` }),
  secret('nobody', { auth: `:${HASH}` }),
  secret('braces', { auth: `{env.HOME}:${HASH}` }),
]
const SLICES = slicesByService([slice('web', { '10.244.0.2': 'a' }), slice('canary', { '10.244.0.5': 'a' })])

function plan(ingresses: Ingress[], services: Service[] = [service('web', {}), service('canary', {})]) {
  const secrets: Secret[] = SECRETS
  const servers = [{ name: 'a', gateway: '10.244.0.1' }]
  const { problems, filesOf } = planIngress(
    { ingresses, classes: [], secrets, servers },
    { services, slices: SLICES, serviceCidr: '10.96.0.0/16' },
  )
  return { files: filesOf('a'), problems: problems.map(({ reason, message }) => `${reason}: ${message}`) }
}

const named = (annotations: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [
      name.includes('/') ? name : `${NGINX}${name}`,
      value,
    ]),
  )

const annotated = (annotations: Record<string, string>, path = '/') =>
  ingress('i', [{ host: 'x.org', path, type: 'ImplementationSpecific', to: 'web' }], {
    annotations: named(annotations),
  })

describe('an annotation', () => {
  it.each<[Record<string, string>, RegExp]>([
    [{ 'proxy-body-size': '8m' }, /"handler":"request_body","max_size":8388608/],
    [{ 'proxy-body-size': '8m' }, /Content-Length\}\) > 8388608"\}\],"handle":\[.*"status_code":"413"/],
    [{ 'proxy-connect-timeout': '5' }, /"dial_timeout":"5s"/],
    [{ 'proxy-read-timeout': '3600' }, /"read_timeout":"3600s","response_header_timeout":"3600s"/],
    [{ 'proxy-read-timeout': '3600' }, /"try_duration":"5s"/],
    [{ 'proxy-read-timeout': '2' }, /"try_duration":"2s"/],
    [{ 'proxy-send-timeout': '30s' }, /"write_timeout":"30s"/],
    [
      { 'permanent-redirect': 'https://y.org' },
      /"status_code":"301","headers":\{"Location":\["https:\/\/y.org"\]/,
    ],
    [{ 'permanent-redirect': 'https://y.org', 'permanent-redirect-code': '308' }, /"status_code":"308"/],
    [{ 'temporal-redirect': 'https://y.org' }, /"status_code":"302"/],
    [
      { 'app-root': '/start' },
      /"pattern":"\^\/\$"\}\}\],"handle":\[\{"handler":"static_response","status_code":"302"/,
    ],
    [{ 'rewrite-target': '/' }, /"handler":"rewrite","uri":"\/"/],
    [{ 'upstream-vhost': 'inner.org' }, /"Host":\["inner.org"\]/],
    [{ 'backend-protocol': 'HTTPS' }, /"tls":\{"insecure_skip_verify":true\}/],
    [{ 'backend-protocol': 'grpc' }, /"versions":\["h2c","2"\]/],
    [
      { 'whitelist-source-range': '10.0.0.0/8, ::1' },
      /"not":\[\{"remote_ip":\{"ranges":\["10.0.0.0\/8","::1"\]/,
    ],
    [{ 'denylist-source-range': '10.0.0.1' }, /"match":\[\{"remote_ip":\{"ranges":\["10.0.0.1"\]/],
    [
      { 'auth-type': 'basic', 'auth-secret': 'users' },
      /"accounts":\[\{"username":"ann","password":"JDJ5JDEwJ/,
    ],
    [{ 'auth-type': 'basic', 'auth-secret': 'map', 'auth-secret-type': 'auth-map' }, /"username":"ann"/],
    [{ 'auth-type': 'basic', 'auth-secret': 'users', 'auth-realm': 'Shop' }, /"realm":"Shop"/],
    [
      { 'enable-cors': 'true' },
      /"Access-Control-Allow-Methods":\["GET, PUT, POST, DELETE, PATCH, OPTIONS"\]/,
    ],
    [{ 'enable-cors': 'true', 'cors-allow-origin': 'https://a.org' }, /"Origin":\["https:\/\/a.org"\]/],
  ])('%j is acted on', (annotations, pattern) => {
    const { files, problems } = plan([annotated(annotations)])
    expect(JSON.stringify(JSON.parse(files['caddy.json'] ?? ''))).toMatch(pattern)
    expect(problems).toEqual([])
  })

  it('rewrite-target takes the groups of a path that is a regular expression', () => {
    const { files } = plan([annotated({ 'rewrite-target': '/$2' }, '/shop(/|$)(.*)')])
    expect(ask(files, { host: 'x.org', path: '/shop/cart' })).toBe('web')
    expect(files['caddy.json']).toContain('"uri": "/{http.regexp.path.2}"')
  })

  it.each<[Record<string, string>, RegExp]>([
    [{ 'proxy-body-size': 'much' }, /proxy-body-size has to be a size/],
    [{ 'proxy-read-timeout': '-1' }, /proxy-read-timeout has to be seconds/],
    [{ 'ssl-redirect': 'perhaps' }, /ssl-redirect has to be true or false/],
    [{ 'backend-protocol': 'FCGI' }, /backend-protocol has to be HTTP, /],
    [{ 'rewrite-target': 'x' }, /rewrite-target has to be a path/],
    [{ 'permanent-redirect': '/y', 'permanent-redirect-code': '200' }, /a whole number from 300 to 308/],
  ])('%j is told, and as if it were not there', (annotations, message) => {
    const { files, problems } = plan([annotated(annotations)])
    expect(problems).toEqual([expect.stringMatching(message)])
    expect(ask(files, { host: 'x.org', path: '/y' })).toBe('permanent-redirect' in annotations ? 301 : 'web')
  })

  it.each<[Record<string, string>, number, RegExp]>([
    [{ 'whitelist-source-range': '10.0.0.0/33' }, 403, /no address range/],
    [{ 'denylist-source-range': '10.0.0.0/08' }, 403, /no address range/],
    [{ 'auth-type': 'basic', 'auth-secret': 'nobody' }, 503, /has to hold lines USER:HASH/],
    [{ 'auth-type': 'digest', 'auth-secret': 'users' }, 503, /digest is not supported/],
    [{ 'auth-type': 'basic' }, 503, /auth-secret has to name a Secret/],
    [{ 'auth-type': 'basic', 'auth-secret': 'gone' }, 503, /no Secret shop\/gone/],
    [{ 'auth-type': 'basic', 'auth-secret': 'other/users' }, 503, /has to be in shop/],
  ])('%j, which should keep people out, lets nobody in', (annotations, status, message) => {
    const { files, problems } = plan([annotated(annotations)])
    expect(problems).toEqual([expect.stringMatching(message)])
    expect(ask(files, { host: 'x.org', path: '/' })).toBe(status)
  })

  it('auth-secret with some hashes that cannot be checked leaves their users out', () => {
    const { files, problems } = plan([annotated({ 'auth-type': 'basic', 'auth-secret': 'old' })])
    expect(problems).toEqual([expect.stringMatching(/bcrypt.*Other users are not let in/)])
    expect(files['caddy.json']).not.toContain('bob')
  })

  it.each<[string, RegExp, string[]]>([
    ['twice', /has a user twice; the first entry counts/, ['ann', 'bob']],
    ['nameless', /USER:HASH.*Other users are not let in/, ['ann']],
  ])('auth-secret %s is told, and the rest of it counts', (name, message, users) => {
    const { files, problems } = plan([annotated({ 'auth-type': 'basic', 'auth-secret': name })])
    expect(problems).toEqual([expect.stringMatching(message)])
    const found = [...(files['caddy.json'] ?? '').matchAll(/"username": "(.*)",\n\s*"password": "(.*)"/g)]
    expect(found.map(([, user]) => user)).toEqual(users)
    expect(found.map(([, , hash]) => Buffer.from(hash ?? '', 'base64').toString())).toEqual(
      users.map(() => HASH),
    )
  })

  it.each(['/f/(.{1,2000})', '/\\h', '/\\Z', '/\\u0041', '/[^]', '/(?<name>a)', '/a(?=b)', '/(a)\\1'])(
    'use-regex with the path %s, which Caddy cannot read, is told',
    path => {
      const { files, problems } = plan([annotated({ 'use-regex': 'true' }, path)])
      expect(problems).toEqual([
        expect.stringMatching(/^BadPath: .* no regular expression that Caddy can read/),
      ])
      expect(ask(files, { host: 'x.org', path: '/f/x' })).toBe(404)
    },
  )

  it('braces are no placeholders of Caddy’s', () => {
    const { files } = plan([annotated({ 'temporal-redirect': 'https://y.org/{env.HOME}' })])
    expect(files['caddy.json']).toContain('https://y.org/\\\\{env.HOME}')
    const user = plan([annotated({ 'auth-type': 'basic', 'auth-secret': 'braces' })])
    expect(user.files['caddy.json']).toContain('"username": "\\\\{env.HOME}"')
  })

  it('that is known is read, and one that is not is told', () => {
    const values = {
      'enable-cors': 'true',
      'auth-type': 'basic',
      'auth-secret': 'users',
      canary: 'true',
      'canary-by-header': 'x',
    }
    const asked = new Set<string>()
    const record = (without: string[]) => {
      const object = annotated(
        Object.fromEntries(Object.entries(values).filter(([name]) => !without.includes(name))),
      )
      object.metadata.annotations = new Proxy(object.metadata.annotations ?? {}, {
        get: (all, name: string) => (asked.add(name), all[name]),
      })
      plan([object])
    }
    record([])
    record(['canary'])
    record(['canary', 'auth-secret'])
    expect(nginxAnnotations.filter(name => !asked.has(`${NGINX}${name}`))).toEqual([])
    const unknown = {
      ...values,
      'lua-resty-waf': 'active',
      'coxswain.io/acmee': 'true',
      'example.org/own': 'x',
    }
    expect(unknownAnnotations(annotated(unknown)).map(({ field }) => field)).toEqual([
      `metadata.annotations[${NGINX}lua-resty-waf]`,
      'metadata.annotations[coxswain.io/acmee]',
    ])
  })
})

describe('cross-origin requests', () => {
  it.each<[Record<string, string>, string, boolean]>([
    [{}, '*', false],
    [{ 'cors-allow-credentials': 'true' }, '*', false],
    [{ 'cors-allow-origin': 'https://a.org, *' }, '*', false],
    [{ 'cors-allow-origin': 'https://a.org' }, '{http.request.header.Origin}', true],
    [
      { 'cors-allow-origin': 'https://a.org', 'cors-allow-credentials': 'false' },
      '{http.request.header.Origin}',
      false,
    ],
  ])('with %j are answered with %s, and with credentials: %s', (annotations, origin, credentials) => {
    const { files } = plan([annotated({ 'enable-cors': 'true', ...annotations })])
    const config = files['caddy.json'] ?? ''
    const values = (name: string) =>
      [...config.matchAll(new RegExp(`"${name}": \\[\\s*"([^"]*)"`, 'g'))].map(([, value]) => value)
    // of the preflight, and of every other answer
    expect(values('Access-Control-Allow-Origin')).toEqual([origin, origin])
    expect(values('Access-Control-Allow-Credentials')).toEqual(credentials ? ['true', 'true'] : [])
  })
})

describe('a canary', () => {
  const main = ingress('main', [{ host: 'x.org', to: 'web' }])
  const canary = (annotations: Record<string, string>, host = 'x.org') =>
    ingress('canary', [{ host, to: 'canary' }], { annotations: named(annotations) })

  /** How many of the choices lead to each Service. */
  function shares(files: Record<string, string>): Record<string, number> {
    const dials = [...(files['caddy.json'] ?? '').matchAll(/"dial": "10\.96\.0\.2:(\d+)"/g)].map(
      ([, port]) => port,
    )
    const pods = dials.flatMap(port => podsAt(files, port ?? ''))
    const count = (ip: string) => pods.filter(pod => pod === ip).length
    return { web: count('10.244.0.2'), canary: count('10.244.0.5') }
  }

  it.each<[Record<string, string>, Record<string, number>]>([
    [{ 'coxswain.io/canary-weight': '20' }, { web: 4, canary: 1 }],
    [{ 'coxswain.io/canary-weight': '0' }, { web: 1, canary: 0 }],
    [{ 'coxswain.io/canary-weight': '100' }, { web: 0, canary: 1 }],
    [{ 'coxswain.io/canary-weight': '33' }, { web: 67, canary: 33 }],
    [
      { canary: 'true', 'canary-weight': '50' },
      { web: 1, canary: 1 },
    ],
    [
      { canary: 'true', 'canary-weight': '100', 'canary-weight-total': '1000' },
      { web: 9, canary: 1 },
    ],
  ])('%j takes its share', (annotations, expected) => {
    const { files, problems } = plan([canary(annotations), main])
    expect(shares(files)).toEqual(expected)
    expect(problems).toEqual([])
  })

  it('is what a header leads to', () => {
    const { files } = plan([main, canary({ canary: 'true', 'canary-by-header': 'X-Canary' })])
    expect(ask(files, { host: 'x.org', path: '/', headers: { 'X-Canary': 'always' } })).toBe('canary')
    expect(ask(files, { host: 'x.org', path: '/' })).toBe('web')
  })

  it('is never what the header `never` leads to, unless another value is named', () => {
    const byHeader = { canary: 'true', 'canary-weight': '100', 'canary-by-header': 'X-Canary' }
    const asked = (annotations: Record<string, string>, value: string) => {
      const { files } = plan([main, canary(annotations)])
      return ask(files, { host: 'x.org', path: '/', headers: { 'X-Canary': value } })
    }
    expect(asked(byHeader, 'never')).toBe('web')
    expect(asked(byHeader, 'other')).toBe('canary')
    expect(asked({ ...byHeader, 'canary-by-header-value': 'yes' }, 'never')).toBe('canary')
  })

  it('can be a Service that says of which other one', () => {
    const share = service('canary', {})
    share.metadata.annotations = { 'coxswain.io/canary-of': 'web', 'coxswain.io/canary-weight': '25' }
    expect(shares(plan([main], [service('web', {}), share]).files)).toEqual({ web: 3, canary: 1 })
  })

  it('of nothing is told', () => {
    expect(plan([main, canary({ 'coxswain.io/canary-weight': '5' }, 'y.org')]).problems).toEqual([
      'NoSuchPath: No other Ingress has y.org/, of which this one is to take a share.',
    ])
  })
})
