import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * Bundles one of the programs beside this file, so that a test can run it as a process of its own.
 * @returns the path of the file for node
 */
export async function buildProgram(name: string, folder: string): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
    platform: 'node',
    external: id => !id.startsWith('.') && !isAbsolute(id),
  })
  const file = join(folder, `${name}.mjs`)
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  return file
}
