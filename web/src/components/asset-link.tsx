import { Link } from '@tanstack/react-router'
import {
  AppWindow,
  Box,
  Boxes,
  Cloud,
  Container,
  Database,
  FolderGit2,
  Layers,
  type LucideIcon,
  Network,
  Server,
  User,
  Waypoints,
} from 'lucide-react'
import type { AssetType } from '../graphql.ts'
import { label } from '../labels.ts'

const icons: Record<AssetType, LucideIcon> = {
  HOST: Server,
  VIRTUAL_MACHINE: Server,
  CONTAINER: Container,
  CONTAINER_IMAGE: Layers,
  KUBERNETES_WORKLOAD: Boxes,
  CLOUD_RESOURCE: Cloud,
  REPOSITORY: FolderGit2,
  APPLICATION: AppWindow,
  API_ENDPOINT: Waypoints,
  DATABASE: Database,
  NETWORK_DEVICE: Network,
  IDENTITY: User,
  SAAS: Cloud,
  OTHER: Box,
}

export function AssetIcon({ type }: { type: AssetType }) {
  const Icon = icons[type]
  return <Icon className="asset-icon" aria-label={label(type)} role="img" />
}

type Linked = { id: string; name: string; type: AssetType }

/** The name of an asset, and the way to it. Of a path that is too long, the end says more than the beginning. */
export function AssetLink({ asset: { id, name, type } }: { asset: Linked }) {
  const cut = name.lastIndexOf('/')
  return (
    <Link to="/assets/$id" params={{ id }} className="asset-link" title={name}>
      <AssetIcon type={type} />
      <span className="name">
        {cut > 0 && <span>{name.slice(0, cut)}</span>}
        <span>{cut > 0 ? name.slice(cut) : name}</span>
      </span>
    </Link>
  )
}
