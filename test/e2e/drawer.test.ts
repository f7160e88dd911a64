import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCox, type Cox } from '../integration/support/cox.ts'
import { webDeployment } from '../integration/support/manifests.ts'
import { startBrowser } from './support/browser.ts'
import { openPage, openTab, row } from './support/window.ts'

let cox: Cox
let browser: Browser
let page: Page

beforeAll(async () => {
  cox = await createCox(['--playground', '1'])
  await cox.apply(webDeployment({ image: 'registry.example/web:missing', replicas: 1 }))
  browser = await startBrowser()
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(60_000)
  await page.goto(cox.windowUrl())
})

afterAll(async () => {
  await browser?.close()
  await cox?.dispose()
})

test('the tabs of the drawer stay where they are, whichever is open', async () => {
  await openPage(page, 'Deployments')
  await row(page, 'web').click()
  const first = page.getByRole('complementary').getByRole('tab').first()
  const before = await first.boundingBox()
  for (const name of ['YAML', 'Logs', 'Events', 'Revisions']) {
    await openTab(page, name)
    expect(await first.boundingBox(), name).toEqual(before)
  }
})

test('a log that is empty says why', async () => {
  await openTab(page, 'Logs')
  const log = page.getByRole('log')
  await log.getByText('Nothing has been logged yet.').waitFor()
  await log.getByText(/^(ErrImagePull|ImagePullBackOff)$/).waitFor()
  await log.getByText(/manifest unknown/).waitFor()
})

test.each([
  ['Services', 'Service'],
  ['Ingresses', 'Ingress'],
  ['ConfigMaps', 'ConfigMap'],
  ['Secrets', 'Secret'],
])('a manifest begun on the page %s passes the check, and is a %s', async (title, kind) => {
  await openPage(page, title)
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.locator('.monaco-editor .view-line').getByText(`kind: ${kind}`, { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Check' }).click()
  await page
    .getByRole('complementary', { name: 'Results' })
    .getByText(new RegExp(`^${kind} default/\\w+ will be created$`))
    .waitFor()
})
