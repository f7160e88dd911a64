import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SshConnection } from '../../../src-main/ssh/connection.ts'
import { matchesHost, parseHop, parseLines, readSshConfig } from '../../../src-main/ssh/config.ts'
import { diagnoseSocket } from '../../../src-main/ssh/diagnose-socket.ts'
import { fingerprint, sameFingerprint } from '../../../src-main/ssh/host-key.ts'
import { describeTarget, resolveTarget } from '../../../src-main/ssh/target.ts'

let home: string
let file: string

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'coxswain-ssh-'))
  await mkdir(path.join(home, '.ssh'))
  file = path.join(home, '.ssh', 'config')
})
afterEach(() => rm(home, { recursive: true, force: true }))

describe('readSshConfig', () => {
  it('takes the first value of each keyword, and gathers the keys', async () => {
    await writeFile(
      file,
      `# comment
User early
Host web-* !web-9
  HostName %h.example.com
  Port=2222
  User late
  IdentityFile ~/.ssh/%r-%h
  IdentityFile "/keys/with space"
Match user root
  Port 1
Match all
  ProxyJump a@hop:2200,other
Host *
  IdentityFile %d/last
  IdentityAgent ~/agent.sock
`,
    )
    expect(await readSshConfig(file, 'web-1', home)).toEqual({
      hostName: 'web-1.example.com',
      port: 2222,
      user: 'early',
      identityFiles: [`${home}/.ssh/early-web-1.example.com`, '/keys/with space', `${home}/last`],
      identityAgent: `${home}/agent.sock`,
      proxyJump: ['a@hop:2200', 'other'],
    })
    expect(await readSshConfig(file, 'web-9', home)).toMatchObject({
      hostName: undefined,
      identityFiles: [`${home}/last`],
    })
  })

  it('includes files by name and by pattern, within their Host block only', async () => {
    await mkdir(path.join(home, '.ssh', 'conf.d'))
    await writeFile(path.join(home, '.ssh', 'conf.d', '1.conf'), 'Port 2201\n')
    await writeFile(path.join(home, '.ssh', 'conf.d', '2.conf'), 'Port 2202\nUser two\n')
    await writeFile(file, 'Host a\n  Include conf.d/*.conf\nHost *\n  Port 22\n')
    expect(await readSshConfig(file, 'a', home)).toMatchObject({ port: 2201, user: 'two' })
    expect(await readSshConfig(file, 'b', home)).toMatchObject({ port: 22, user: undefined })
  })

  it('says when a file includes itself, and nothing of a file that is not there', async () => {
    await writeFile(file, 'Include config\n')
    await expect(readSshConfig(file, 'a', home)).rejects.toMatchObject({ code: 'config-unreadable' })
    expect(await readSshConfig(path.join(home, 'none'), 'a', home)).toMatchObject({ identityFiles: [] })
  })
})

describe('the parts of the configuration', () => {
  it.each([
    [['*'], 'a', true],
    [['a'], 'b', false],
    [['*.example.com', '!bad.example.com'], 'good.example.com', true],
    [['*.example.com', '!bad.example.com'], 'bad.example.com', false],
    [['!a'], 'b', false],
    [['web?'], 'web1', true],
    [['web?'], 'web', false],
    [['10.0.0.1'], '10x0y0z1', false],
  ])('Host %j and %s: %s', (patterns, host, expected) => {
    expect(matchesHost(patterns, host)).toBe(expected)
  })

  it('reads lines', () => {
    expect(parseLines('Port 22\r\n\n #x\n HostName = h \nHost a "b c"\n')).toEqual([
      { keyword: 'port', values: ['22'] },
      { keyword: 'hostname', values: ['h'] },
      { keyword: 'host', values: ['a', 'b c'] },
    ])
  })

  it.each([
    ['hop', { host: 'hop' }],
    ['me@hop:2222', { host: 'hop', port: 2222, user: 'me' }],
    ['ssh://me@hop:2222', { host: 'hop', port: 2222, user: 'me' }],
    ['me@[2001:db8::1]:22', { host: '2001:db8::1', port: 22, user: 'me' }],
  ])('reads the hop %s', (text, expected) => {
    expect(parseHop(text)).toEqual(expected)
  })
})

describe('resolveTarget', () => {
  it('puts the server manifest before the configuration, and that before the defaults', async () => {
    await writeFile(file, 'Host web\n  HostName 10.0.0.7\n  User deploy\n  Port 2222\n  IdentityFile ~/k\n')
    const environment = { homeDir: home, agentSocket: '/agent' }
    expect(await resolveTarget({ host: 'web' }, environment)).toMatchObject({
      host: '10.0.0.7',
      port: 2222,
      user: 'deploy',
      identityFiles: [`${home}/k`],
      agentSocket: '/agent',
    })
    const own = { host: 'web', user: 'me', port: 22, identityFile: '~/mine' }
    const resolved = await resolveTarget(own, environment)
    expect(resolved).toMatchObject({ port: 22, user: 'me', identityFiles: [`${home}/mine`] })
    expect(describeTarget(resolved)).toBe('me@10.0.0.7:22')
    expect(await resolveTarget({ host: 'x' }, environment)).toMatchObject({
      host: 'x',
      port: 22,
      user: 'root',
    })
  })
})

describe('host keys', () => {
  it('have OpenSSH fingerprints, however they are padded', () => {
    // sha256sum and base64 of the same bytes
    expect(fingerprint(Buffer.from('key'))).toBe('SHA256:LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM')
    expect(sameFingerprint('SHA256:abc=', 'abc')).toBe(true)
    expect(sameFingerprint('SHA256:abc', 'SHA256:abd')).toBe(false)
  })
})

describe('diagnoseSocket', () => {
  it.each([
    ['missing\n\nme\n', 'DockerMissing', 'apt install docker.io'],
    ['forbidden\n\nme\n', 'SocketForbidden', 'usermod -aG docker me'],
    ['stopped\n\nme\n', 'EngineStopped', 'systemctl start docker'],
    ['answers\n\nme\n', 'ForwardingForbidden', 'AllowStreamLocalForwarding'],
    ['', 'EngineStopped', 'systemctl start docker'],
  ])('reads %j as %s', async (stdout, reason, words) => {
    const connection = { exec: async () => ({ code: 0, stdout, stderr: '' }) } as unknown as SshConnection
    const diagnosis = await diagnoseSocket(connection, '/run/docker.sock')
    expect(diagnosis.reason).toBe(reason)
    expect(diagnosis.message).toContain(words)
  })
})
