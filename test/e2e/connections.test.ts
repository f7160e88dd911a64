import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCox, type Cox } from '../integration/support/cox.ts'
import { webDeployment } from '../integration/support/manifests.ts'
import { startBrowser } from './support/browser.ts'
import { openTab, row } from './support/window.ts'

const REPLICAS = 8

let cox: Cox
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  cox = await createCox(['--playground', '2'])
  await cox.apply(webDeployment({ image: 'registry.example/web:1', replicas: REPLICAS }))
  browser = await startBrowser()
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  context.setDefaultTimeout(60_000)
})

afterAll(async () => {
  await browser?.close()
  await cox?.dispose()
})

async function openTabOf(hash: string) {
  const page = await context.newPage()
  await page.goto(context.pages().length === 1 ? cox.windowUrl() : new URL(`/#${hash}`, cox.windowUrl()).href)
  await page.goto(new URL(`/#${hash}`, page.url()).href)
  return page
}

test('the logs of many pods are followed at once, and other tabs stay live beside them', async () => {
  const logs = await openTabOf('/workloads/deployments')
  await row(logs, 'web').getByText(`${REPLICAS}/${REPLICAS}`).waitFor()
  await row(logs, 'web').click()
  await openTab(logs, 'Logs')
  await logs.getByText(`${REPLICAS} of ${REPLICAS} pods`).waitFor()

  const pods = await openTabOf('/workloads/pods')
  const deployments = await openTabOf('/workloads/deployments')
  for (const tab of [pods, deployments]) await tab.getByText(/^Live, 2 of 2/).waitFor()
  await cox.kubectl('scale', 'deployment', 'web', '--replicas=9')
  await row(deployments, 'web').getByText('9/9').waitFor()
  await expect.poll(() => pods.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('10')
  await logs.getByText('9 of 9 pods').waitFor()
})

test('all tabs come back by themselves after a crash of the control plane', async () => {
  await cox.kill()
  for (const tab of context.pages()) await tab.getByRole('alert').waitFor()
  await cox.start()
  for (const tab of context.pages()) {
    await tab.getByText(/^Live, 2 of 2/).waitFor()
    await tab.getByRole('alert').waitFor({ state: 'detached' })
  }
})
