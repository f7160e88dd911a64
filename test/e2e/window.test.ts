import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lab } from '../integration/lab.ts'
import { createCox, type Cox } from '../integration/support/cox.ts'
import { webDeployment } from '../integration/support/manifests.ts'
import { startBrowser } from './support/browser.ts'
import { applyManifest, openPage, openTab, row, typeManifest } from './support/window.ts'

const webService = `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`

interface Place {
  name: string
  /** Two versions of the same image. */
  images: () => [string, string]
  /** How long anything may take. */
  patienceMs: number
  /** What is among the findings about a server's network. */
  networkFinding: string
  /** From the first run to servers that are ready, as a person would do it. */
  addServers(page: Page): Promise<void>
}

const playground: Place = {
  name: 'the playground',
  patienceMs: 15_000,
  networkFinding: 'There is nothing to examine: a simulated server has no network.',
  images: () => ['registry.example/web:1', 'registry.example/web:2'],
  async addServers(page) {
    await page.getByRole('button', { name: 'Open the playground' }).click()
    await row(page, 'sim-5').getByText('Ready').waitFor()
    expect(await page.getByRole('row').filter({ hasText: 'Ready' }).count()).toBe(5)
  },
}

const realServer: Place = {
  name: 'a real server',
  patienceMs: 60_000,
  networkFinding: 'reachable',
  images: () => [`${lab.env.web}:1`, `${lab.env.web}:2`],
  async addServers(page) {
    await page.getByRole('button', { name: 'Add a server' }).click()
    await page.getByLabel('Host').fill(lab.env.host(1))
    await page.getByLabel('Name in Coxswain').fill('lab-1')
    await page.getByLabel('A file on this computer').check()
    await page.getByLabel('Path').fill(lab.env.keyWrong)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page
      .getByText(/accepted none of our keys/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Change…' }).click()
    await page.getByRole('heading', { name: 'Change lab-1' }).waitFor()
    await page.getByLabel('Path').fill(lab.env.key)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText(/^SHA256:/).waitFor()
    await row(page, 'lab-1').getByText('Confirm host key', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Yes, trust this key' }).click()
    await row(page, 'lab-1').getByText('Ready').waitFor()
  },
}

describe.each([playground, realServer])('the window, on $name', place => {
  let cox: Cox
  let browser: Browser
  let page: Page
  const failures: string[] = []

  beforeAll(async () => {
    await lab.reset() // servers that belong to nobody yet
    cox = await createCox()
    browser = await startBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(place.patienceMs)
    page.on('pageerror', error => failures.push(String(error)))
    await page.goto(cox.windowUrl())
  })

  afterAll(async () => {
    await browser?.close()
    await cox?.tryKubectl('delete', 'deployments,services', '--all')
    await cox?.dispose()
  })

  test('adds servers from the first run', async () => {
    await page.getByRole('heading', { name: 'Where should your containers run?' }).waitFor()
    await place.addServers(page)
  })

  test('examines the network of a server', async () => {
    await page.locator('[role=grid] [role=row]').nth(1).click()
    await openTab(page, 'Network')
    await page.getByText(place.networkFinding, { exact: true }).waitFor()
    await page.keyboard.press('Escape')
  })

  test('shows every error of a manifest at its line, and applies nothing', async () => {
    await openPage(page, 'Deployments')
    await page.getByRole('button', { name: 'Apply', exact: true }).click()
    const manifest = webDeployment({ image: place.images()[0], replicas: 3 })
      .replace('replicas: 3', 'replicas: -3')
      .replace('image:', 'imagePullPolicy: Sometimes\n          image:')
      .replace('containerPort: 8080', 'containerPort: 80800')
    await typeManifest(page, manifest)
    await page.getByRole('button', { name: 'Check' }).click()
    const results = page.getByRole('complementary', { name: 'Results' })
    for (const wrong of ['replicas: -3', 'imagePullPolicy: Sometimes', 'containerPort: 80800']) {
      const line = manifest.split('\n').findIndex(text => text.includes(wrong)) + 1
      await results.getByRole('button', { name: `Line ${line} ` }).waitFor()
    }
    expect(await cox.kubectl('get', 'deployments', '--no-headers', '--ignore-not-found')).toBe('')
  })

  test('completes the fields that the API knows', async () => {
    await typeManifest(page, 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  minR')
    const suggestion = page.locator('.suggest-widget').getByText('minReadySeconds').first()
    await expect
      .poll(
        async () => {
          // asking again begins anew: a slow machine needs the time that the first question takes
          await page.keyboard.press('Control+Space')
          return suggestion.waitFor({ timeout: 30_000 }).then(
            () => true,
            () => false,
          )
        },
        { timeout: 120_000 },
      )
      .toBe(true)
    await page.keyboard.press('Escape')
    await typeManifest(page, webDeployment({ image: place.images()[0], replicas: -3 }))
  })

  test('keeps what was typed over a reload', async () => {
    page.once('dialog', dialog => void dialog.accept())
    await page.reload()
    await page.locator('.monaco-editor').getByText(/-3/).waitFor()
  })

  test('applies a manifest and shows it become ready', async () => {
    await typeManifest(page, webDeployment({ image: place.images()[0], replicas: 3 }))
    await applyManifest(page)
    await row(page, 'web').getByText('3/3').waitFor()
  })

  test('shows how a workload is reached, and leads there', async () => {
    await cox.apply(webService)
    await row(page, 'web').click()
    const drawer = page.getByRole('complementary', { name: 'Deployment web' })
    await drawer.getByText('web.default:80').waitFor()
    await drawer.getByRole('link', { name: 'web', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Services' }).waitFor()
    await page.getByRole('complementary', { name: 'Service web' }).getByText('3 endpoints').waitFor()
    await page.goBack()
  })

  test('follows the logs of all its pods', async () => {
    await openTab(page, 'Logs')
    const log = page.getByRole('log')
    const pods = await cox.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')
    for (const pod of pods.trim().split('\n')) {
      await log.getByText(pod.replace('pod/', '')).first().waitFor()
    }
  })

  test('applies a second version, and kubectl finds nothing left to change', async () => {
    const second = webDeployment({ image: place.images()[1], replicas: 3 })
    await typeManifest(page, second)
    await applyManifest(page)
    await row(page, 'web').getByText('v2').waitFor()
    await row(page, 'web').getByText('3/3').waitFor()
    expect(await cox.apply(second)).toContain('unchanged')
  })

  test('shows what the versions differ in, and rolls back with one click', async () => {
    await openTab(page, 'Revisions')
    await page.getByRole('button', { name: 'Diff' }).click()
    const diff = page.getByRole('group', { name: /What rolling back from v2 to v1 changes/ })
    await diff.getByText(`image: ${place.images()[0]}`).waitFor()
    await page.getByRole('button', { name: 'Roll back to v1' }).click()
    await row(page, 'web').getByText('v3').waitFor()
    await row(page, 'web').getByText('Ready', { exact: true }).waitFor()
    const image = '{.items[*].spec.containers[0].image}'
    await expect
      .poll(() => cox.kubectl('get', 'pods', '-l', 'app=web', '-o', `jsonpath=${image}`), { timeout: 60_000 })
      .toBe(Array(3).fill(place.images()[0]).join(' '))
  })

  test('says that the control plane is gone, and goes on by itself once it is back', async () => {
    await cox.kill()
    await page.getByText(/Reconnecting, data .* old/).waitFor()
    await page
      .getByRole('alert')
      .getByText(/The window keeps trying/)
      .waitFor()
    await cox.start()
    await page.getByText(/^Live, /).waitFor()
    await cox.kubectl('scale', 'deployment', 'web', '--replicas=1')
    await row(page, 'web').getByText('1/1').waitFor()
  })

  test('ran without an error of its own', () => {
    expect(failures).toEqual([])
  })
})
