/**
 * The processes of a test run. Each carries a mark in its environment, which its own children inherit, so that nothing
 * the run started can hide from it, and nothing else is ever ended.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'

const MARK = 'COXSWAIN_TEST_RUN'
const mark = `${process.pid}-${Date.now()}`
const GRACE_MS = 10_000

const running = new Set()
let stopping = false

/**
 * Runs a program with this process's output, no input, and `env` on top of this process's environment.
 * Resolves to its exit code; to 1 when a signal ended it, it could not start, or `stop` was called. `always` is for
 * cleaning up, which goes on after `stop`.
 */
export async function run(program, args, { env = {}, always = false } = {}) {
  if (stopping && !always) return 1
  // a process group of its own: the whole tree of npm, shell and node ends together
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, ...env, [MARK]: mark },
  })
  running.add(child)
  try {
    const [code] = await once(child, 'exit')
    return code ?? 1
  } catch (error) {
    console.error(`${program}: ${error.message}`)
    return 1
  } finally {
    running.delete(child)
  }
}

/** Ends what `run` has started and not yet seen the end of, and lets it start nothing more. */
export async function stop() {
  stopping = true
  await Promise.all(
    [...running].map(async child => {
      const exited = once(child, 'exit')
      signal(-child.pid, 'SIGTERM')
      const timer = setTimeout(() => signal(-child.pid, 'SIGKILL'), GRACE_MS)
      await exited
      clearTimeout(timer)
    }),
  )
}

/** Kills every process of this run that is still there and returns their ids and command lines. Linux only. */
export async function endLeftOvers() {
  if (process.platform !== 'linux') return []
  const left = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (!environment.split('\0').includes(`${MARK}=${mark}`)) continue
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (line === '') continue // ended meanwhile
    left.push(`${name} ${line.split('\0').join(' ').trim().slice(0, 200)}`)
    signal(Number(name), 'SIGKILL')
  }
  return left
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error // it is gone, which is what was wanted
  }
}
