import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, where they are missing. Node's own recursive `mkdir` never ends where the system
 * refuses a folder with ENOENT, as it does in `/proc`.
 * @param mode of the folders that are made
 * @throws the system's error
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const parent = dirname(path)
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EEXIST':
        if ((await stat(path)).isDirectory()) return
        throw error
      case 'ENOENT':
        if (parent === path) throw error
        await makeFolder(parent, mode)
        await mkdir(path, { mode }).catch(unlessThere)
        return
      default:
        throw error
    }
  }
}

/** Another process may have been quicker. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
