/** `storage.k8s.io` and `node.k8s.io`. How a field is written: `../messages.ts`. */
export const storage = {
  CSIDriver: '1 metadata ObjectMeta, 2 spec CSIDriverSpec',
  CSIDriverSpec:
    '1 attachRequired *bool, 2 podInfoOnMount *bool, 3 volumeLifecycleModes []string, 4 storageCapacity *bool, 5 fsGroupPolicy *string, 6 tokenRequests []StorageTokenRequest, 7 requiresRepublish *bool, 8 seLinuxMount *bool, 9 nodeAllocatableUpdatePeriodSeconds *int',
  CSINode: '1 metadata ObjectMeta, 2 spec CSINodeSpec',
  CSINodeDriver:
    '1 name *string, 2 nodeID *string, 3 topologyKeys []string, 4 allocatable VolumeNodeResources',
  CSINodeSpec: '1 drivers []CSINodeDriver',
  CSIStorageCapacity:
    '1 metadata ObjectMeta, 2 nodeTopology LabelSelector, 3 storageClassName *string, 4 capacity Quantity, 5 maximumVolumeSize Quantity',
  Overhead: '1 podFixed {}Quantity',
  RuntimeClass: '1 metadata ObjectMeta, 2 handler *string, 3 overhead Overhead, 4 scheduling Scheduling',
  Scheduling: '1 nodeSelector {}string, 2 tolerations []Toleration',
  StorageClass:
    '1 metadata ObjectMeta, 2 provisioner *string, 3 parameters {}string, 4 reclaimPolicy *string, 5 mountOptions []string, 6 allowVolumeExpansion *bool, 7 volumeBindingMode *string, 8 allowedTopologies []TopologySelectorTerm',
  StorageTokenRequest: '1 audience *string, 2 expirationSeconds *int',
  VolumeAttachment: '1 metadata ObjectMeta, 2 spec VolumeAttachmentSpec, 3 status VolumeAttachmentStatus',
  VolumeAttachmentSource: '1 persistentVolumeName *string, 2 inlineVolumeSpec PersistentVolumeSpec',
  VolumeAttachmentSpec: '1 attacher *string, 2 source VolumeAttachmentSource, 3 nodeName *string',
  VolumeAttributesClass: '1 metadata ObjectMeta, 2 driverName *string, 3 parameters {}string',
  VolumeAttachmentStatus:
    '1 attached *bool, 2 attachmentMetadata {}string, 3 attachError VolumeError, 4 detachError VolumeError',
  VolumeError: '1 time Time, 2 message, 3 errorCode *int',
  VolumeNodeResources: '1 count *int',
} as const
