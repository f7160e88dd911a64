import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pack } from 'tar-stream'

const FOLDER = 'resources/system-image'

/** The system container's image: what it is built from, and its name, which says so. */
export interface SystemImage {
  /** `coxswain/system:` and a hash of the files: another version of Coxswain brings another image. */
  reference: string
  /** Dockerfile and context as a tar. */
  context: Buffer
}

/** Reads the image's sources from the installation. */
export async function readSystemImage(folder = systemImageFolder()): Promise<SystemImage> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  const hash = createHash('sha256')
  const tar = pack()
  for (const name of names) {
    const text = await readFile(join(folder, name))
    hash.update(`${name}\0`).update(text)
    // the same time in every build, so that the layers are the same too
    tar.entry({ name, mode: 0o644, mtime: new Date(0) }, text)
  }
  tar.finalize()
  return { reference: `coxswain/system:${hash.digest('hex').slice(0, 12)}`, context: await buffer(tar) }
}

/** Sources, bundles and the packaged app lie at different depths below the folder that holds `resources`. */
function systemImageFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, FOLDER, 'Dockerfile'))) return join(folder, FOLDER)
    if (dirname(folder) === folder) {
      throw new Error(`no folder ${FOLDER} at or above ${start}; install Coxswain again`)
    }
  }
}
