/**
 * `npm test [-- STEP …]`: everything that proves Coxswain works, from a fresh Debian to Chromium; docs/contributing/testing.md.
 *
 * The steps run in their order, each once its needs are installed; without names, all of them. A step that cannot run here
 * is skipped with its reason; with CI=true that is a failure. Nothing it started is left running.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findKubectls } from './test/kubectl.mjs'
import { installMissing } from './test/packages.mjs'
import { endLeftOvers, run, stop } from './test/process.mjs'
import { localTests, serverTests } from './test/suites.mjs'
import { outcome, summarize } from './test/summary.mjs'
import { runVitest } from './test/vitest.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const LAB = join(root, 'test/lab/lab')
const LAB_IN_USE = 3
const SERVERS = '3'

const steps = {
  check: () => command('npm', ['run', '--silent', 'check']),
  build: () => command('npm', ['run', '--silent', 'build']),
  unit: () => runVitest(['--project', 'unit']),
  integration: onLab(() => localTests(kubectls)),
  servers: onLab(() => serverTests(kubectls)),
  e2e: onLab(() => runVitest(['--project', 'e2e'], { KUBECTL: kubectls[0] })),
}
/** Those of one line run at the same time. */
const order = [['check'], ['build'], ['unit'], ['integration', 'servers'], ['e2e']]

const names = process.argv.slice(2)
const unknown = names.filter(name => !Object.hasOwn(steps, name))
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}`)
  process.exit(2)
}

let kubectls = []
let labReady
let labIsOurs = false

process.env.LAB_NAME ??= 'test'
process.env.LAB_OWNER = String(process.pid)
// the lab comes up once for all steps; the vitest runs must not take it down in between
process.env.COXSWAIN_LAB_KEEP = '1'

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!interrupted) console.error(`\n${signal}: stopping`)
    interrupted = true
    void stop()
  })
}

const results = []
for (const line of order) {
  const chosen = line.filter(name => names.length === 0 || names.includes(name))
  results.push(...(await Promise.all(chosen.map(runStep))))
}
results.push(...(await cleanUp()))
process.exitCode = summarize(results, { skipIsFailure: process.env.CI === 'true' })

async function runStep(name) {
  if (interrupted) return { name, seconds: 0, ...outcome({ broken: 'interrupted' }) }
  console.log(`\n== ${name}`)
  const began = performance.now()
  const result = await steps[name]()
  return { name, seconds: (performance.now() - began) / 1000, ...result }
}

async function command(program, args) {
  const code = await run(program, args)
  return code === 0 ? outcome() : outcome({ broken: `${program} ${args.join(' ')} ended with ${code}` })
}

/** Runs `step` once packages and servers are there; a lab that cannot run here skips it. */
function onLab(step) {
  return async () => {
    labReady ??= prepareLab()
    const { skipped, broken } = await labReady
    return skipped || broken ? outcome({ skipped, broken }) : step()
  }
}

async function prepareLab() {
  if (process.platform !== 'linux') return { skipped: 'the lab needs Linux' }
  if (process.getuid() !== 0) return { skipped: 'the lab needs root' }
  try {
    await installMissing()
    kubectls = await findKubectls()
  } catch (error) {
    return { broken: error.message }
  }
  console.log(`kubectl: ${kubectls.join(', ')}`)
  const code = await run(LAB, ['up', SERVERS])
  // one that came up halfway is ours to take down; one that another run uses is not
  labIsOurs = code !== LAB_IN_USE
  return code === 0 ? {} : { broken: 'the lab did not come up' }
}

/** Takes the lab down and ends whatever this run has left; that there was something is a failure that names it. */
async function cleanUp() {
  const problems = []
  if (labIsOurs && (await run(LAB, ['down'], { always: true })) !== 0)
    problems.push('the lab did not go down: npm run lab down')
  const left = await endLeftOvers()
  if (left.length > 0) problems.push(`still running after the tests, ended now: ${left.join('; ')}`)
  return problems.map(broken => ({ name: 'clean-up', seconds: 0, ...outcome({ broken }) }))
}
