import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  RouterProvider,
  redirect,
} from '@tanstack/react-router'
import { Provider } from 'urql'
import { Frame } from './components/frame.tsx'
import { Toasts } from './components/toasts.tsx'
import { Lost, NotFound } from './pages/lost.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { readAlerts, readAssets, readControls, readVulnerabilities } from './search.ts'
import { useSession } from './session.ts'

const root = createRootRoute({ component: Root })
const at = () => root

const routes = [
  createRoute({
    getParentRoute: at,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/alerts', replace: true })
    },
  }),
  createRoute({
    getParentRoute: at,
    path: '/alerts',
    validateSearch: readAlerts,
    component: lazyRouteComponent(() => import('./pages/alerts.tsx'), 'Alerts'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/assets',
    validateSearch: readAssets,
    component: lazyRouteComponent(() => import('./pages/assets.tsx'), 'Assets'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/assets/$id',
    component: lazyRouteComponent(() => import('./pages/asset.tsx'), 'Asset'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/vulnerabilities',
    validateSearch: readVulnerabilities,
    component: lazyRouteComponent(() => import('./pages/vulnerabilities.tsx'), 'Vulnerabilities'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/compliance',
    validateSearch: readControls,
    component: lazyRouteComponent(() => import('./pages/compliance.tsx'), 'Compliance'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/compliance/$id',
    component: lazyRouteComponent(() => import('./pages/control.tsx'), 'Control'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/security',
    component: lazyRouteComponent(() => import('./pages/security.tsx'), 'Security'),
  }),
] as const

const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Lost,
  // What no page reads is not in its address.
  search: { strict: true },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

export function App() {
  return <RouterProvider router={router} />
}

/** The frame around the page. Who has to sign in again finds everything as it was, and until then sees nothing. */
function Root() {
  const session = useSession()
  const isKept = session.ended === null || session.ended === 'expired'
  return (
    <>
      {isKept && (
        <div hidden={session.ended !== null} key={session.person}>
          <Provider value={session.client}>
            <Frame live={session.live}>
              <Outlet />
            </Frame>
          </Provider>
        </div>
      )}
      {session.ended !== null && <SignIn why={session.ended} />}
      <Toasts />
    </>
  )
}
