import { buffer, text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { pack, extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  EngineError,
  type ContainerSpec,
  type Engine,
  type EngineContainer,
  type EngineEvent,
  type LogChunk,
} from '../../../src-main/engine/engine.ts'

/** What differs between the engines that the contract is held against. */
export interface EngineUnderTest {
  engine: Engine
  /** An image that is there, with a shell in it. */
  image: string
  /** An image that only its registry has; absent: not tried. */
  pullable?: string
  /** A tag that its registry does not have. */
  missing: string
  /** An image that its registry gives only to who has a password. */
  unauthorized: string
  auth: { username: string; password: string; serverAddress: string }
  /** Nothing answers at this registry. */
  unreachable: string
  /** What makes a container run on, writing lines; and obey SIGTERM at once. */
  running: Partial<ContainerSpec>
  /** What makes a container end with a code. */
  exitsWith(code: number): Partial<ContainerSpec>
  /** What makes a container ignore SIGTERM. */
  stubborn: Partial<ContainerSpec>
  close(): Promise<void> | void
}

let number = 0

/** The behaviour that the kubelet counts on, the same for every engine. */
export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`${name}: the engine contract`, () => {
    const run = `contract-${process.pid}-${++number}`
    const labels = { 'test.coxswain.io/run': run }
    const network = `${run}-net`
    const subnet = 40 + (process.pid % 200)
    const address = (host: number) => `10.213.${subnet}.${host}`
    let under: EngineUnderTest
    let engine: Engine

    beforeAll(async () => {
      under = await open()
      engine = under.engine
      await engine.ensureNetwork({ name: network, subnet: `${address(0)}/24`, gateway: address(1), labels })
    })

    afterAll(async () => {
      if (!under) return
      for (const container of await engine.listContainers(labels)) await engine.removeContainer(container.id)
      await engine.removeNetwork(network)
      await under.close()
    })

    const spec = (suffix: string, extra: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: `${run}-${suffix}`,
      image: under.image,
      labels: { ...labels, 'test.coxswain.io/name': suffix },
      environment: [],
      restartPolicy: 'no',
      network: { mode: 'none' },
      ...under.running,
      ...extra,
    })

    async function start(suffix: string, extra: Partial<ContainerSpec> = {}): Promise<string> {
      const id = await engine.createContainer(spec(suffix, extra))
      await engine.startContainer(id)
      return id
    }

    async function until(
      id: string,
      holds: (container: EngineContainer) => boolean,
    ): Promise<EngineContainer> {
      for (;;) {
        const container = await engine.inspectContainer(id)
        if (container && holds(container)) return container
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }

    const code = (expected: string) => expect.objectContaining({ name: 'EngineError', code: expected })

    it('says what the server is', async () => {
      const info = await engine.info()
      expect(info.cpus).toBeGreaterThan(0)
      expect(info.memoryBytes).toBeGreaterThan(2 ** 20)
      expect(info.architecture).toMatch(/^(amd64|arm64)$/)
      expect(info.osType).toBe('linux')
      expect(await engine.info()).toMatchObject({ id: info.id, hostName: info.hostName })
    })

    it('creates, starts, inspects, stops and removes a container', async () => {
      const id = await engine.createContainer(
        spec('life', { restartPolicy: 'always', labels: { ...labels, a: 'b' } }),
      )
      expect(await engine.inspectContainer(id)).toMatchObject({
        state: 'created',
        name: `${run}-life`,
        restartCount: 0,
      })
      await engine.startContainer(id)
      await engine.startContainer(id)
      const running = await engine.inspectContainer(id)
      expect(running).toMatchObject({
        id,
        state: 'running',
        restartPolicy: 'always',
        oomKilled: false,
        exitCode: 0,
      })
      expect(running?.labels).toMatchObject({ a: 'b' })
      expect(running?.pid).toBeGreaterThan(0)
      expect(running?.startedAt).toBeGreaterThanOrEqual(running?.createdAt ?? Infinity)
      expect(running?.finishedAt).toBeUndefined()
      await engine.stopContainer(id, { timeoutSeconds: 5 })
      await engine.stopContainer(id, { timeoutSeconds: 5 })
      const stopped = await engine.inspectContainer(id)
      expect(stopped).toMatchObject({ state: 'exited', pid: 0 })
      expect(stopped?.finishedAt).toBeGreaterThanOrEqual(stopped?.startedAt ?? Infinity)
      await engine.removeContainer(id)
      await engine.removeContainer(id)
      await engine.stopContainer(id, { timeoutSeconds: 5 })
      expect(await engine.inspectContainer(id)).toBeUndefined()
    })

    it('lists the containers that carry every label, running or not', async () => {
      const one = await engine.createContainer(spec('list-1', { labels: { ...labels, list: 'yes', n: '1' } }))
      const two = await start('list-2', { labels: { ...labels, list: 'yes', n: '2' } })
      const both = await engine.listContainers({ ...labels, list: 'yes' })
      expect(both.map(({ id }) => id).sort()).toEqual([one, two].sort())
      expect(both.find(({ id }) => id === two)).toMatchObject({ state: 'running', name: `${run}-list-2` })
      const second = await engine.listContainers({ ...labels, list: 'yes', n: '2' })
      expect(second.map(({ id, labels: own }) => [id, own.n])).toEqual([[two, '2']])
    })

    it('refuses a name twice, an image that is not there and a container that is not there', async () => {
      await engine.createContainer(spec('twice'))
      await expect(engine.createContainer(spec('twice'))).rejects.toEqual(code('name-conflict'))
      const missing = spec('no-image', { image: 'coxswain-no-such-image:1' })
      await expect(engine.createContainer(missing)).rejects.toEqual(code('image-not-found'))
      await expect(engine.startContainer('f'.repeat(64))).rejects.toEqual(code('not-found'))
      await expect(engine.exec('f'.repeat(64), { command: ['true'] })).rejects.toEqual(code('not-found'))
      expect(await engine.inspectImage('coxswain-no-such-image:1')).toBeUndefined()
    })

    it('keeps the exit code, and what a missing start means', async () => {
      const id = await start('exits', under.exitsWith(3))
      expect(await until(id, ({ state }) => state === 'exited')).toMatchObject({
        exitCode: 3,
        restartCount: 0,
      })
    })

    it('restarts with a growing back-off until it is told not to', async () => {
      const id = await start('crashes', { ...under.exitsWith(7), restartPolicy: 'always' })
      const crashing = await until(id, ({ restartCount }) => restartCount >= 3)
      expect(['restarting', 'running', 'exited']).toContain(crashing.state)
      await engine.setRestartPolicy(id, 'no')
      const ended = await until(id, ({ state }) => state === 'exited')
      expect(ended).toMatchObject({ restartPolicy: 'no', exitCode: 7 })
    })

    it('restarts on failure only after a failure', async () => {
      const well = await start('ends-well', { ...under.exitsWith(0), restartPolicy: 'on-failure' })
      const badly = await start('ends-badly', { ...under.exitsWith(2), restartPolicy: 'on-failure' })
      await until(badly, ({ restartCount }) => restartCount >= 1)
      expect(await until(well, ({ state }) => state === 'exited')).toMatchObject({
        restartCount: 0,
        exitCode: 0,
      })
      await engine.removeContainer(badly)
    })

    it('kills what does not stop in time', async () => {
      const id = await start('stubborn', { ...under.stubborn, restartPolicy: 'always' })
      await engine.stopContainer(id, { timeoutSeconds: 1 })
      expect(await engine.inspectContainer(id)).toMatchObject({ state: 'exited', exitCode: 137 })
    })

    it('stops with another signal, and the restart policy is as it was', async () => {
      const id = await start('other-signal', { restartPolicy: 'always' })
      await engine.stopContainer(id, { timeoutSeconds: 5, signal: 'SIGTERM' })
      expect(await engine.inspectContainer(id)).toMatchObject({ state: 'exited', restartPolicy: 'always' })
    })

    it('renames', async () => {
      const id = await engine.createContainer(spec('before'))
      await engine.renameContainer(id, `${run}-after`)
      expect(await engine.inspectContainer(id)).toMatchObject({ name: `${run}-after` })
      await engine.createContainer(spec('before'))
      await expect(engine.renameContainer(id, `${run}-before`)).rejects.toEqual(code('name-conflict'))
    })

    it('gives a container its address, to one at a time', async () => {
      const at = (host: number) => ({
        network: { mode: 'bridge', name: network, ipv4: address(host) } as const,
      })
      const first = await start('address-1', at(10))
      expect(await engine.inspectContainer(first)).toMatchObject({ ipv4: address(10) })
      const second = await engine.createContainer(spec('address-2', at(10)))
      await expect(engine.startContainer(second)).rejects.toEqual(code('address-conflict'))
      await engine.removeContainer(first)
      await engine.startContainer(second)
      expect(await engine.inspectContainer(second)).toMatchObject({ state: 'running', ipv4: address(10) })
    })

    it('publishes a port of the server, to one at a time', async () => {
      const hostPort = 20_000 + (process.pid % 20_000)
      const publish = (host: number): Partial<ContainerSpec> => ({
        network: { mode: 'bridge', name: network, ipv4: address(host) },
        publish: [{ containerPort: 80, hostPort, protocol: 'tcp' }],
      })
      const first = await start('port-1', publish(20))
      const second = await engine.createContainer(spec('port-2', publish(21)))
      await expect(engine.startContainer(second)).rejects.toEqual(code('port-conflict'))
      await engine.removeContainer(first)
      await engine.startContainer(second)
    })

    it("joins another container's network, and says when that one does not run", async () => {
      const owner = await start('owner', { network: { mode: 'bridge', name: network, ipv4: address(30) } })
      const joined = await start('joined', {
        network: { mode: 'container', id: owner },
        hostname: 'left-out',
      })
      expect(await engine.inspectContainer(joined)).toMatchObject({ state: 'running' })
      await engine.stopContainer(joined, { timeoutSeconds: 1 })
      await engine.stopContainer(owner, { timeoutSeconds: 1 })
      await expect(engine.startContainer(joined)).rejects.toEqual(code('start-failed'))
    })

    it('makes a network once, and refuses the same name or range for another', async () => {
      const same = { name: network, subnet: `${address(0)}/24`, gateway: address(1), labels }
      await engine.ensureNetwork(same)
      const elsewhere = { ...same, subnet: '10.214.7.0/24', gateway: '10.214.7.1' }
      await expect(engine.ensureNetwork(elsewhere)).rejects.toEqual(code('network-conflict'))
      await expect(engine.ensureNetwork({ ...same, name: `${network}-2` })).rejects.toEqual(
        code('network-conflict'),
      )
      await engine.removeNetwork(`${network}-2`)
    })

    it('makes, lists and removes volumes', async () => {
      const name = `${run}-volume`
      await engine.ensureVolume(name, labels)
      await engine.ensureVolume(name, labels)
      expect((await engine.listVolumes(labels)).map(volume => volume.name)).toEqual([name])
      const id = await start('mounts', { mounts: [{ type: 'volume', name, target: '/data' }] })
      await expect(engine.removeVolume(name)).rejects.toBeInstanceOf(EngineError)
      await engine.removeContainer(id)
      await engine.removeVolume(name)
      await engine.removeVolume(name)
      expect(await engine.listVolumes(labels)).toEqual([])
    })

    it('tells the events of a container in order', async () => {
      const abort = new AbortController()
      const events = engine.events(abort.signal)
      const seen: EngineEvent[] = []
      const id = await engine.createContainer(
        spec('events', { ...under.exitsWith(4), labels: { ...labels, e: '1' } }),
      )
      const reading = (async () => {
        for await (const event of events) {
          if (event.type !== 'container' || event.id !== id) continue
          seen.push(event)
          if (event.action === 'destroy') return
        }
      })()
      await engine.startContainer(id)
      await until(id, ({ state }) => state === 'exited')
      await engine.removeContainer(id)
      await reading
      abort.abort()
      expect(seen.map(event => event.action)).toEqual(['create', 'start', 'die', 'destroy'])
      expect(seen[2]).toMatchObject({ exitCode: 4, labels: { e: '1' } })
      expect(seen.every((event, index) => index === 0 || event.at >= (seen[index - 1]?.at ?? Infinity))).toBe(
        true,
      )
    })

    it('ends a watch of events quietly when its signal aborts', async () => {
      const abort = new AbortController()
      const events = engine.events(abort.signal)[Symbol.asyncIterator]()
      const next = (async () => {
        for (;;) {
          const result = await events.next()
          if (result.done) return 'ended'
        }
      })()
      await engine.info()
      abort.abort()
      expect(await next).toBe('ended')
    })

    it('reads logs: all, the last lines, with times, and on until the end', async () => {
      const id = await start('logs')
      const follow = await engine.containerLogs(id, { follow: true })
      const chunks: LogChunk[] = []
      for await (const chunk of follow) {
        chunks.push(chunk)
        if (lines(chunks).length >= 3) break
      }
      const all = lines(await collect(await engine.containerLogs(id, {})))
      expect(all.length).toBeGreaterThanOrEqual(3)
      expect(all.slice(0, 3)).toEqual(lines(chunks).slice(0, 3))
      expect(lines(await collect(await engine.containerLogs(id, { tail: 1 })))).toHaveLength(1)
      const [timed] = lines(await collect(await engine.containerLogs(id, { tail: 1, timestamps: true })))
      expect(timed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /)
      expect(await collect(await engine.containerLogs(id, { since: Date.now() + 3_600_000 }))).toEqual([])
      const toTheEnd = collect(await engine.containerLogs(id, { follow: true, tail: 0 }))
      await engine.stopContainer(id, { timeoutSeconds: 1 })
      await toTheEnd
    })

    it('ends a followed log when its signal aborts', async () => {
      const id = await start('logs-abort')
      const abort = new AbortController()
      const logs = await engine.containerLogs(id, { follow: true, signal: abort.signal })
      const closed = new Promise(resolve => logs.once('close', resolve))
      logs.on('error', () => undefined)
      logs.resume()
      abort.abort()
      await closed
    })

    it('tells the error output of a run from the rest', async () => {
      const id = await start('logs-stderr', under.exitsWith(9))
      await until(id, ({ state }) => state === 'exited')
      const chunks = await collect(await engine.containerLogs(id, {}))
      expect(chunks.map(chunk => chunk.stream)).toContain('stderr')
    })

    it('runs commands with their exit code, output and error output', async () => {
      const id = await start('exec')
      const session = await engine.exec(id, { command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] })
      const [out, err] = await Promise.all([text(session.stdout), text(session.stderr ?? Readable.from([]))])
      expect({ out, err, code: await session.exitCode() }).toEqual({ out: 'out\n', err: 'err\n', code: 3 })
      const unread = await engine.exec(id, { command: ['false'] })
      expect(await unread.exitCode()).toBe(1)
      const absent = await engine.exec(id, { command: ['coxswain-no-such-command'] })
      expect(await absent.exitCode()).toBeGreaterThanOrEqual(126)
    })

    it('feeds a command its input to the end', async () => {
      const id = await start('exec-stdin')
      const session = await engine.exec(id, { command: ['cat'], stdin: true })
      const sent = 'a line of text\n'.repeat(20_000)
      session.stdin?.end(sent)
      expect((await text(session.stdout)) === sent).toBe(true)
      expect(await session.exitCode()).toBe(0)
    })

    it('runs a shell in a terminal', async () => {
      const id = await start('exec-tty')
      const session = await engine.exec(id, { command: ['sh'], stdin: true, tty: true })
      expect(session.stderr).toBeUndefined()
      await session.resize({ columns: 120, rows: 40 })
      session.stdin?.write('echo seen-$((1))\n')
      session.stdin?.write('exit 5\n')
      expect(await text(session.stdout)).toContain('seen-')
      expect(await session.exitCode()).toBe(5)
    })

    it('puts files into a container and gets them out again', async () => {
      const id = await engine.createContainer(spec('archive'))
      const tar = pack()
      tar.entry({ name: 'greeting.txt' }, 'hello from a tar\n')
      tar.finalize()
      await engine.putArchive(id, '/tmp', await buffer(tar))
      expect(await onlyFile(await engine.getArchive(id, '/tmp/greeting.txt'))).toEqual({
        name: 'greeting.txt',
        content: 'hello from a tar\n',
      })
      await expect(engine.getArchive(id, '/tmp/no-such-file')).rejects.toEqual(code('not-found'))
    })

    it('measures CPU and memory of what runs', async () => {
      const id = await start('stats')
      const stats = await engine.containerStats(id)
      expect(stats?.memoryWorkingSetBytes).toBeGreaterThan(0)
      expect(stats?.cpuUsageNanos).toBeGreaterThanOrEqual(0)
      await engine.stopContainer(id, { timeoutSeconds: 1 })
      expect(await engine.containerStats(id)).toBeUndefined()
      expect(await engine.containerStats('f'.repeat(64))).toBeUndefined()
    })

    it('knows its images', async () => {
      const image = await engine.inspectImage(under.image)
      expect(image?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(image?.sizeBytes).toBeGreaterThan(0)
      expect(await engine.inspectImage(image?.id ?? '')).toMatchObject({ id: image?.id })
      expect((await engine.listImages()).map(({ id }) => id)).toContain(image?.id)
    })

    it('pulls an image, and says in its own code why it cannot', async () => {
      if (under.pullable) expect((await engine.pullImage(under.pullable)).id).toMatch(/^sha256:/)
      await expect(engine.pullImage(under.missing)).rejects.toEqual(code('image-not-found'))
      await expect(engine.pullImage('Not A Name')).rejects.toEqual(code('invalid-image-name'))
      await expect(engine.pullImage(under.unauthorized)).rejects.toEqual(code('registry-unauthorized'))
      const wrong = engine.pullImage(under.unreachable)
      await expect(wrong).rejects.toEqual(code('registry-unreachable'))
      expect((await engine.pullImage(under.unauthorized, { auth: under.auth })).id).toMatch(/^sha256:/)
    })

    it('hands an image on, and removes it', async () => {
      const name = `${run}-image:1`
      const root = pack()
      root.entry({ name: 'hello' }, 'world')
      root.finalize()
      await engine.importImage(await buffer(root), name, { entrypoint: ['/hello'] })
      const saved = await buffer(await engine.saveImage(name))
      await engine.removeImage(name)
      await engine.removeImage(name)
      expect(await engine.inspectImage(name)).toBeUndefined()
      await expect(engine.saveImage(name)).rejects.toEqual(code('image-not-found'))
      const half = Readable.from(
        (async function* () {
          yield saved.subarray(0, 1_024)
          throw new EngineError('unreachable', 'the other server is gone')
        })(),
      )
      await expect(engine.loadImage(half)).rejects.toEqual(code('unreachable'))
      await engine.loadImage(Readable.from([saved]))
      expect(await engine.inspectImage(name)).toMatchObject({ entrypoint: ['/hello'] })
      await engine.createContainer(spec('image-user', { image: name }))
      await expect(engine.removeImage(name)).rejects.toEqual(code('engine-error'))
    })

    it('leaves off a pull when its signal aborts', async () => {
      const aborted = AbortSignal.abort()
      await expect(engine.pullImage(under.missing, { signal: aborted })).rejects.toEqual(code('aborted'))
    })

    it('says that nothing listens where it cannot connect', async () => {
      await expect(engine.dial('127.0.0.1', 1)).rejects.toEqual(code('refused'))
    })
  })
}

async function collect(stream: AsyncIterable<LogChunk>): Promise<LogChunk[]> {
  const chunks: LogChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

function lines(chunks: LogChunk[]): string[] {
  return Buffer.concat(chunks.map(chunk => chunk.data))
    .toString()
    .split('\n')
    .filter(line => line !== '')
}

async function onlyFile(tar: Readable): Promise<{ name: string; content: string }> {
  const entries = extract()
  tar.pipe(entries)
  for await (const entry of entries) return { name: entry.header.name, content: await text(entry) }
  throw new Error('the archive is empty')
}
