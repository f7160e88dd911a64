/**
 * Opens the data folder given as its argument and writes until it is killed: 20 writers, each with its own objects.
 * After each acknowledged write it reports `<resource> <name> <resourceVersion> <content, or "deleted">` on a line.
 */
import { writeSync } from 'node:fs'
import { configMap, openFolder } from './open-folder.ts'

const store = await openFolder(process.argv[2] ?? '')

async function write(writer: number): Promise<void> {
  const resource = writer % 5 === 0 ? 'secrets' : 'configmaps'
  for (let i = 0; ; i++) {
    const name = `${writer}-${i % 4}`
    const current = store.get(resource, name, 'test')
    const content = `${process.pid}-${i}`
    const wanted = configMap(name, 10_000, content)
    let stored
    if (!current) stored = await store.create(resource, wanted)
    else if (i % 7 === 3) stored = await store.delete(resource, current)
    else stored = await store.update(resource, { ...wanted, metadata: current.metadata })
    const what = current && i % 7 === 3 ? 'deleted' : content
    writeSync(1, `${resource} ${name} ${stored.metadata.resourceVersion} ${what}\n`)
  }
}

await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)))
