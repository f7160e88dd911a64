import { describe, expect, it } from 'vitest'
import { pullError, toEngineError } from '../../../../src-main/engine/docker/errors.ts'
import { splitReference } from '../../../../src-main/engine/docker/images.ts'
import { toEngineEvent } from '../../../../src-main/engine/docker/events.ts'
import { toContainerStats } from '../../../../src-main/engine/docker/stats.ts'

/** As docker-modem throws it. */
function answer(statusCode: number, message: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), {
    statusCode,
    json: { message },
  })
}

describe('toEngineError', () => {
  it.each([
    [409, 'Conflict. The container name "/a" is already in use by container "f00". You have to remove it.', 'name-conflict'],
    [500, 'driver failed programming external connectivity on endpoint a: Bind for 0.0.0.0:80 failed: port is already allocated', 'port-conflict'],
    [500, 'driver failed programming external connectivity: Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use', 'port-conflict'],
    [403, 'Address already in use', 'address-conflict'],
    [404, 'network coxswain not found', 'network-not-found'],
    [403, 'Pool overlaps with other one on this address space', 'network-conflict'],
    [404, 'No such image: web:1', 'image-not-found'],
    [404, 'No such container: f00', 'not-found'],
    [409, 'cannot join network of a non running container: f00', 'start-failed'],
    [400, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown', 'start-failed'],
    [500, 'error gathering device information while adding custom device "/dev/net/tun": no such file or directory', 'start-failed'],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /x', 'invalid-argument'],
    [400, 'client version 1.52 is too new. Maximum supported API version is 1.41', 'unsupported'],
    [500, 'no space left on device', 'engine-error'],
  ])('%i %s', (status, message, code) => {
    const error = toEngineError(answer(status, message), 'do it')
    expect(error).toMatchObject({ code, message: `cannot do it: ${message}` })
  }) // prettier-ignore

  it('takes anything without an answer for a lost connection', () => {
    expect(toEngineError(new Error('socket hang up'), 'do it')).toMatchObject({ code: 'unreachable' })
    expect(toEngineError('nothing', 'do it')).toMatchObject({ code: 'unreachable' })
  })
})

describe('pullError', () => {
  it.each([
    ['manifest for reg:5000/web:no-such-tag not found: manifest unknown: manifest unknown', 'image-not-found'],
    ['Error response from daemon: failed to resolve reference "docker.io/library/x:1": docker.io/library/x:1: not found', 'image-not-found'],
    ["pull access denied for x, repository does not exist or may require 'docker login': denied: requested access", 'registry-unauthorized'],
    ['Get "https://reg/v2/web/manifests/1": no basic auth credentials', 'registry-unauthorized'],
    ['unauthorized: authentication required', 'registry-unauthorized'],
    ['Get "http://10.0.0.1:5999/v2/": dial tcp 10.0.0.1:5999: connect: connection refused', 'registry-unreachable'],
    ['Get "https://nope.example/v2/": dial tcp: lookup nope.example: no such host', 'registry-unreachable'],
    ['Get "https://reg:5000/v2/": http: server gave HTTP response to HTTPS client', 'registry-unreachable'],
    ['Get "https://reg/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)', 'registry-unreachable'],
    ['toomanyrequests: You have reached your pull rate limit', 'registry-unreachable'],
    ['invalid reference format: repository name must be lowercase', 'invalid-image-name'],
    ['write /var/lib/docker/tmp/x: no space left on device', 'engine-error'],
  ])('%s', (message, code) => {
    const error = pullError('web:1', message)
    expect(error.code).toBe(code)
    expect(error.message).toContain(`cannot pull image "web:1": ${message}`)
  }) // prettier-ignore
})

describe('splitReference', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  it.each([
    ['web', 'web', 'latest'],
    ['web:1.2', 'web', '1.2'],
    ['reg:5000/team/web', 'reg:5000/team/web', 'latest'],
    ['reg:5000/team/web:1', 'reg:5000/team/web', '1'],
    [`web@${digest}`, 'web', digest],
    [`reg:5000/web:1@${digest}`, 'reg:5000/web', digest],
  ])('%s', (reference, fromImage, tag) => {
    expect(splitReference(reference)).toEqual({ fromImage, tag })
  })
})

describe('toEngineEvent', () => {
  const actor = { ID: 'f00', Attributes: { 'io.coxswain.pod.uid': 'u', exitCode: '137', name: 'web' } }
  it('keeps what a kubelet needs', () => {
    const die = { Type: 'container', Action: 'die', Actor: actor, timeNano: 1_700_000_000_123_456_789 }
    expect(toEngineEvent(die)).toMatchObject({
      type: 'container',
      action: 'die',
      id: 'f00',
      exitCode: 137,
      at: 1_700_000_000_123,
      labels: { 'io.coxswain.pod.uid': 'u' },
    })
    const health = { Type: 'container', Action: 'health_status: unhealthy', Actor: actor, time: 5 }
    expect(toEngineEvent(health)).toMatchObject({ action: 'health', at: 5000 })
  })
  it.each([
    [{ Type: 'container', Action: 'exec_start: sh', Actor: actor }],
    [{ Type: 'network', Action: 'connect', Actor: actor }],
    [{ Type: 'container', Action: 'die' }],
    [{}],
  ])('leaves out %o', event => {
    expect(toEngineEvent(event)).toBeUndefined()
  })
})

describe('toContainerStats', () => {
  const cpu_stats = { cpu_usage: { total_usage: 7 } }
  const read = '2026-01-01T00:00:00Z'
  it.each([
    ['cgroup v1', { total_inactive_file: 30, inactive_file: 1 }, 70],
    ['cgroup v2', { inactive_file: 40 }, 60],
    ['more cache than use', { inactive_file: 400 }, 0],
  ])('takes the inactive cache off: %s', (_name, stats, expected) => {
    const sample = { read, cpu_stats, memory_stats: { usage: 100, stats } } as never
    expect(toContainerStats(sample)).toEqual({
      at: Date.parse(read),
      cpuUsageNanos: 7,
      memoryWorkingSetBytes: expected,
    })
  })
  it('has nothing for a container that does not run', () => {
    expect(toContainerStats({ read: '0001-01-01T00:00:00Z', memory_stats: {} } as never)).toBeUndefined()
  })
})
