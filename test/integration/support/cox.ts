import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const START_TIMEOUT_MS = 30_000

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** A real `cox serve`, as a person would start it, with kubectl pointed at it. */
export interface Cox {
  readonly dataDir: string
  readonly kubeconfig: string
  /** What it has printed so far, output and log. */
  output(): string
  /** The one-time address of the window, printed at start. */
  windowUrl(): string
  pid(): number
  /** Starts it (again) on the same data folder; resolves when it answers. */
  start(args?: string[]): Promise<void>
  /** SIGTERM and wait. */
  stop(): Promise<void>
  /** SIGKILL and wait: a crash. */
  kill(): Promise<void>
  /** kubectl with this cluster's kubeconfig; rejects when it fails, with its words. */
  kubectl(...args: string[]): Promise<string>
  /** kubectl whose failure is the point. */
  tryKubectl(...args: string[]): Promise<CommandResult>
  /** The same with something on its standard input. */
  tryKubectlWith(input: string | undefined, ...args: string[]): Promise<CommandResult>
  /** `kubectl apply -f -`. */
  apply(manifest: string): Promise<string>
  tryApply(manifest: string): Promise<CommandResult>
  get<T = unknown>(...args: string[]): Promise<T>
  /** Stops it and deletes its data. */
  dispose(): Promise<void>
}

export async function createCox(serveArgs: string[] = []): Promise<Cox> {
  const dataDir = await mkdtemp(join(tmpdir(), 'coxswain-'))
  const kubeconfig = join(dataDir, 'kubeconfig')
  let child: ChildProcess | undefined
  let output = ''

  async function start(args: string[] = serveArgs): Promise<void> {
    await rm(kubeconfig, { force: true })
    const running = spawn(process.execPath, ['bin/cox.js', 'serve', '--data', dataDir, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, COXSWAIN_LOG: process.env.COXSWAIN_LOG ?? 'info' },
    })
    child = running
    for (const stream of [running.stdout, running.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    const deadline = Date.now() + START_TIMEOUT_MS
    while (!(await exists(kubeconfig))) {
      if (running.exitCode !== null) throw new Error(`cox serve ended with ${running.exitCode}:\n${output}`)
      if (Date.now() > deadline) throw new Error(`cox serve wrote no kubeconfig:\n${output}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill(signal)
    await exited
  }

  const tryKubectl = (...args: string[]) => runKubectl(kubeconfig, args)
  const tryApply = (manifest: string) => runKubectl(kubeconfig, ['apply', '-f', '-'], manifest)
  const kubectl = async (...args: string[]) => stdoutOf(await tryKubectl(...args), args)

  await start()
  return {
    dataDir,
    kubeconfig,
    output: () => output,
    windowUrl: () => {
      const addresses = [...output.matchAll(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/g)]
      return addresses.at(-1)?.[0] ?? ''
    },
    pid: () => child?.pid ?? 0,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    kubectl,
    tryKubectl,
    tryKubectlWith: (input, ...args) => runKubectl(kubeconfig, args, input),
    tryApply,
    apply: async manifest => stdoutOf(await tryApply(manifest), ['apply']),
    get: async (...args) => JSON.parse(await kubectl('get', ...args, '-o', 'json')),
    async dispose() {
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function stdoutOf({ code, stdout, stderr }: CommandResult, args: string[]): string {
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr || stdout}`)
  return stdout
}

function runKubectl(kubeconfig: string, args: string[], input?: string): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const command = process.env.KUBECTL ?? 'kubectl'
    const child = execFile(
      command,
      ['--kubeconfig', kubeconfig, ...args],
      { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
      (error, stdout, stderr) => {
        if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') reject(error)
        else resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr })
      },
    )
    // a kubectl that ends before it has read all of its input says why itself
    child.stdin?.on('error', () => undefined).end(input ?? '')
  })
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  )
}
