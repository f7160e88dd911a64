/**
 * Builds dist/: the main process and the cox command (rolldown), and the window (vite).
 * `--if-stale` builds only the parts whose sources are newer than what was built from them.
 */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { build as viteBuild } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

const parts = [
  { name: 'main', sources: ['src-main', 'resources', 'package.json'], build: buildMain },
  {
    name: 'renderer',
    sources: ['src-renderer', 'resources', 'vite.config.ts', 'package.json'],
    build: buildRenderer,
  },
]

async function buildMain() {
  await rm(join(root, 'dist/main'), { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: { cli: 'src-main/cli.ts', main: 'src-main/main.ts' },
    platform: 'node',
    // Dependencies stay in node_modules: ssh2 loads native code where it was built.
    external: id => !id.startsWith('.') && !isAbsolute(id),
  })
  await bundle.write({ dir: join(root, 'dist/main'), format: 'esm', sourcemap: true })
  await bundle.close()
}

async function buildRenderer() {
  await viteBuild({
    root: join(root, 'src-renderer'),
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
  })
}

/** Newest modification under a path, in ms since the epoch. */
async function newest(path) {
  const info = await stat(path)
  if (!info.isDirectory()) return info.mtimeMs
  const entries = await readdir(path)
  const times = await Promise.all(entries.map(entry => newest(join(path, entry))))
  return Math.max(info.mtimeMs, ...times)
}

async function isStale({ name, sources }) {
  const built = await stat(join(root, 'dist', `.${name}-built`)).catch(() => undefined)
  if (!built) return true
  const times = await Promise.all(sources.map(source => newest(join(root, source))))
  return Math.max(...times) > built.mtimeMs
}

const onlyStale = process.argv.includes('--if-stale')
for (const part of parts) {
  if (onlyStale && !(await isStale(part))) continue
  const began = Date.now()
  const stamp = join(root, 'dist', `.${part.name}-built`)
  await mkdir(join(root, 'dist'), { recursive: true })
  await rm(stamp, { force: true })
  await part.build()
  await writeFile(stamp, '', { flag: 'w' })
  console.error(`built ${part.name} in ${((Date.now() - began) / 1000).toFixed(1)} s`)
}
