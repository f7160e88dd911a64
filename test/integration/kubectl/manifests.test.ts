import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPlayground, type Playground } from './playground.ts'

const folder = fileURLToPath(new URL('../../data/manifests/', import.meta.url))
const files = (await readdir(folder)).sort()
let playground: Playground
let k: Playground['k']

beforeAll(async () => {
  playground = await startPlayground()
  ;({ k } = playground)
  // a dry run stores no namespace for what comes after it
  await k('create -f -', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: monitoring}\n')
})
afterAll(() => playground?.dispose())

describe('manifests as they are met in the field', () => {
  it.each(files)('%s passes a dry run', async file => {
    expect(await k(`apply --dry-run=server -f ${folder}${file}`)).not.toMatch(/^(?!.*server dry run)/m)
  })

  it.each(files)('%s is applied, and is then what the manifest says', async file => {
    expect(await k(`apply -f ${folder}${file}`)).not.toMatch(/^(?!.*(created|configured))/m)
    // not `unchanged`: kubectl sends stringData, nulls and 0.1 instead of 100m again and again
    expect(await k(`diff -f ${folder}${file}`)).toBe('')
  })
})
