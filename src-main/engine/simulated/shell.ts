import type { SimulatedContainer } from './container.ts'

export interface CommandResult {
  stdout: string
  stderr: string
  exitCode: number
}

type Command = (args: string[], container: SimulatedContainer, now: number) => Partial<CommandResult>

const COMMANDS: Record<string, Command> = {
  true: () => ({}),
  false: () => ({ exitCode: 1 }),
  ':': () => ({}),
  echo: args => ({ stdout: `${args.join(' ')}\n` }),
  hostname: (_args, container) => ({ stdout: `${container.spec.hostname ?? container.id.slice(0, 12)}\n` }),
  env: (_args, container) => ({ stdout: container.spec.environment.map(pair => `${pair}\n`).join('') }),
  date: (_args, _container, now) => ({ stdout: `${new Date(now).toUTCString()}\n` }),
  exit: args => ({ exitCode: Number(args[0] ?? 0) }),
  pwd: (_args, container) => ({ stdout: `${container.spec.workingDir ?? '/'}\n` }),
  ls: (_args, container) => ({ stdout: [...container.files.keys()].map(path => `${path}\n`).join('') }),
  cat(args, container) {
    const missing = args.filter(path => !container.files.has(path))
    return {
      stdout: args.map(path => container.files.get(path)?.toString() ?? '').join(''),
      stderr: missing.map(path => `cat: ${path}: No such file or directory\n`).join(''),
      exitCode: missing.length > 0 ? 1 : 0,
    }
  },
}

/** True for what starts an interactive shell. */
export function isShell(command: readonly string[]): boolean {
  return /(^|\/)(ba|a|da)?sh$/.test(command[0] ?? '') && !command.includes('-c')
}

/**
 * Runs one of a handful of commands, or `sh -c` with a line of them joined by `;`, `&&` and `>&2`.
 * A name that is not among them ends with 127, as in a shell.
 */
export function runCommand(
  command: readonly string[],
  container: SimulatedContainer,
  now: number,
): CommandResult {
  const script = command.indexOf('-c')
  if (isShell(command.slice(0, 1)) && script > 0) return runLine(command[script + 1] ?? '', container, now)
  return runOne([...command], container, now)
}

/** One line of a shell. */
export function runLine(line: string, container: SimulatedContainer, now: number): CommandResult {
  const result: CommandResult = { stdout: '', stderr: '', exitCode: 0 }
  for (const statement of line.split(';')) {
    for (const part of statement.split('&&')) {
      const words =
        part.match(/'[^']*'|"[^"]*"|\S+/g)?.map(word => word.replace(/^(['"])(.*)\1$/, '$2')) ?? []
      if (words.length === 0) continue
      const toStderr = words.includes('>&2')
      const answer = runOne(words.filter(word => word !== '>&2'), container, now) // prettier-ignore
      if (toStderr) result.stderr += answer.stdout
      else result.stdout += answer.stdout
      result.stderr += answer.stderr
      result.exitCode = answer.exitCode
      if (words[0] === 'exit') return result
      if (answer.exitCode !== 0) break
    }
  }
  return result
}

function runOne([name = '', ...args]: string[], container: SimulatedContainer, now: number): CommandResult {
  const command = COMMANDS[name.replace(/^(\/usr)?\/bin\//, '')]
  const answer = command?.(args, container, now) ?? { stderr: `sh: ${name}: not found\n`, exitCode: 127 }
  return { stdout: '', stderr: '', exitCode: 0, ...answer }
}
