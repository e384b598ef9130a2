import { Link, useLocation } from '@tanstack/react-router'
import { Bell, Boxes, Bug, LogOut, ShieldCheck } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { useQuery, useSubscription } from 'urql'
import { MeQuery } from '../client.ts'
import { graphql } from '../graphql.ts'
import { label } from '../labels.ts'
import type { Live } from '../live.ts'
import { signOut } from '../session.ts'
import { Connection } from './connection.tsx'
import { LiveContext } from './live-context.tsx'
import { Mark } from './mark.tsx'
import { say } from './toasts.tsx'

// Whatever page shows the alert shows it as it is now: the cache knows it by its id.
const AlertChanged = graphql(`
  subscription AlertChanged {
    alertChanged {
      alert { id status severity title occurrenceCount lastSeenAt acknowledgedAt assignee { id name email } }
    }
  }
`)

const places = [
  { to: '/alerts', name: 'Alerts', Icon: Bell },
  { to: '/assets', name: 'Assets', Icon: Boxes },
  { to: '/vulnerabilities', name: 'Vulnerabilities', Icon: Bug },
  { to: '/compliance', name: 'Compliance', Icon: ShieldCheck },
] as const

/** What stands around every page: where one is, who one is, and whether one hears of changes. */
export function Frame({ live, children }: { live: Live; children: ReactNode }) {
  const [{ data }] = useQuery({ query: MeQuery, requestPolicy: 'cache-only' })
  const me = data?.me
  useSubscription({ query: AlertChanged, pause: !me })
  return (
    <LiveContext value={live}>
      <div className="frame">
        <a className="skip" href="#main">
          Skip to the page
        </a>
        <header className="side">
          <Link to="/alerts" className="brand">
            <Mark />
            <span>Nexus</span>
          </Link>
          <nav aria-label="Main">
            {places.map(({ to, name, Icon }) => (
              <Link key={to} to={to} className="place" activeOptions={{ includeSearch: false }}>
                <Icon aria-hidden="true" />
                <span>{name}</span>
              </Link>
            ))}
          </nav>
          <div className="who">
            {me && <Connection live={live} />}
            {me && (
              <div className="person">
                <span className="organization">{me.organization?.name}</span>
                <Link to="/security" className="name" title={`${me.email}: what protects your account`}>
                  {me.name ?? me.email}
                </Link>
                <span className="role">{label(me.role)}</span>
              </div>
            )}
            <button
              type="button"
              className="icon-button"
              aria-label="Sign out"
              title="Sign out"
              onClick={leave}
            >
              <LogOut aria-hidden="true" />
            </button>
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          <FocusOnArrival />
          {children}
        </main>
      </div>
    </LiveContext>
  )
}

async function leave() {
  if (!(await signOut())) say('failure', 'You are still signed in: Nexus does not answer.')
}

let isArrived = false

/** Who reads by ear, or steers by keys, is taken along to the new page. */
function FocusOnArrival() {
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what is arrived at
  useEffect(() => {
    if (isArrived) document.getElementById('main')?.focus({ preventScroll: true })
    isArrived = true
  }, [pathname])
  return null
}
