import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCox, type Cox } from '../integration/support/cox.ts'
import { webDeployment } from '../integration/support/manifests.ts'
import { startBrowser } from './support/browser.ts'
import { expectAccessible, openPage, row } from './support/window.ts'

const PAGES = [
  'Servers',
  'Deployments',
  'ReplicaSets',
  'Pods',
  'Services',
  'Ingresses',
  'ConfigMaps',
  'Secrets',
  'Events',
]

const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  tls: [{ hosts: [web.example], secretName: web-tls }]
  rules:
    - host: web.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`

describe.each(['light', 'dark'] as const)('in the %s theme', colorScheme => {
  let cox: Cox
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    cox = await createCox(['--playground', '2'])
    await cox.apply(webDeployment({ image: 'registry.example/web:1', replicas: 2 }))
    await cox.kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=8080')
    await cox.apply(ingress)
    await cox.kubectl('create', 'configmap', 'settings', '--from-literal=colour=blue')
    await cox.kubectl('create', 'secret', 'generic', 'keys', '--from-literal=token=abc')
    browser = await startBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme })
    page.setDefaultTimeout(30_000)
    await page.goto(cox.windowUrl())
  })

  afterAll(async () => {
    await browser?.close()
    await cox?.dispose()
  })

  test.each(PAGES)('%s, with an object in the drawer, breaks no rule of WCAG A and AA', async title => {
    await openPage(page, title)
    const first = page.locator('[role=grid] [role=row]').nth(1)
    await first.waitFor()
    await expectAccessible(page, title)
    await first.click()
    const tabs = page.getByRole('complementary').getByRole('tab')
    for (const tab of await tabs.all()) {
      await tab.click()
      await expectAccessible(page, `${title}, ${await tab.textContent()}`)
    }
  })

  test('neither do the welcome, the dialogs, the palette, menus and the editor', async () => {
    await page.goto(new URL('/#/welcome', page.url()).href)
    await page.getByRole('heading', { name: 'Where should your containers run?' }).waitFor()
    await expectAccessible(page, 'welcome')

    await page.getByRole('button', { name: 'Add a server' }).click()
    await page.getByLabel('Host').waitFor()
    await expectAccessible(page, 'add a server')
    await page.getByRole('button', { name: 'Cancel' }).click()

    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('web')
    await expectAccessible(page, 'palette')
    await page.keyboard.press('Escape')

    await openPage(page, 'Deployments')
    await row(page, 'web').getByRole('button', { name: 'Actions for web' }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).waitFor()
    await expectAccessible(page, 'row menu')
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await page.getByRole('alertdialog').waitFor()
    await expectAccessible(page, 'delete')
    expect((await page.locator(':focus').textContent())?.trim()).toBe('Cancel')
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'Apply', exact: true }).click()
    await page.locator('.monaco-editor .view-line').first().waitFor()
    await expectAccessible(page, 'editor')
  })

  test('a list can be used with the keyboard alone', async () => {
    await openPage(page, 'Pods')
    await page.locator('[role=grid]').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const second = await page.locator('[role=grid] [role=row]').nth(2).getAttribute('aria-selected')
    expect(second).toBe('true')
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.keyboard.press('/')
    await page.keyboard.type('no such pod')
    await page.getByText(/None of 2 match the filter/).waitFor()
  })
})
