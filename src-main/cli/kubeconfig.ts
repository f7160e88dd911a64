import { copyFile, readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { writePrivateFile } from '../api/auth/private-file.ts'
import { makeFolder } from '../lib/folders.ts'
import { KubeconfigError, mergeKubeconfig } from './merge-kubeconfig.ts'

export interface KubeconfigOptions {
  dataDir: string
  merge: boolean
  /** Where to merge into; absent: the first file of $KUBECONFIG, else `~/.kube/config`. */
  file?: string
  /** Of the context, the cluster and the user. */
  name: string
  switchContext: boolean
}

/**
 * Prints the kubeconfig of a data folder, or merges it into a person's own.
 * @returns what to print
 * @throws KubeconfigError
 */
export async function kubeconfigCommand(options: KubeconfigOptions, env: NodeJS.ProcessEnv): Promise<string> {
  const { dataDir, merge, name, switchContext } = options
  const source = await readSource(dataDir)
  // under another name than it is written with, it goes through the same door
  if (!merge) return name === 'coxswain' ? source : mergeKubeconfig(source, '', { name, switchContext: true })
  const wanted = resolve(options.file ?? defaultKubeconfig(env))
  const file = await realpath(wanted).catch(() => wanted)
  const before = await readIfThere(file)
  const after = mergeInto(file, () => mergeKubeconfig(source, before ?? '', { name, switchContext }))
  if (after === before) return `${file} has it already\n`
  await makeFolder(dirname(file), 0o700)
  if (before !== undefined) await copyFile(file, `${file}.bak`)
  await writePrivateFile(file, after)
  const kept = before === undefined ? '' : ` (before: ${file}.bak)`
  const next = switchContext ? '' : `; use it with: kubectl config use-context ${name}`
  return `merged context ${name} into ${file}${kept}${next}\n`
}

/** As kubectl: the first file of $KUBECONFIG, else `~/.kube/config`. */
function defaultKubeconfig(env: NodeJS.ProcessEnv): string {
  const first = (env.KUBECONFIG ?? '').split(delimiter).find(Boolean)
  return first ?? join(homedir(), '.kube', 'config')
}

async function readSource(dataDir: string): Promise<string> {
  const path = join(dataDir, 'kubeconfig')
  const text = await readIfThere(path)
  if (text !== undefined) return text
  throw new KubeconfigError(
    `there is no ${path}: it is written when Coxswain starts. Start it once (cox serve --data ${dataDir}), or name another folder with --data`,
  )
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KubeconfigError(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
}

function mergeInto(file: string, merge: () => string): string {
  try {
    return merge()
  } catch (error) {
    throw error instanceof KubeconfigError
      ? new KubeconfigError(`cannot merge into ${file}: ${error.message}`, { cause: error })
      : error
  }
}
