/** Debian packages that the tests need beside the lab's own, which `lab up` installs. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './process.mjs'

const APT_INSTALL = fileURLToPath(new URL('../../test/lab/apt-install', import.meta.url))

/** The package that brings a program. A program that is there already, from wherever, is used as it is. */
const packageOf = { chromium: 'chromium', kubectl: 'kubernetes-client' }

/** @throws when packages are missing and cannot be installed */
export async function installMissing() {
  const missing = Object.keys(packageOf)
    .filter(program => !findProgram(program))
    .map(program => packageOf[program])
  if (missing.length === 0) return
  if (!findProgram('apt-get')) throw new Error(`install these first: ${missing.join(' ')}`)
  console.log(`installing ${missing.join(' ')}`)
  if ((await run(APT_INSTALL, missing)) !== 0) throw new Error(`could not install ${missing.join(' ')}`)
}

/** Where `program` is on the PATH; undefined when it is not. */
export function findProgram(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
