const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const MIB = 2 ** 20

const configMap = (data: object) => JSON.stringify({ metadata: { generateName: 'abuse-' }, data })
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const yamlBomb = ['a: &a [x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]']
  .concat(['c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]', 'd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]'])
  .concat(['e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]', 'f: [*e,*e,*e,*e,*e,*e,*e,*e,*e]'])
  .join('\n')

/** A request made to keep the server busy. */
export interface Attack {
  what: string
  method?: string
  path?: string
  type?: string
  headers?: Record<string, string>
  body: () => string | Buffer
}

export const attacks: readonly Attack[] = [
  { what: 'ConfigMap of 0.9 MiB', body: () => configMap({ a: 'x'.repeat(0.9 * MIB) }) },
  { what: 'body of 1.5 MiB', body: () => configMap({ a: 'x'.repeat(1.5 * MIB) }) },
  { what: 'ConfigMap of 30,000 keys', body: () => configMap(fields(30_000, n => `k${n}`)) },
  {
    what: '31,000 unknown fields',
    body: () => JSON.stringify(unknownFields(15_500)),
  },
  {
    what: 'unknown fields in 31,000 owners',
    body: () =>
      JSON.stringify({ metadata: { name: 'a', ownerReferences: Array(31_000).fill({ unknown: 'value' }) } }),
  },
  {
    what: '31,000 owners that have nothing in common',
    body: () =>
      JSON.stringify({
        metadata: {
          name: 'a',
          ownerReferences: Array.from({ length: 31_000 }, (_, n) => ({ [`k${n}`]: 1 })),
        },
      }),
  },
  { what: 'ConfigMap of 31,000 numbers', body: () => configMap(numbers(31_000)) },
  { what: '3 MB that are no UTF-8', body: () => Buffer.alloc(3_000_000, 0xff) },
  { what: '2 MB of escaped quotes', body: () => configMap({ a: '"'.repeat(1_000_000) }) },
  { what: '1 MiB of another type', type: 'text/html', body: () => '<p>'.repeat(350_000) },
  { what: '2.9 MiB of the same key', body: () => `{${'"a":1,'.repeat(480_000)}"a":1}` },
  { what: '2.9 MiB of nested lists', body: () => `{"data":[${'[[]],'.repeat(550_000)}[]]}` },
  { what: 'nesting of 500,000', body: () => nested(500_000) },
  { what: 'body of 100 MB', body: () => configMap({ a: 'x'.repeat(100_000_000) }) },
  { what: 'YAML bomb', type: 'application/yaml', body: () => yamlBomb },
  {
    what: '2 MiB of YAML',
    type: 'application/yaml',
    body: () => `data:\n${'  - {a: b, c: [d]}\n'.repeat(110_000)}`,
  },
  { what: 'YAML of 100,000 brackets', type: 'application/yaml', body: () => '['.repeat(100_000) },
  { what: 'Deployment with 5,000 containers', path: DEPLOYMENTS, body: () => deployment(5_000) },
  {
    what: 'strategic patch with 15,000 variables',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused`,
    type: 'application/strategic-merge-patch+json',
    body: () => variables(15_000),
  },
  {
    what: 'strategic patch that retains 15,000 keys',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused`,
    type: 'application/strategic-merge-patch+json',
    body: () => {
      const annotations = fields(15_000, n => `k${n}`)
      return JSON.stringify({
        metadata: { annotations: { ...annotations, $retainKeys: Object.keys(annotations) } },
      })
    },
  },
  {
    what: 'apply of 10,000 variables',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused?fieldManager=abuse&force=true`,
    type: 'application/apply-patch+yaml',
    body: () =>
      variables(10_000, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'abused' } }),
  },
  {
    what: 'JSON patch with 10,000 operations',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused`,
    type: 'application/json-patch+json',
    body: () =>
      JSON.stringify(
        Array.from({ length: 10_000 }, (_, n) => ({ op: 'add', path: `/metadata/labels/l${n}`, value: 'x' })),
      ),
  },
  ...(
    [
      ['copies of copies', n => ({ op: 'copy', from: '', path: `/metadata/c${n}` })],
      ['small copies', n => ({ op: 'copy', from: '/kind', path: `/metadata/labels/l${n}` })],
      ['moves', () => ({ op: 'move', from: '/spec', path: '/spec' })],
    ] as [string, (n: number) => object][]
  ).map(([what, operation]) => ({
    what: `JSON patch with 10,000 ${what}`,
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused`,
    type: 'application/json-patch+json',
    body: () => JSON.stringify(Array.from({ length: 10_000 }, (_, n) => operation(n))),
  })),
  ...(
    [
      ['merge', { metadata: { labels: { size: 'large' } } }],
      ['strategic-merge', { spec: { template: { spec: { containers: [{ name: 'c0', tty: true }] } } } }],
      ['json', [{ op: 'replace', path: '/spec/replicas', value: 0 }]],
      [
        'apply',
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'abused', annotations: { a: 'b' } } },
      ],
    ] as [string, object][]
  ).map(([form, patch]) => ({
    what: `small ${form} patch of a large Deployment`,
    method: 'PATCH',
    path: `${DEPLOYMENTS}/abused?fieldManager=small`,
    type: `application/${form}-patch+${form === 'apply' ? 'yaml' : 'json'}`,
    body: () => JSON.stringify(patch),
  })),
  ...[
    ['as a Table', ''],
    [
      'of those not on many nodes',
      `&fieldSelector=${Array.from({ length: 10_000 }, (_, n) => `spec.nodeName!=node-${n}`).join(',')}`,
    ],
  ].map(([what = '', selector = '']) => ({
    what: `watch of all pods ${what}`,
    method: 'GET',
    path: `/api/v1/pods?watch=true&timeoutSeconds=2${selector}`,
    headers: { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    body: () => '',
  })),
  {
    what: 'label selector of 8 kB',
    method: 'GET',
    path: `/api/v1/pods?labelSelector=${encodeURIComponent(`a in (${'x,'.repeat(3_000)}x)`)}`,
    body: () => '',
  },
  ...(
    [
      ['labelSelector', (n: number) => `!k${n}`],
      ['labelSelector', (n: number) => `app!=web-${n}`],
      ['labelSelector', () => 'app=app-2'],
      ['labelSelector', () => 'app in (app-2,app-3)'],
      ['labelSelector', (n: number) => (n === 0 ? '' : n === 1 ? 'app notin (a' : `v${n}`)],
      ['fieldSelector', (n: number) => `metadata.name!=web-${n}`],
    ] as const
  ).map(([parameter, term]) => ({
    what: `${parameter} of many terms: ${term(2)}`,
    method: 'GET',
    path: `/api/v1/pods?${parameter}=${Array.from({ length: 10_000 }, (_, n) => term(n))
      .join(',')
      .replaceAll(' ', '%20')}`,
    body: () => '',
  })),
  ...[
    ['Accept-Encoding', `gzip${' '.repeat(250_000)}x`],
    ['If-None-Match', `"a"${' '.repeat(250_000)}x`],
  ].map(([header = '', value = '']) => ({
    what: `${header} with 250,000 spaces`,
    method: 'GET',
    path: '/openapi/v2',
    headers: { [header]: value },
    body: () => '',
  })),
]

function fields(count: number, name: (n: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), 'value']))
}

/** In two places, each as full as it may be. */
function unknownFields(count: number): object {
  const unknown = fields(count, n => `unknown-field-${n}`)
  return { ...unknown, metadata: unknown }
}

function numbers(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${n}`, n]))
}

export function deployment(containers: number, name = 'abused-too'): string {
  const labels = { app: name }
  const list = Array.from({ length: containers }, (_, n) => ({ name: `c${n}`, image: 'web:1' }))
  const template = { metadata: { labels }, spec: { containers: list } }
  return JSON.stringify({ metadata: { name }, spec: { selector: { matchLabels: labels }, template } })
}

function variables(count: number, head: object = {}): string {
  const env = Array.from({ length: count }, (_, n) => ({ name: `V${n}`, value: 'x' }))
  return JSON.stringify({ ...head, spec: { template: { spec: { containers: [{ name: 'c0', env }] } } } })
}
