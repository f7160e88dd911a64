/**
 * What came of a step: tests counted, a line for each that failed, and `broken` (why it failed beside its tests) or
 * `skipped` (why it did not run).
 */
export function outcome({ passed = 0, failed = 0, failures = [], skippedTests = 0, broken, skipped } = {}) {
  return { passed, failed, failures, skippedTests, broken, skipped }
}

/**
 * Prints what failed, the table of steps and, as the last line, `N passed, N failed, N skipped`; a step that broke or was skipped as
 * a whole counts as one there. Returns the exit code.
 */
export function summarize(results, { skipIsFailure }) {
  const width = Math.max(...results.map(({ name }) => name.length))
  for (const { name, failures } of results) {
    for (const failure of failures) console.log(`\n${name}: ${failure}`)
  }
  console.log('')
  for (const result of results) {
    const { name, seconds, passed, failed, skippedTests } = result
    const counts = passed + failed + skippedTests > 0 ? `  ${count(passed, failed, skippedTests)}` : ''
    const reason = result.broken ?? result.skipped
    console.log(
      `${name.padEnd(width)}  ${verdict(result).padEnd(7)}  ${seconds.toFixed(1).padStart(6)} s${counts}` +
        (reason ? `  ${reason}` : ''),
    )
  }
  const sum = of => results.reduce((total, result) => total + of(result), 0)
  const failed = sum(result => result.failed + (result.broken ? 1 : 0))
  const skipped = sum(result => result.skippedTests + (result.skipped ? 1 : 0))
  const skipFails = skipIsFailure && skipped > 0
  if (skipFails) console.log('\nCI=true: nothing may be skipped')
  console.log(
    `\n${count(
      sum(({ passed }) => passed),
      failed,
      skipped,
    )}`,
  )
  return failed > 0 || skipFails ? 1 : 0
}

function verdict({ failed, broken, skipped }) {
  if (failed > 0 || broken) return 'FAILED'
  return skipped ? 'skipped' : 'ok'
}

function count(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
