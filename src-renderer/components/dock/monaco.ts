import * as monaco from 'monaco-editor/editor'
import 'monaco-editor/features/register.all'
import 'monaco-editor/languages/definitions/yaml/register'
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import { configureMonacoYaml, type MonacoYaml } from 'monaco-yaml'
import YamlWorker from './yaml.worker?worker'

interface WorkerOptions {
  createData: unknown
  host?: Record<string, (...args: unknown[]) => unknown>
  keepIdleModels?: boolean
}

declare global {
  interface Window {
    MonacoEnvironment?: { getWorker(): Worker }
  }
}

window.MonacoEnvironment = { getWorker: () => new EditorWorker() }

/**
 * monaco-yaml 5.5 starts its worker the way monaco-editor did before 0.55: by name. Here it gets the worker itself,
 * started as the editor starts one: a first message that is ignored, then its settings.
 */
const forYaml = {
  ...monaco,
  editor: {
    ...monaco.editor,
    createWebWorker(options: WorkerOptions) {
      const worker = new YamlWorker()
      worker.postMessage('ignore')
      worker.postMessage(options.createData)
      const { host, keepIdleModels } = options
      return monaco.editor.createWebWorker({
        worker,
        ...(host && { host }),
        ...(keepIdleModels !== undefined && { keepIdleModels }),
      })
    },
  },
}

const yaml: MonacoYaml = configureMonacoYaml(
  forYaml as unknown as Parameters<typeof configureMonacoYaml>[0],
  {
    enableSchemaRequest: false,
    // the form of the text is checked with the manifest, where places are known for every document
    validate: false,
    hover: true,
    completion: true,
    format: { enable: true },
    schemas: [],
  },
)

let schema: Promise<void> | undefined

/**
 * Gives the editor the schema of manifests, once: completion and descriptions come from it. Without one, or when it
 * cannot be had now, the editor works all the same.
 */
export function provideManifestSchema(load: () => Promise<object>): void {
  schema ??= loadPatiently(load).then(async manifest => {
    await yaml.update({
      enableSchemaRequest: false,
      // the API says more, and says it of every document
      validate: false,
      schemas: [{ fileMatch: ['**/*.yaml'], uri: 'inmemory://coxswain/manifest.json', schema: manifest }],
    })
    // The worker is another one now: what was asked of the former is never answered, and would stand in the way.
    for (const editor of monaco.editor.getEditors()) editor.trigger('schema', 'hideSuggestWidget', undefined)
  })
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/** While Coxswain does not answer, it is asked again, ever more slowly. */
async function loadPatiently(load: () => Promise<object>): Promise<object> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await load()
    } catch (error) {
      console.warn('The editor has no completion yet: the schema of the API could not be read.', error)
      await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }
}

/** The editor in the window's own colours: `coxswain-light` and `coxswain-dark`. */
function defineThemes(): void {
  const rules = (key: string, string: string, number: string, comment: string) => [
    { token: 'type', foreground: key },
    { token: 'string', foreground: string },
    { token: 'number', foreground: number },
    { token: 'keyword', foreground: number },
    { token: 'comment', foreground: comment },
  ]
  monaco.editor.defineTheme('coxswain-light', {
    base: 'vs',
    inherit: true,
    rules: rules('0d6a84', '1a7431', '8a5300', '59646b'),
    colors: {
      'editor.background': '#ffffff',
      'editorLineNumber.foreground': '#59646b',
      'diffEditor.insertedLineBackground': '#d9f2de',
      'diffEditor.insertedTextBackground': '#b4e3bd',
      'diffEditor.removedLineBackground': '#fbe6e4',
      'diffEditor.removedTextBackground': '#f5c4bf',
    },
  })
  monaco.editor.defineTheme('coxswain-dark', {
    base: 'vs-dark',
    inherit: true,
    rules: rules('5cbcd6', '56c271', 'e0a23a', '9ba7af'),
    colors: {
      'editor.background': '#15191c',
      'editorLineNumber.foreground': '#9ba7af',
      'diffEditor.insertedLineBackground': '#1b3323',
      'diffEditor.insertedTextBackground': '#2a5237',
      'diffEditor.removedLineBackground': '#3b2322',
      'diffEditor.removedTextBackground': '#663330',
    },
  })
}

defineThemes()

export { monaco }
