/** `networking.k8s.io` and `discovery.k8s.io`. How a field is written: `../messages.ts`. */
export const networking = {
  DiscoveryEndpointPort: '1 name *string, 2 protocol *string, 3 port *int, 4 appProtocol *string',
  Endpoint:
    '1 addresses []string, 2 conditions EndpointConditions, 3 hostname *string, 4 targetRef ObjectReference, 5 deprecatedTopology {}string, 6 nodeName *string, 7 zone *string, 8 hints EndpointHints',
  EndpointConditions: '1 ready *bool, 2 serving *bool, 3 terminating *bool',
  EndpointHints: '1 forZones []ForZone, 2 forNodes []ForNode',
  EndpointSlice:
    '1 metadata ObjectMeta, 2 endpoints []Endpoint, 3 ports []DiscoveryEndpointPort, 4 addressType *string',
  ForNode: '1 name *string',
  ForZone: '1 name *string',
  HTTPIngressPath: '1 path, 2 backend IngressBackend, 3 pathType *string',
  HTTPIngressRuleValue: '1 paths []HTTPIngressPath',
  IPBlock: '1 cidr *string, 2 except []string',
  Ingress: '1 metadata ObjectMeta, 2 spec IngressSpec, 3 status IngressStatus',
  IngressBackend: '3 resource TypedLocalObjectReference, 4 service IngressServiceBackend',
  IngressClass: '1 metadata ObjectMeta, 2 spec IngressClassSpec',
  IngressClassParametersReference:
    '1 apiGroup *string, 2 kind *string, 3 name *string, 4 scope *string, 5 namespace *string',
  IngressClassSpec: '1 controller, 2 parameters IngressClassParametersReference',
  IngressLoadBalancerIngress: '1 ip, 2 hostname, 4 ports []IngressPortStatus',
  IngressLoadBalancerStatus: '1 ingress []IngressLoadBalancerIngress',
  IngressPortStatus: '1 port *int, 2 protocol *string, 3 error *string',
  IngressRule: '1 host, 2 ingressRuleValue ~IngressRuleValue',
  IngressRuleValue: '1 http HTTPIngressRuleValue',
  IngressServiceBackend: '1 name *string, 2 port ServiceBackendPort',
  IngressSpec:
    '1 defaultBackend IngressBackend, 2 tls []IngressTLS, 3 rules []IngressRule, 4 ingressClassName *string',
  IngressStatus: '1 loadBalancer IngressLoadBalancerStatus',
  IngressTLS: '1 hosts []string, 2 secretName',
  NetworkPolicy: '1 metadata ObjectMeta, 2 spec NetworkPolicySpec',
  NetworkPolicyEgressRule: '1 ports []NetworkPolicyPort, 2 to []NetworkPolicyPeer',
  NetworkPolicyIngressRule: '1 ports []NetworkPolicyPort, 2 from []NetworkPolicyPeer',
  NetworkPolicyPeer: '1 podSelector LabelSelector, 2 namespaceSelector LabelSelector, 3 ipBlock IPBlock',
  NetworkPolicyPort: '1 protocol *string, 2 port *IntOrString, 3 endPort *int',
  NetworkPolicySpec:
    '1 podSelector LabelSelector, 2 ingress []NetworkPolicyIngressRule, 3 egress []NetworkPolicyEgressRule, 4 policyTypes []string',
  ServiceBackendPort: '1 name, 2 number int',
} as const
