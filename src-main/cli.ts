import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { doctorCommand } from './cli/doctor.ts'
import { kubeconfigCommand } from './cli/kubeconfig.ts'
import { kindsText } from './cli/kinds.ts'
import { defaultDataDir } from './data-dir.ts'
import { fileErrorMessage } from './cli/file-error.ts'
import { errorMessage } from './lib/errors.ts'
import { serve } from './serve.ts'
import { restoreStore } from './store/backup.ts'
import { repairStore } from './store/repair.ts'

const { version, description } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string
  description: string
}

const dataOption = [
  '--data <dir>',
  'folder that holds everything',
  defaultDataDir(process.env, process.platform),
] as const

const program = new Command('cox')
  .description(description)
  .version(version)
  .showHelpAfterError('(cox --help says what there is, cox help COMMAND what a command takes)')

program
  .command('serve')
  .description('run the control plane without a window, until it is interrupted')
  .option(...dataOption)
  .option('--playground <n>', 'make sure that n simulated servers exist', wholeNumber)
  .option('--https-port <port>', 'port of the API for kubectl (default: the last one, else any)', portNumber)
  .option('--http-port <port>', 'port of the window (default: the last one, else any)', portNumber)
  .action(async (options: { data: string; playground?: number; httpsPort?: number; httpPort?: number }) => {
    await serve({
      dataDir: resolve(options.data),
      playground: options.playground,
      ports: { https: options.httpsPort, http: options.httpPort },
    })
  })

program
  .command('kubeconfig')
  .description('print the kubeconfig of a data folder, or merge it into your own')
  .option(...dataOption)
  .option('--merge', 'put it into your kubeconfig, keeping what is there')
  .option(
    '--kubeconfig <file>',
    'the file to merge into (default: the first of $KUBECONFIG, else ~/.kube/config)',
  )
  .option('--name <name>', 'name of the context, its cluster and its user', 'coxswain')
  .option('--no-switch', 'merge, but leave the current context as it is')
  .action(
    async (options: {
      data: string
      merge?: boolean
      kubeconfig?: string
      name: string
      switch: boolean
    }) => {
      const text = await kubeconfigCommand(
        {
          dataDir: resolve(options.data),
          merge: options.merge ?? options.kubeconfig !== undefined,
          file: options.kubeconfig,
          name: options.name,
          switchContext: options.switch,
        },
        process.env,
      )
      process.stdout.write(text)
    },
  )

program
  .command('kinds')
  .description('print which kinds and fields are acted upon, only stored, or refused')
  .action(() => console.log(kindsText()))

program
  .command('doctor')
  .description(
    "examine the servers' network, and say how to mend what is wrong; ends with 1 when something is",
  )
  .option(...dataOption)
  .addOption(
    new Option('-o, --output <format>', 'how to print it').choices(['table', 'json']).default('table'),
  )
  .action(async (options: { data: string; output: 'table' | 'json' }) => {
    const { text, code } = await doctorCommand(resolve(options.data), options.output)
    process.stdout.write(text)
    process.exitCode = code
  })

program
  .command('repair')
  .description('set aside the damaged lines of a store that does not open, and keep all others')
  .option(...dataOption)
  .action(async (options: { data: string }) => {
    const { lines, copy } = await repairStore(resolve(options.data), Date.now())
    console.log(copy ? `set aside line ${lines.join(', ')} in ${copy}` : 'there was nothing to repair')
  })

program
  .command('restore')
  .description('put a backup into a data folder that holds nothing yet')
  .argument('<file>', 'what a backup wrote')
  .option(...dataOption)
  .action(async (file: string, options: { data: string }) => {
    await restoreStore(resolve(file), resolve(options.data))
    console.log(`restored into ${resolve(options.data)}; if it holds Secrets, put the key file there too`)
  })

try {
  await program.parseAsync()
  process.exit()
} catch (error) {
  process.stderr.write(`cox: ${fileErrorMessage(error) ?? errorMessage(error)}\n`)
  process.exit(1)
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port > 65_535) throw new InvalidArgumentError('It must be at most 65535.')
  return port
}
