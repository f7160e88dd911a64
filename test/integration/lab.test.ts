import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { lab, LabError, waitFor } from './lab.ts'

const PORT = 8080

interface Identity {
  hostname: string
  version: string
  client: string
  env: Record<string, string>
}

beforeAll(() => lab.reset())

async function runWeb(server: number, tag: string, ...options: string[]): Promise<void> {
  const image = `${lab.env.web}:${tag}`
  await lab.docker(server, 'rm', '--force', 'web')
  await lab.docker(server, 'run', '--detach', '--name', 'web', '--publish', `${PORT}:8080`, ...options, image)
}

async function ask(server: number, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${lab.env.host(server)}:${PORT}${path}`, {
    signal: AbortSignal.timeout(5_000),
    headers: { connection: 'close' },
  })
  return { status: response.status, body: await response.text() }
}

const answers = (server: number) => ask(server, '/healthz').then(({ status }) => status === 200)

/** A connection to a server's SSH port after its greeting, with what has happened to it since. */
async function holdConnection(server: number): Promise<{ socket: Socket; events: string[] }> {
  const events: string[] = []
  const socket = connect(22, lab.env.host(server))
  for (const event of ['end', 'error', 'close']) socket.on(event, () => events.push(event))
  await new Promise<void>((resolve, reject) => socket.once('data', () => resolve()).once('error', reject))
  return { socket, events }
}

describe('a server', () => {
  it('is reached over SSH, has its own disk and its own users', async () => {
    await lab.ssh(1, 'echo mine > /root/note')
    expect(await lab.ssh(1, 'cat /root/note')).toBe('mine\n')
    await expect(lab.ssh(2, 'cat /root/note')).rejects.toThrow(LabError)
    expect(await lab.exec(1, 'id', '-nG', lab.env.userDocker)).toContain('docker')
    expect(await lab.exec(1, 'id', '-nG', lab.env.userNoDocker)).not.toContain('docker')
  })

  it('cannot damage the machine it runs on', async () => {
    await expect(lab.exec(1, 'touch', '/usr/bin/coxswain-was-here')).rejects.toThrow(/Read-only file system/)
  })

  it('comes back from a power cut on the same disk, and its containers with it', async () => {
    await runWeb(1, '1', '--restart', 'always')
    await waitFor('web answers', () => answers(1))
    await lab.kill(1)
    await expect(lab.exec(1, 'true')).rejects.toThrow(/server 1 is off/)
    await lab.boot(1)
    await waitFor('web answers again', () => answers(1))
    expect(await lab.ssh(1, 'cat /root/note')).toBe('mine\n')
  })

  it('dies without a goodbye: whoever is connected hears nothing', async () => {
    const { socket, events } = await holdConnection(2)
    await lab.kill(2)
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(events).toEqual([])
    socket.destroy()
    await lab.boot(2)
  })

  it('keeps its connections over an unplugged cable, and stays unplugged over a reboot', async () => {
    const { socket, events } = await holdConnection(2)
    await lab.cut(2)
    await expect(ask(2, '/')).rejects.toThrow()
    await lab.heal(2)
    expect(await lab.ssh(2, 'hostname')).toMatch(/2\n$/)
    expect(events).toEqual([])
    socket.destroy()
    await lab.cut(2)
    await lab.kill(2)
    await lab.boot(2)
    await expect(lab.ssh(2, 'true')).rejects.toThrow(LabError)
    await lab.heal(2)
    await waitFor('SSH', () => lab.ssh(2, 'echo up'), 10_000)
  })

  it('changes its host key, and drops its connections, at rekey', async () => {
    const key = () => lab.exec(3, 'ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key')
    const before = await key()
    const { events } = await holdConnection(3)
    await lab.rekey(3)
    expect(await key()).not.toBe(before)
    await waitFor('the connection is closed', () => events.includes('close'), 5_000)
  })

  it('may have no Docker for a while', async () => {
    await lab.stopDocker(3)
    await expect(lab.docker(3, 'version')).rejects.toThrow(LabError)
    expect(await lab.ssh(3, 'echo alive')).toBe('alive\n')
    await lab.startDocker(3)
    expect(await lab.docker(3, 'version')).toContain('Server')
  })

  it('stands behind a router that lets out everything and in nothing but SSH, also without its power for a while', async () => {
    await lab.nat(3)
    await lab.kill(3)
    await lab.boot(3)
    expect(await lab.exec(3, 'ip', '-4', '-o', 'addr', 'show', 'eth0')).toContain(' 192.168.3.2/24 ')
    await lab.exec(3, 'curl', '-sS', '--max-time', '5', '-o', '/dev/null', `http://${lab.env.registry}/v2/`)
    expect(await lab.ssh(3, 'echo $SSH_CONNECTION')).toMatch(/ 192\.168\.3\.2 22\n$/)
    const host = lab.env.host(3)
    await expect(lab.exec(1, 'timeout', '1', 'bash', '-c', `: </dev/tcp/${host}/22`)).rejects.toThrow(
      LabError,
    )
    await lab.exec(1, 'timeout', '5', 'bash', '-c', `: </dev/tcp/${host}/2222`)
  })

  it('joins later with all images', async () => {
    await lab.boot(4)
    const images = await lab.docker(4, 'image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')
    for (const tag of ['1', '2', '3']) expect(images).toContain(`${lab.env.web}:${tag}\n`)
    expect(images).not.toContain(`${lab.env.web}:cold`)
    expect(images).toContain('debian:bookworm-slim\n')
  })
})

describe('reset', () => {
  it('leaves nothing of what was there, powers on and plugs in, and ends a fourth server', async () => {
    await lab.boot(4)
    await lab.docker(1, 'volume', 'create', 'left-over')
    await lab.docker(1, 'run', '--detach', '--name', 'left-over', `${lab.env.web}:1`)
    await lab.kill(2)
    await lab.cut(3)
    await lab.nat(1)
    await lab.reset()
    expect(await lab.docker(1, 'ps', '--all', '--quiet')).toBe('')
    expect(await lab.docker(1, 'volume', 'ls', '--quiet')).toBe('')
    expect(await lab.ssh(2, 'echo on')).toBe('on\n')
    expect(await lab.ssh(3, 'echo on')).toBe('on\n')
    expect(await lab.ssh(1, 'echo $SSH_CONNECTION')).toContain(` ${lab.env.host(1)} 22\n`)
    await expect(lab.docker(4, 'version')).rejects.toThrow(LabError)
  })
})

describe('the registries', () => {
  it('serve an image that no server has', async () => {
    await lab.docker(1, 'pull', '--quiet', `${lab.env.web}:cold`)
    await runWeb(1, 'cold')
    const identity = JSON.parse((await waitFor('web answers', () => ask(1, '/'))).body) as Identity
    expect(identity.version).toBe('cold')
  })

  it('one of them only for its user', async () => {
    const image = `${lab.env.privateWeb}:2`
    await expect(lab.docker(1, 'pull', image)).rejects.toThrow(/no basic auth credentials/)
    const { privateUser, privatePassword, privateRegistry } = lab.env
    const url = `http://${privateRegistry}/v2/web/tags/list`
    const authorization = (password: string) =>
      `Basic ${Buffer.from(`${privateUser}:${password}`).toString('base64')}`
    const listed = await fetch(url, { headers: { authorization: authorization(privatePassword) } })
    const { tags } = (await listed.json()) as { tags: string[] }
    expect(tags.sort()).toEqual(['1', '2', '3', 'cold'])
    expect((await fetch(url, { headers: { authorization: authorization('wrong') } })).status).toBe(401)
  })
})

describe('the test workload', () => {
  it('says who it is', async () => {
    await runWeb(1, '2', '--env', 'GREETING=say "hi"')
    const identity = JSON.parse((await waitFor('web answers', () => ask(1, '/'))).body) as Identity
    expect(identity).toMatchObject({ version: '2', env: { GREETING: 'say "hi"' } })
    expect(await lab.docker(1, 'inspect', '-f', '{{.Config.Hostname}}', 'web')).toBe(`${identity.hostname}\n`)
  })

  it('becomes unhealthy and unready when told to', async () => {
    for (const [tell, path] of [
      ['unhealthy', '/healthz'],
      ['unready', '/readyz'],
    ] as const) {
      expect((await ask(1, path)).status).toBe(200)
      await ask(1, `/${tell}`)
      expect((await ask(1, path)).status).toBe(503)
      await ask(1, `/${tell.slice(2)}`)
      expect((await ask(1, path)).status).toBe(200)
    }
  })

  it('holds memory, and is killed when that is more than it may', async () => {
    await runWeb(1, '1', '--memory', '64m', '--memory-swap', '64m')
    await waitFor('web answers', () => answers(1))
    expect(await ask(1, '/memory?mb=20')).toEqual({ status: 200, body: 'held' })
    await expect(ask(1, '/memory?mb=200')).rejects.toThrow()
    // on a busy machine Docker may miss that it was for memory
    await waitFor(
      'the kill',
      async () => (await lab.docker(1, 'inspect', '-f', '{{.State.ExitCode}}', 'web')) === '137\n',
    )
  })

  it('crashes with the code it is told, at once or after a while', async () => {
    const state = () => lab.docker(1, 'inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'web')
    await runWeb(1, '1')
    await waitFor('web answers', () => answers(1))
    await ask(1, '/crash?code=3')
    await waitFor('its end', async () => (await state()) === 'exited 3\n')
    await runWeb(1, '1', '--env', 'CRASH_AFTER_MS=50', '--env', 'EXIT_CODE=7')
    await waitFor('its end', async () => (await state()) === 'exited 7\n')
  })

  it('starts slowly and logs regularly when told to', async () => {
    await runWeb(1, '1', '--env', 'START_DELAY_MS=1500', '--env', 'LOG_EVERY_MS=20')
    await expect(ask(1, '/')).rejects.toThrow()
    expect(await lab.docker(1, 'logs', 'web')).toMatch(/^line 1\nline 2\n/)
    await waitFor('web answers', () => answers(1))
    expect(await lab.docker(1, 'logs', 'web')).toMatch(/\nlistening on port 8080, version 1\n/)
  })

  it('finishes requests in flight on SIGTERM and exits 0', async () => {
    await runWeb(1, '1')
    await waitFor('web answers', () => answers(1))
    const slow = ask(1, '/slow?ms=1000')
    await waitFor('it is in flight', async () => (await lab.docker(1, 'logs', 'web')).includes('/healthz'))
    await new Promise(resolve => setTimeout(resolve, 200))
    const stopped = lab.docker(1, 'stop', 'web')
    expect(await slow).toEqual({ status: 200, body: 'slow' })
    await stopped
    expect(await lab.docker(1, 'inspect', '-f', '{{.State.ExitCode}}', 'web')).toBe('0\n')
  })

  it('answers every request of a connection that sends several at once', async () => {
    await runWeb(1, '3')
    await waitFor('web answers', () => answers(1))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        () =>
          new Promise<number | undefined>((resolve, reject) =>
            request({ host: lab.env.host(1), port: PORT, path: '/', agent }, response =>
              response.resume().on('end', () => resolve(response.statusCode)),
            )
              .on('error', reject)
              .end(),
          ),
      ),
    )
    agent.destroy()
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200))
  })
})
