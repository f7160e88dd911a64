/** `npm start`: builds what is stale, then opens the Electron window, or serves the same window where it cannot. */
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = process.execPath

const built = spawnSync(node, ['scripts/build.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)

const args = process.argv.slice(2)
const electron = findElectron()
if ('path' in electron) run(electron.path, ['.', ...args])
else {
  console.log(
    `No desktop window here (${electron.why}): the same window is served at the address below instead.`,
  )
  run(node, ['bin/cox.js', 'serve', ...args])
}

/** Electron's binary and a display to show it on, or why not. */
function findElectron() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { why: 'there is no display' }
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { why: 'Electron does not run as root' }
  }
  try {
    // Requiring the package downloads the binary at first use, or throws where it cannot be had.
    return { path: createRequire(import.meta.url)('electron') }
  } catch {
    return { why: "Electron's binary could not be downloaded" }
  }
}

function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGINT', () => {
    // a terminal sends Ctrl+C to the child itself, and a second one would end Electron in the middle of its stop
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
