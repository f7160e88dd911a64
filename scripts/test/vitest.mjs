/** Runs vitest and counts its tests. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { run } from './process.mjs'
import { outcome } from './summary.mjs'

export async function runVitest(args, env = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-test-'))
  const file = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const code = await run('npx', ['vitest', 'run', ...args, ...reporters], { env })
    const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))
    const failed = report.numFailedTests ?? 0
    return outcome({
      passed: report.numPassedTests ?? 0,
      failed,
      failures: failuresOf(report),
      skippedTests: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
      // a file that does not load or an error outside of tests fails the run without failing a test
      broken: code !== 0 && failed === 0 ? `vitest ended with ${code}` : undefined,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One line for each test that failed, and for each file that did: where, which and the first line of why. */
function failuresOf({ testResults = [] }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name)
    const tests = assertionResults.filter(test => test.status === 'failed')
    if (tests.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : []
    return tests.map(test => `${file} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`)
  })
}

function firstLine(text = '') {
  return text.split('\n', 1)[0]
}
