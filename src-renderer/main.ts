import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createApiClient } from './api/client.ts'
import { createSocketTransport } from './api/watch-transport.ts'
import App from './App.vue'
import { CLUSTER, Cluster } from './composables/use-cluster.ts'
import { Hub } from './data/hub.ts'
import { browserTimers } from './data/timers.ts'
import { createWindowRouter } from './router.ts'
import './styles/index.css'

const client = createApiClient({ fetch: window.fetch.bind(window) })
const hub = new Hub({
  client,
  transport: createSocketTransport(client, location.origin),
  timers: browserTimers,
  random: Math.random,
})

createApp(App).provide(CLUSTER, new Cluster(hub)).use(createPinia()).use(createWindowRouter()).mount('#app')
