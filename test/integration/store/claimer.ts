/** Waits for a line on standard input, then tries to take the data folder given; reports, and stays if it has it. */
import { once } from 'node:events'
import { claimStore, DataFolderInUse } from '../../../src-main/store/open.ts'

process.stdout.write('ready\n')
await once(process.stdin, 'data')
try {
  await claimStore(process.argv[2] ?? '')
  process.stdout.write('owner\n')
} catch (error) {
  if (!(error instanceof DataFolderInUse)) throw error
  process.stdout.write(`refused by ${error.pid}\n`)
}
