import { Activity, Box, Boxes, FileCog, Globe, KeyRound, Layers, Network, Server } from '@lucide/vue'
import type { Component } from 'vue'
import type { ResourceName } from './api/resources.ts'

export interface Page {
  resource: ResourceName
  path: string
  title: string
  group: '' | 'Workloads' | 'Network' | 'Config'
  icon: Component
  /** The order of a first visit. */
  sort: string
  /** Whether the sidebar keeps counting while another page shows. */
  counted?: boolean
}

/** The rooms of the window, in the sidebar's order. */
export const pages: readonly Page[] = [
  {
    resource: 'servers',
    path: '/servers',
    title: 'Servers',
    group: '',
    icon: Server,
    sort: 'name',
    counted: true,
  },
  {
    resource: 'deployments',
    path: '/workloads/deployments',
    title: 'Deployments',
    group: 'Workloads',
    icon: Layers,
    sort: 'status',
    counted: true,
  },
  {
    resource: 'replicasets',
    path: '/workloads/replicasets',
    title: 'ReplicaSets',
    group: 'Workloads',
    icon: Boxes,
    sort: 'name',
  },
  {
    resource: 'pods',
    path: '/workloads/pods',
    title: 'Pods',
    group: 'Workloads',
    icon: Box,
    sort: 'status',
    counted: true,
  },
  {
    resource: 'services',
    path: '/network/services',
    title: 'Services',
    group: 'Network',
    icon: Network,
    sort: 'name',
  },
  {
    resource: 'ingresses',
    path: '/network/ingresses',
    title: 'Ingresses',
    group: 'Network',
    icon: Globe,
    sort: 'name',
  },
  {
    resource: 'configmaps',
    path: '/config/configmaps',
    title: 'ConfigMaps',
    group: 'Config',
    icon: FileCog,
    sort: 'name',
  },
  {
    resource: 'secrets',
    path: '/config/secrets',
    title: 'Secrets',
    group: 'Config',
    icon: KeyRound,
    sort: 'name',
  },
  { resource: 'events', path: '/events', title: 'Events', group: '', icon: Activity, sort: 'last' },
]

export function pageOf(resource: ResourceName): Page | undefined {
  return pages.find(page => page.resource === resource)
}
