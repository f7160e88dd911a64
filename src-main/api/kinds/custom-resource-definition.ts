import { rulesNotEvaluated, validateRuleDefinitions } from '../custom/cel/definition-rules.ts'
import type { CustomResourceDefinition } from '../types.ts'
import { schemasOf, validateDefinition } from '../validation/custom-resource-definition.ts'
import type { Kind } from './kind.ts'
import { createdAtColumn, nameColumn } from './printing/columns.ts'

/** Removes the instances before the definition goes. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/** Source: kubernetes apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go. */
function defaults(draft: CustomResourceDefinition): void {
  draft.spec ??= {} as CustomResourceDefinition['spec']
  const { names, versions } = draft.spec
  if (names) {
    names.singular ||= (names.kind ?? '').toLowerCase()
    names.listKind ||= `${names.kind ?? ''}List`
  }
  draft.spec.conversion ??= { strategy: 'None' }
  for (const { additionalPrinterColumns } of versions ?? []) {
    for (const column of additionalPrinterColumns ?? []) column.priority ??= 0
  }
}

function storageVersion({ spec }: CustomResourceDefinition): string[] {
  return (spec.versions ?? []).filter(({ storage }) => storage).map(({ name }) => name)
}

export const CustomResourceDefinitionKind: Kind<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: ['status'],
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  defaults,
  prepareForCreate: draft => {
    draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), CLEANUP_FINALIZER]
    draft.status = {
      conditions: [],
      acceptedNames: { plural: '', kind: '' },
      storedVersions: storageVersion(draft),
    }
  },
  prepareForUpdate: (draft, old) => {
    const finalizers = draft.metadata.finalizers ?? []
    if (!old.metadata.deletionTimestamp && !finalizers.includes(CLEANUP_FINALIZER)) {
      draft.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER]
    }
    const versions = [...(old.status?.storedVersions ?? []), ...storageVersion(draft)]
    draft.status = { ...draft.status, storedVersions: [...new Set(versions)] }
  },
  validate: validateDefinition,
  rules: ({ spec }, errors) => validateRuleDefinitions(schemasOf(spec), errors),
  notHonoured: ({ spec }) => schemasOf(spec).flatMap(({ schema, field }) => rulesNotEvaluated(schema, field)),
  columns: [nameColumn, createdAtColumn],
}
