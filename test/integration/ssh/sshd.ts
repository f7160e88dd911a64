import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A real sshd of its own on a free port of this machine, with keys made for it. */
export interface Sshd {
  folder: string
  port: number
  user: string
  /** Private keys that it lets in. */
  key: string
  lockedKey: string
  passphrase: string
  /** A private key that it does not know. */
  strangerKey: string
  /** As `ssh-keygen -l` prints it. */
  fingerprint: string
  /** Kills it and every connection that it serves. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function makeKey(file: string, passphrase = ''): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', file])
  return file
}

export async function startSshd(options: readonly string[] = []): Promise<Sshd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'coxswain-sshd-'))
  const file = (name: string) => path.join(folder, name)
  const passphrase = 'a good passphrase'
  const hostKey = await makeKey(file('host'))
  const key = await makeKey(file('key'))
  const lockedKey = await makeKey(file('locked'), passphrase)
  const strangerKey = await makeKey(file('stranger'))
  await run('sh', ['-c', `cat ${key}.pub ${lockedKey}.pub > ${file('authorized')}`])
  // sshd wants it when it runs as root
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true })
  const port = await freePort()
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${file('authorized')}`,
    `PidFile ${file('pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    // not the shell start-up files of the person who runs the tests
    `SetEnv HOME=${folder}`,
    ...options,
  ]
  await writeFile(file('config'), `${lines.join('\n')}\n`)
  const { stdout } = await run('ssh-keygen', ['-lf', `${hostKey}.pub`])
  let daemon: ChildProcess | undefined

  async function start(): Promise<void> {
    // a group of its own: killing the group takes the connections' processes with it
    daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { detached: true, stdio: 'ignore' })
    while (!(await listens(port))) await new Promise(resolve => setTimeout(resolve, 20))
  }

  async function kill(): Promise<void> {
    const running = daemon
    daemon = undefined
    if (!running?.pid || running.exitCode !== null) return
    const exited = once(running, 'exit')
    for (const pid of [...(await descendants(running.pid)), running.pid]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it ended by itself meanwhile
      }
    }
    await exited
  }

  await start()
  return {
    folder,
    port,
    user: userInfo().username,
    key,
    lockedKey,
    passphrase,
    strangerKey,
    fingerprint: stdout.split(' ')[1] ?? '',
    kill,
    start,
    async close() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** sshd gives each connection a session of its own, so that its process group does not hold them. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }))
  const children = stdout.split('\n').map(Number).filter(Boolean)
  const deeper = await Promise.all(children.map(descendants))
  return [...children, ...deeper.flat()]
}

async function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** A cable that can be cut or unplugged: everything to `port` goes through it. */
export interface Cable {
  port: number
  /** Both ends see the connection break. */
  cut(): void
  /** Nothing comes through any more, and nobody is told. */
  unplug(): void
  /** Cuts itself after so many bytes from the server. */
  cutAfter(bytes: number): void
  close(): Promise<void>
}

export async function startCable(port: number): Promise<Cable> {
  const sockets = new Set<net.Socket>()
  let unplugged = false
  let left = Infinity
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = net.createServer(near => {
    const far = net.connect({ port, host: '127.0.0.1' })
    const join = (from: net.Socket, to: net.Socket) => {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        if (!unplugged) to.destroy()
      })
      from.on('data', bytes => {
        if (from === far && (left -= bytes.length) < 0) cut()
        else if (!unplugged) to.write(bytes)
      })
    }
    join(near, far)
    join(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    cut,
    unplug: () => (unplugged = true),
    cutAfter: bytes => (left = bytes),
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
