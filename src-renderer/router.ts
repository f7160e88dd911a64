import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import { pages } from './pages.ts'
import FirstRunPage from './views/FirstRunPage.vue'
import ResourcePage from './views/ResourcePage.vue'

/** The fragment holds the state, so that the server has one document to serve and no path of the API is shadowed. */
export function createWindowRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', redirect: '/servers' },
      { path: '/welcome', name: 'welcome', component: FirstRunPage },
      ...pages.map(page => ({
        path: page.path,
        name: page.resource,
        component: ResourcePage,
        props: { resource: page.resource },
        meta: { key: page.resource },
      })),
      { path: '/:rest(.*)*', redirect: '/servers' },
    ],
  })
}
