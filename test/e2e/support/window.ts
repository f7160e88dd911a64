import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

interface AxeResult {
  passes: unknown[]
  violations: { id: string; help: string; nodes: { target: string[] }[] }[]
}

/** The row of an object in the list on screen. */
export function row(page: Page, name: string): Locator {
  return page.locator('[role=grid] [role=row]').filter({ has: page.getByText(name, { exact: true }) })
}

export async function openPage(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: title }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

export async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('complementary').getByRole('tab', { name, exact: true }).click()
}

/** Replaces what the editor holds, as someone who pastes. */
export async function typeManifest(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Manifest in YAML' }).focus()
  await page.keyboard.press('Control+A')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(pasted => navigator.clipboard.writeText(pasted), text)
  await page.keyboard.press('Control+V')
}

/** Reviews what the manifest in the editor changes, and applies it. */
export async function applyManifest(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Apply…' }).click()
  await page.getByRole('button', { name: /^Apply (the change|\d+ changes)$/ }).click()
  // the result of an earlier one may still be shown
  await page.getByText('Applied', { exact: true }).last().waitFor()
}

/** Fails with every WCAG 2.2 A and AA violation that axe finds on the page as it stands. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  const { passes, violations } = await page.evaluate(() => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResult> } }
    return axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
  })
  expect(passes.length, `${where}: axe looked at nothing`).toBeGreaterThan(10)
  expect(
    violations.map(
      ({ id, nodes }) => `${where}: ${id}: ${nodes.map(node => node.target.join(' ')).join(', ')}`,
    ),
  ).toEqual([])
}
