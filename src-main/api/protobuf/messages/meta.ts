/** What objects of all kinds have. How a field is written: `../messages.ts`. */
export const meta = {
  Condition:
    '1 type *string, 2 status *string, 3 observedGeneration int, 4 lastTransitionTime Time, 5 reason *string, 6 message *string',
  DeleteOptions:
    '1 gracePeriodSeconds *int, 2 preconditions Preconditions, 3 orphanDependents *bool, 4 propagationPolicy *string, 5 dryRun []string, 6 ignoreStoreReadErrorWithClusterBreakingPotential *bool',
  FieldSelectorRequirement: '1 key *string, 2 operator *string, 3 values []string',
  LabelSelector: '1 matchLabels {}string, 2 matchExpressions []LabelSelectorRequirement',
  LabelSelectorRequirement: '1 key *string, 2 operator *string, 3 values []string',
  ManagedFieldsEntry:
    '1 manager, 2 operation, 3 apiVersion, 4 time Time, 6 fieldsType, 7 fieldsV1 Json, 8 subresource',
  ObjectMeta:
    '1 name, 2 generateName, 3 namespace, 4 selfLink, 5 uid, 6 resourceVersion, 7 generation int, 8 creationTimestamp Time, 9 deletionTimestamp Time, 10 deletionGracePeriodSeconds *int, 11 labels {}string, 12 annotations {}string, 13 ownerReferences []OwnerReference, 14 finalizers []string, 17 managedFields []ManagedFieldsEntry',
  OwnerReference:
    '1 kind *string, 3 name *string, 4 uid *string, 5 apiVersion *string, 6 controller *bool, 7 blockOwnerDeletion *bool',
  Preconditions: '1 uid *string, 2 resourceVersion *string',
} as const
