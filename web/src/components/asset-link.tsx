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

/** The name of an asset, and the way to it. */
export function AssetLink({
  asset: { id, name, type },
}: {
  asset: { id: string; name: string; type: AssetType }
}) {
  return (
    <Link to="/assets/$id" params={{ id }} className="asset-link" title={name}>
      <AssetIcon type={type} />
      <span>{name}</span>
    </Link>
  )
}
