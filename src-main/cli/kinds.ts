import { fieldRows, kindRows, networkFieldRows } from '../api/kinds/honoured-table.ts'
import { kinds } from '../api/kinds/index.ts'
import { columns } from './columns.ts'

/** `cox kinds`: every kind that is served and what is done with it, then the fields of pods that have no effect. */
export function kindsText(): string {
  const rows = kindRows(kinds).map(({ kind, versions, state, what }) => [kind, versions, state, what])
  const fields = fieldRows().map(({ field, what }) => [field, what])
  return [
    columns([['KIND', 'VERSIONS', 'STATE', 'WHAT COXSWAIN DOES'], ...rows]),
    '',
    'Fields of pods, and of the templates of Deployments and ReplicaSets, that are accepted without effect so far:',
    '',
    columns([['FIELD', 'WHAT HAPPENS INSTEAD'], ...fields]),
    '',
    'Fields of the kinds of the network that are accepted without effect so far:',
    '',
    columns([
      ['FIELD', 'WHAT HAPPENS INSTEAD'],
      ...networkFieldRows(kinds).map(({ field, what }) => [field, what]),
    ]),
    '',
    'Kinds that a CustomResourceDefinition adds are stored; whoever brings the definition acts on them.',
    'Pods cannot use the API: they get no token of their service account, and the API listens on loopback only.',
  ].join('\n')
}
