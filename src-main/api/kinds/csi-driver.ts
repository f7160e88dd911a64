import type { CSIDriver } from '../types.ts'
import { validateCsiDriver } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Column, Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

type Flag = 'attachRequired' | 'podInfoOnMount' | 'storageCapacity' | 'requiresRepublish'

function flagColumn(name: string, flag: Flag, description: string): Column<CSIDriver> {
  return { name, type: 'boolean', description, cell: ({ spec }) => spec[flag] ?? '<unset>' }
}

/** Source: kubernetes pkg/apis/storage/v1/defaults.go, SetDefaults_CSIDriver. */
function defaults(draft: CSIDriver): void {
  draft.spec ??= {}
  const { spec } = draft
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

export const CSIDriverKind: Kind<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  defaults,
  validate: validateCsiDriver,
  notHonoured: () => storedOnly('csidrivers.storage.k8s.io'),
  columns: [
    nameColumn,
    flagColumn('AttachRequired', 'attachRequired', 'Whether volumes are attached before they are mounted.'),
    flagColumn('PodInfoOnMount', 'podInfoOnMount', 'Whether the driver is told about the pod.'),
    flagColumn('StorageCapacity', 'storageCapacity', 'Whether the driver publishes its capacity.'),
    {
      name: 'TokenRequests',
      type: 'string',
      description: 'The tokens that the driver wants.',
      cell: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') || '<unset>',
    },
    flagColumn('RequiresRepublish', 'requiresRepublish', 'Whether it is called again and again.'),
    {
      name: 'Modes',
      type: 'string',
      description: 'How long its volumes live.',
      cell: ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>',
    },
    ageColumn,
  ],
}
