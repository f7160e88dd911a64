import { describe, expect, it } from 'vitest'
import type { Secret } from '../../../src-main/api/types.ts'
import { parseImageReference } from '../../../src-main/kubelet/image-reference.ts'
import { credentialsFor } from '../../../src-main/kubelet/pull-secrets.ts'

describe('parseImageReference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest'],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27'],
    ['acme/web', 'docker.io', 'acme/web', 'latest'],
    ['docker.io/acme/web:2', 'docker.io', 'acme/web', '2'],
    ['registry.example:5000/web', 'registry.example:5000', 'web', 'latest'],
    ['localhost/web:1', 'localhost', 'web', '1'],
    ['10.0.0.1:5000/a/b/c:x', '10.0.0.1:5000', 'a/b/c', 'x'],
  ])('%s', (text, registry, repository, tag) => {
    expect(parseImageReference(text)).toMatchObject({ registry, repository, tag })
  })

  it('keeps a digest, which needs no tag', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    expect(parseImageReference(`nginx@${digest}`)).toMatchObject({ tag: undefined, digest })
  })

  it.each(['', 'Nginx', 'nginx:', 'nginx:a:b', 'a b', 'http://x/y', '/nginx'])('refuses "%s"', text => {
    expect(parseImageReference(text)).toBeUndefined()
  })
})

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')

function secret(data: Record<string, string>): Secret {
  const metadata = { name: 's', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
  return { apiVersion: 'v1', kind: 'Secret', metadata, data }
}

const config = (auths: Record<string, object>) => secret({ '.dockerconfigjson': base64({ auths }) })
const entry = (username: string) => ({ username, password: 'p' })

describe('credentialsFor', () => {
  it.each<[string, string, Secret[], string[]]>([
    ['its registry', 'r.example/web', [config({ 'r.example': entry('a') })], ['a']],
    ['another registry', 'r.example/web', [config({ 'other.example': entry('a') })], []],
    ['the port counts', 'r.example:5000/web', [config({ 'r.example': entry('a') })], []],
    ['with a scheme', 'r.example/web', [config({ 'https://r.example': entry('a') })], ['a']],
    ['Docker Hub', 'nginx', [config({ 'https://index.docker.io/v1/': entry('a') })], ['a']],
    [
      'the longer path first',
      'r.example/team/web',
      [config({ 'r.example': entry('a'), 'r.example/team': entry('b') })],
      ['b', 'a'],
    ],
    ['a path of others', 'r.example/team/web', [config({ 'r.example/te': entry('a') })], []],
    ['a pattern', 'eu.r.example/web', [config({ '*.r.example': entry('a') })], ['a']],
    ['a pattern within a part', 'eu-1.r.example/web', [config({ 'e*-?.r.*e': entry('a') })], ['a']],
    ['a pattern that ends too soon', 'eu-12.r.example/web', [config({ 'e*-?.r.*e': entry('a') })], []],
    [
      'a pattern that could match in very many ways',
      `${'a'.repeat(200)}.example/web`,
      [config({ [`${'*a'.repeat(60)}b.example`]: entry('a') })],
      [],
    ],
    ['a pattern is one part', 'a.b.r.example/web', [config({ '*.r.example': entry('a') })], []],
    ['the auth field', 'r.example/web', [config({ 'r.example': { auth: base64('a:x:y') } })], ['a']],
    [
      'the legacy form',
      'r.example/web',
      [secret({ '.dockercfg': base64({ 'r.example': entry('a') }) })],
      ['a'],
    ],
    ['unreadable', 'r.example/web', [secret({ '.dockerconfigjson': base64('{') })], []],
  ])('%s', (_name, image, secrets, expected) => {
    expect(credentialsFor(image, secrets).map(({ username }) => username)).toEqual(expected)
  })

  it('keeps colons in a password', () => {
    const [found] = credentialsFor('r.example/web', [config({ 'r.example': { auth: base64('a:x:y') } })])
    expect(found?.password).toBe('x:y')
  })
})
