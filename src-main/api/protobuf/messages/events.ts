/** `events.k8s.io` and `coordination.k8s.io`. How a field is written: `../messages.ts`. */
export const events = {
  EventsEvent:
    '1 metadata ObjectMeta, 2 eventTime MicroTime, 3 series EventsEventSeries, 4 reportingController, 5 reportingInstance, 6 action, 7 reason, 8 regarding ObjectReference, 9 related ObjectReference, 10 note, 11 type, 12 deprecatedSource EventSource, 13 deprecatedFirstTimestamp Time, 14 deprecatedLastTimestamp Time, 15 deprecatedCount int',
  EventsEventSeries: '1 count *int, 2 lastObservedTime MicroTime',
  Lease: '1 metadata ObjectMeta, 2 spec LeaseSpec',
  LeaseSpec:
    '1 holderIdentity *string, 2 leaseDurationSeconds *int, 3 acquireTime MicroTime, 4 renewTime MicroTime, 5 leaseTransitions *int, 6 strategy *string, 7 preferredHolder *string',
} as const
