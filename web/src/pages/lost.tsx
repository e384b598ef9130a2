import { Link } from '@tanstack/react-router'
import { Compass, TriangleAlert } from 'lucide-react'
import { PageHead } from '../components/page-head.tsx'
import { Notice } from '../components/states.tsx'

export function NotFound() {
  const action = (
    <Link className="button" to="/alerts">
      To the alerts
    </Link>
  )
  return (
    <>
      <PageHead title="Not found" />
      <Notice Icon={Compass} title="There is nothing here" action={action}>
        The address is wrong, or what was here is gone or not yours to see.
      </Notice>
    </>
  )
}

/** What is shown when a page breaks. A new version of Nexus takes the files of the old one with it. */
export function Lost() {
  const action = (
    <button type="button" className="button" onClick={() => location.reload()}>
      Load again
    </button>
  )
  return (
    <>
      <PageHead title="Something broke" />
      <Notice Icon={TriangleAlert} title="This page broke" action={action} tone="bad">
        It may be that Nexus was renewed meanwhile. Loading the page again gets the new one.
      </Notice>
    </>
  )
}
