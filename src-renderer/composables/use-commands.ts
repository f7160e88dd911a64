import { useRouter } from 'vue-router'
import type { KubeObject } from '../../src-main/api/types.ts'
import { exampleOf } from '../api/manifest.ts'
import { nameKey } from '../data/object-cache.ts'
import { pages } from '../pages.ts'
import { useDialogs } from '../stores/dialogs.ts'
import { useDock } from '../stores/dock.ts'
import { useSettings, type ThemeChoice } from '../stores/settings.ts'
import { useCluster } from './use-cluster.ts'

export interface Command {
  id: string
  title: string
  /** Page, Action, or an object's kind. */
  kind: string
  run(): void
}

const MOST = 50

/** Everything the palette can jump to or do; objects are those that the window holds at the moment. */
export function useCommands(options: { showShortcuts: () => void }): { find(query: string): Command[] } {
  const router = useRouter()
  const { hub } = useCluster()
  const dialogs = useDialogs()
  const dock = useDock()
  const settings = useSettings()

  const action = (title: string, run: () => void): Command => ({
    id: `do:${title}`,
    title,
    kind: 'Action',
    run,
  })
  const fixed: Command[] = [
    ...pages.map(page => ({
      id: `page:${page.path}`,
      title: page.title,
      kind: 'Page',
      run: () => void router.push(page.path),
    })),
    action('Apply a manifest', () => dock.openEditor('new', 'New manifest', exampleOf('deployments'))),
    action('Add a server', () => (dialogs.addServer = true)),
    action('Welcome: three ways to begin', () => void router.push('/welcome')),
    ...(['light', 'dark', 'system'] as ThemeChoice[]).map(theme =>
      action(`Theme: ${theme}`, () => (settings.themeChoice = theme)),
    ),
    action('Show keys', options.showShortcuts),
  ]

  function* objects(): Generator<Command> {
    for (const page of pages) {
      if (page.resource === 'events') continue
      for (const object of hub.collection(page.resource).cache.values()) yield toObject(page.path, object)
    }
  }

  const toObject = (path: string, object: KubeObject): Command => ({
    id: object.metadata.uid,
    title: nameKey(object.metadata),
    kind: object.kind,
    run: () => void router.push({ path, query: { sel: nameKey(object.metadata) } }),
  })

  return {
    find(query) {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean)
      const matches = ({ title, kind }: Command) =>
        words.every(word => `${title} ${kind}`.toLowerCase().includes(word))
      const found = fixed.filter(matches)
      if (words.length === 0) return found
      for (const command of objects()) {
        if (found.length >= MOST) break
        if (matches(command)) found.push(command)
      }
      return found
    },
  }
}
