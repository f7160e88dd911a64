/** On every container, network and volume of ours, with the cluster's id: the engine is the truth about what runs. */
export const CLUSTER_LABEL = 'io.coxswain.cluster'
