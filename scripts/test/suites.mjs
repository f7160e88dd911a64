/**
 * The two halves of test/integration. What needs the lab's servers has them for itself, one file after the other; all
 * else runs beside it, for servers are mostly waited for.
 */
import { outcome } from './summary.mjs'
import { runVitest } from './vitest.mjs'

const INTEGRATION = ['--project', 'integration']
const KUBECTL_SUITE = 'test/integration/kubectl/'
/** How the paths of those that need servers begin. */
const ON_SERVERS = [
  'test/integration/lab.test',
  'test/integration/engine/docker-',
  'test/integration/kubelet/',
  'test/integration/network/',
  'test/integration/spine/',
  `${KUBECTL_SUITE}deployment`,
  `${KUBECTL_SUITE}streams`,
]

/** With the first of `kubectls`; the suite that drives kubectl with the others, too. */
export function serverTests(kubectls) {
  return withEach(kubectls, (kubectl, isFirst) => [
    [...INTEGRATION, ...ON_SERVERS.filter(path => isFirst || path.startsWith(KUBECTL_SUITE))],
    { KUBECTL: kubectl },
  ])
}

/** As `serverTests`. */
export function localTests(kubectls) {
  const exclude = ON_SERVERS.flatMap(path => ['--exclude', `${path}**`])
  return withEach(kubectls, (kubectl, isFirst) => [
    [...INTEGRATION, ...(isFirst ? [] : [KUBECTL_SUITE]), ...exclude],
    { KUBECTL: kubectl, COXSWAIN_LAB: 'none' },
  ])
}

async function withEach(kubectls, argsFor) {
  let sum = outcome()
  for (const [index, kubectl] of kubectls.entries()) {
    const round = await runVitest(...argsFor(kubectl, index === 0))
    sum = outcome({
      passed: sum.passed + round.passed,
      failed: sum.failed + round.failed,
      failures: [
        ...sum.failures,
        ...round.failures.map(failure => (index === 0 ? failure : `${kubectl}: ${failure}`)),
      ],
      skippedTests: sum.skippedTests + round.skippedTests,
      broken: sum.broken ?? round.broken,
    })
  }
  return sum
}
