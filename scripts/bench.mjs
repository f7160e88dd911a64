/**
 * `npm run bench [NAME …]`: runs test/bench/NAME.bench.ts (all of them without a name), one after the other.
 * A benchmark exports `run()`, which prints its table; it compares side by side in one run and prints ratios.
 */
import { spawnSync } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'test/bench')
const all = (await readdir(folder))
  .filter(file => file.endsWith('.bench.ts'))
  .map(file => file.slice(0, -'.bench.ts'.length))
const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${all.join(', ')}`)
  process.exit(2)
}

/** A module that finds its neighbours by `import.meta.url` still finds them when it is bundled elsewhere. */
const ownAddress = {
  name: 'own-address',
  transform: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
}

const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], {
  stdio: 'inherit',
})
if (build.status !== 0) process.exit(1)

const out = join(root, 'dist/bench')
for (const name of wanted.length > 0 ? wanted : all) {
  const bundle = await rolldown({
    cwd: root,
    input: { [name]: join(folder, `${name}.bench.ts`) },
    platform: 'node',
    external: id => !id.startsWith('.') && !isAbsolute(id),
    plugins: [ownAddress],
    logLevel: 'silent',
  })
  await bundle.write({ dir: out, format: 'esm' })
  await bundle.close()
  console.log(`\n== ${name}`)
  const { run } = await import(pathToFileURL(join(out, `${name}.js`)).href)
  await run()
}
await rm(out, { recursive: true, force: true })
process.exit(0)
