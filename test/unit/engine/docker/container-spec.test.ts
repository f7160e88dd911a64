import { describe, expect, it } from 'vitest'
import { toCreateBody } from '../../../../src-main/engine/docker/container-spec.ts'
import { negotiate } from '../../../../src-main/engine/docker/versions.ts'
import type { ContainerSpec } from '../../../../src-main/engine/engine.ts'

const old = negotiate({ ApiVersion: '1.41', Version: '20.10.24' })
const recent = negotiate({ ApiVersion: '1.48', Version: '28.0.0' })

const full: ContainerSpec = {
  name: 'web-0',
  image: 'web:1',
  labels: { a: 'b' },
  entrypoint: ['/web'],
  command: ['--port', '80'],
  environment: ['A=1'],
  workingDir: '/srv',
  user: '1000:1000',
  hostname: 'web-0',
  domainname: 'example.com',
  restartPolicy: 'always',
  network: { mode: 'bridge', name: 'pods', ipv4: '10.244.1.5', aliases: ['web'] },
  ipcMode: 'shareable',
  pidMode: { container: 'pause' },
  publish: [
    { containerPort: 80, protocol: 'tcp', hostPort: 8080 },
    { containerPort: 80, protocol: 'tcp', hostPort: 8081, hostIp: '127.0.0.1' },
    { containerPort: 53, protocol: 'udp', hostPort: 5353 },
  ],
  mounts: [
    { type: 'bind', source: '/etc/hosts', target: '/etc/hosts', readOnly: true, propagation: 'rslave' },
    { type: 'volume', name: 'data', target: '/data' },
    { type: 'tmpfs', target: '/tmp', sizeBytes: 1024, mode: 0o700 },
  ],
  dns: { nameservers: ['10.96.0.10'], searches: ['default.svc.cluster.local'], options: ['ndots:5'] },
  extraHosts: [{ ip: '1.2.3.4', hostnames: ['one', 'two'] }],
  resources: { nanoCpus: 5e8, memoryBytes: 2 ** 27, cpuShares: 512, oomScoreAdj: 100, pidsLimit: 50 },
  security: {
    privileged: false,
    readOnlyRootFilesystem: true,
    capAdd: ['NET_ADMIN'],
    capDrop: ['ALL'],
    noNewPrivileges: true,
    seccomp: 'unconfined',
    apparmor: 'docker-default',
    groupAdd: ['2000'],
    sysctls: { 'net.core.somaxconn': '1024' },
  },
  tty: true,
  openStdin: true,
  stdinOnce: true,
  stopSignal: 'SIGQUIT',
  stopTimeoutSeconds: 20,
  init: true,
}

describe('toCreateBody', () => {
  it('hands every field on', () => {
    expect(toCreateBody(full, old, 'json-file')).toMatchObject({
      Image: 'web:1',
      Labels: { a: 'b' },
      Entrypoint: ['/web'],
      Cmd: ['--port', '80'],
      Env: ['A=1'],
      WorkingDir: '/srv',
      User: '1000:1000',
      Hostname: 'web-0',
      Domainname: 'example.com',
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      StopSignal: 'SIGQUIT',
      StopTimeout: 20,
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      NetworkingConfig: {
        EndpointsConfig: { pods: { IPAMConfig: { IPv4Address: '10.244.1.5' }, Aliases: ['web'] } },
      },
      HostConfig: {
        RestartPolicy: { Name: 'always' },
        Init: true,
        NetworkMode: 'pods',
        IpcMode: 'shareable',
        PidMode: 'container:pause',
        PortBindings: {
          '80/tcp': [
            { HostIp: '', HostPort: '8080' },
            { HostIp: '127.0.0.1', HostPort: '8081' },
          ],
          '53/udp': [{ HostIp: '', HostPort: '5353' }],
        },
        Dns: ['10.96.0.10'],
        DnsSearch: ['default.svc.cluster.local'],
        DnsOptions: ['ndots:5'],
        ExtraHosts: ['one:1.2.3.4', 'two:1.2.3.4'],
        NanoCpus: 5e8,
        Memory: 2 ** 27,
        MemorySwap: 2 ** 27,
        CpuShares: 512,
        OomScoreAdj: 100,
        PidsLimit: 50,
        ReadonlyRootfs: true,
        CapAdd: ['NET_ADMIN'],
        CapDrop: ['ALL'],
        GroupAdd: ['2000'],
        Sysctls: { 'net.core.somaxconn': '1024' },
        SecurityOpt: ['no-new-privileges:true', 'seccomp=unconfined', 'apparmor=docker-default'],
        Mounts: [
          { Type: 'bind', Source: '/etc/hosts', ReadOnly: true, BindOptions: { Propagation: 'rslave' } },
          { Type: 'volume', Source: 'data', Target: '/data' },
          { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } },
        ],
      },
    })
  })

  it("leaves out what Docker refuses beside another container's network", () => {
    const body = toCreateBody({ ...full, network: { mode: 'container', id: 'pause' } }, old, 'json-file')
    expect(body.HostConfig).toMatchObject({ NetworkMode: 'container:pause' })
    for (const name of ['Hostname', 'Domainname', 'ExposedPorts', 'NetworkingConfig'])
      expect(body).not.toHaveProperty(name)
    for (const name of ['Dns', 'ExtraHosts', 'PortBindings']) expect(body.HostConfig).not.toHaveProperty(name)
  })

  it('asks for a part of a volume only where the engine can give it', () => {
    const spec = {
      ...full,
      mounts: [{ type: 'volume' as const, name: 'data', target: '/data', subPath: 'a' }],
    }
    expect(() => toCreateBody(spec, old, 'json-file')).toThrowError(
      expect.objectContaining({ code: 'unsupported' }),
    )
    expect(toCreateBody(spec, recent, 'json-file').HostConfig?.Mounts?.[0]).toMatchObject({
      VolumeOptions: { Subpath: 'a' },
    })
  })
})

describe('negotiate', () => {
  it.each([
    ['1.41', undefined, '1.41'],
    ['1.43', '1.12', '1.43'],
    ['1.52', '1.44', '1.52'],
    ['1.99', '1.44', '1.52'],
  ])('with an engine of %s (at least %s) speaks %s', (ApiVersion, MinAPIVersion, spoken) => {
    expect(negotiate({ ApiVersion, MinAPIVersion, Version: 'x' }).apiVersion).toBe(spoken)
  })

  it.each([
    [{ ApiVersion: '1.40', Version: '19.03.15' }, 'Docker 19.03.15 is too old'],
    [{ ApiVersion: '1.9', Version: '1.9.1' }, 'Docker 1.9.1 is too old'],
    [{ ApiVersion: '1.99', MinAPIVersion: '1.60', Version: '40.0' }, 'Docker 40.0 is too new'],
  ])('refuses %o', (engine, words) => {
    expect(() => negotiate(engine)).toThrowError(words)
  })

  it('knows what each version brought', () => {
    expect(old).toMatchObject({ stopSignal: false, volumeSubpath: false, routedNetworkOptions: {} })
    expect(recent).toMatchObject({
      stopSignal: true,
      volumeSubpath: true,
      routedNetworkOptions: { 'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected' },
    })
  })

  it.each(['json-file', 'local'])('has logs of the driver %s rotated', driver => {
    expect(toCreateBody(full, old, driver).HostConfig?.LogConfig).toEqual({
      Type: driver,
      Config: { 'max-size': '10m', 'max-file': '5' },
    })
  })

  it('leaves the logs of another driver to it', () => {
    expect(toCreateBody(full, old, 'journald').HostConfig?.LogConfig).toBeUndefined()
  })
})
