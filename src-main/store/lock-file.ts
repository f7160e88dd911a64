import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import type { Dispose } from '../lib/disposer.ts'

/** Another living process holds the lock. */
export class LockHeld extends Error {
  readonly pid: number
  readonly file: string

  constructor(pid: number, file: string) {
    super(`process ${pid} holds ${file}`)
    this.name = 'LockHeld'
    this.pid = pid
    this.file = file
  }
}

interface Owner {
  pid: number
  /** Tells the process from a later one with the same pid: boot id and start time; absent where the system has neither. */
  started?: string
  /** Unique to this taking of the lock. */
  nonce: string
}

/**
 * Takes a lock that a file stands for. It is free when there is no file, or when the process that wrote it is gone.
 *
 * The file appears complete or not at all (written beside, then linked). A dead owner's file may be replaced only by
 * whoever holds the lock `<file>.<the dead owner's nonce>`, and only if the file is still the same once that is held:
 * so of several processes that find the same dead owner, one wins.
 * @throws LockHeld
 */
export async function takeLock(file: string): Promise<Dispose> {
  const mine = `${file}-${randomUUID()}`
  const me: Owner = { pid: process.pid, nonce: randomUUID(), ...startOf(await startTime(process.pid)) }
  await writeFile(mine, JSON.stringify(me), { mode: 0o600, flag: 'wx' })
  try {
    while (!(await tryTake(file, mine)));
  } finally {
    await rm(mine, { force: true })
  }
  // Synchronous, so that it also works in an exit handler.
  return () => rmSync(file, { force: true })
}

async function tryTake(file: string, mine: string): Promise<boolean> {
  try {
    await link(mine, file)
    return true
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
  const owner = await readOwner(file)
  if (!owner) return false
  if (await isAlive(owner)) throw new LockHeld(owner.pid, file)
  const release = await takeLock(`${file}.${owner.nonce}`)
  try {
    if ((await readOwner(file))?.nonce !== owner.nonce) return false
    await rename(mine, file)
    return true
  } finally {
    release()
  }
}

/** @returns undefined when there is no such file (any more) */
async function readOwner(file: string): Promise<Owner | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    const { pid, nonce, started } = JSON.parse(text) as Owner
    if (Number.isSafeInteger(pid) && /^[-0-9a-f]+$/.test(nonce)) return { pid, nonce, ...startOf(started) }
  } catch {
    // Falls through: only a power cut can leave a file that was not written to its end.
  }
  return { pid: 0, nonce: 'unreadable' }
}

function startOf(started: string | undefined): { started?: string } {
  return started === undefined ? {} : { started }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false
  }
  const now = await startTime(pid)
  return started === undefined || now === undefined || now === started
}

/** Boot id and start time since boot of a process, on Linux; see proc(5), `stat` field 22. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The command's name, in brackets, may itself hold spaces and brackets.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return ticks === undefined ? undefined : `${boot}:${ticks}`
  } catch {
    return undefined
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
