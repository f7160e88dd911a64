import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCox, type Cox } from '../integration/support/cox.ts'
import { webDeployment } from '../integration/support/manifests.ts'
import { startBrowser } from './support/browser.ts'
import { openPage, row, typeManifest } from './support/window.ts'

let cox: Cox
let browser: Browser
let page: Page

beforeAll(async () => {
  cox = await createCox(['--playground', '2'])
  browser = await startBrowser()
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(60_000)
  await page.goto(cox.windowUrl())
})

afterAll(async () => {
  await browser?.close()
  await cox?.dispose()
})

const web = webDeployment({ image: 'registry.example/web:1', replicas: 2 })

test('an empty list opens the editor', async () => {
  await openPage(page, 'Deployments')
  await page.getByRole('button', { name: 'Open the editor' }).click()
  await page.locator('.monaco-editor .view-line').first().waitFor()
})

test('names wrong values together with fields that do not exist', async () => {
  const manifest = web
    .replace('replicas: 2', 'replicas: -2')
    .replace('image:', 'imagePullPolice: Always\n          image:')
  await typeManifest(page, manifest)
  await page.keyboard.press('Control+Enter')
  const results = page.getByRole('complementary', { name: 'Results' })
  for (const wrong of ['replicas: -2', 'imagePullPolice: Always']) {
    const line = manifest.split('\n').findIndex(text => text.includes(wrong)) + 1
    await results.getByRole('button', { name: `Line ${line} ` }).waitFor()
  }
})

test('leaves Ctrl K to the palette', async () => {
  const editor = page.locator('.monaco-editor').first()
  const before = await editor.innerText()
  await editor.locator('textarea, .native-edit-context').first().focus()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('secr')
  await page.getByRole('option', { name: 'Secrets' }).first().waitFor()
  await page.keyboard.press('Escape')
  expect(await editor.innerText()).toBe(before)
})

test('applies a namespace and what is in it at once, by keys alone', async () => {
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: fresh }\n'
  await typeManifest(page, `${namespace}---\n${web.replace('name: web', 'name: web\n  namespace: fresh')}`)
  await page.keyboard.press('Control+Enter')
  const apply = page.getByRole('button', { name: 'Apply 2 changes' })
  await apply.waitFor()
  await expect.poll(() => apply.evaluate(button => button === document.activeElement)).toBe(true)
  await page.keyboard.press('Escape')
  await page.getByRole('textbox', { name: 'Manifest in YAML' }).waitFor()
  await page.keyboard.press('Control+Enter')
  await apply.waitFor()
  await page.keyboard.press('Control+Enter')
  await row(page, 'web').getByText('2/2').waitFor()
  expect(await cox.kubectl('get', 'deployments', '-A', '-o', 'name')).toBe('deployment.apps/web\n')
})

test('completes what was asked for before the schema was there', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => (release = resolve))
  await page.route('**/openapi/v3', async route => {
    await held
    await route.continue()
  })
  page.once('dialog', dialog => void dialog.accept())
  await page.reload()
  await page.locator('.monaco-editor .view-line').first().waitFor()
  await typeManifest(page, 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  minR')
  await page.keyboard.press('Control+Space')
  release()
  await page.waitForResponse(response => response.url().includes('/openapi/v3/apis/storage.k8s.io'))
  const suggestion = page.locator('.suggest-widget').getByText('minReadySeconds').first()
  await expect
    .poll(
      async () => {
        await page.keyboard.press('Control+Space')
        return suggestion.waitFor({ timeout: 2_000 }).then(
          () => true,
          () => false,
        )
      },
      { timeout: 30_000 },
    )
    .toBe(true)
})
