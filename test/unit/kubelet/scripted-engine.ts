import { PassThrough } from 'node:stream'
import type { Engine, ExecSession } from '../../../src-main/engine/engine.ts'

/** An engine whose commands in containers answer as the test says; the rest is the engine underneath. */
export class ScriptedEngine {
  /** Exit codes by command, `never` for one that does not end; 0 for all others. */
  readonly answers = new Map<string, number | 'never'>()
  /** Commands, and stops with their grace in seconds, in order. */
  readonly calls: string[] = []
  /** False: the server gives no answer about its containers. */
  linked = true
  readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = new Proxy(engine, { get: (target, name) => this.#member(target, name) })
  }

  #member(target: Engine, name: string | symbol): unknown {
    if (name === 'exec') {
      return (_id: string, { command }: { command: string[] }) => this.#exec(command.join(' '))
    }
    const member: unknown = Reflect.get(target, name)
    if (typeof member !== 'function') return member
    return (...parameters: unknown[]) => {
      if (name === 'stopContainer') {
        this.calls.push(`stop ${(parameters[1] as { timeoutSeconds: number }).timeoutSeconds}`)
      }
      if (name === 'inspectContainer' && !this.linked) return new Promise(() => undefined)
      return member.apply(target, parameters) as unknown
    }
  }

  #exec(command: string): Promise<ExecSession> {
    this.calls.push(command)
    const answer = this.answers.get(command) ?? 0
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const code = answer === 'never' ? new Promise<number>(() => undefined) : Promise.resolve(answer)
    if (answer !== 'never') for (const stream of [stdout, stderr]) stream.end()
    return Promise.resolve({
      stdout,
      stderr,
      resize: () => Promise.resolve(),
      exitCode: () => code,
      close: () => undefined,
    })
  }
}
