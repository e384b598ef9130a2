/** CycloneDX 1.6 VEX, as it is written. */
import { cyclonedxOf } from '../../rules-vex.ts'
import { actionOf, assetIri, type Head, type Statement, uuidOf } from './statement.ts'

/** The properties of ours: what CycloneDX has no word for. */
export const property = {
  asset: 'nexus:asset',
  component: 'nexus:component',
  status: 'nexus:status',
  resolution: 'nexus:resolution',
} as const

type Property = { name: string; value: string }
const propertiesOf = (of: Record<string, string | null>): { properties?: Property[] } => {
  const given = Object.entries(of).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]))
  return given.length > 0 ? { properties: given } : {}
}

const refOf = ({ key, asset }: Statement) => (asset === null ? key : `${assetIri(asset)}/${key}`)

function componentOf(statement: Statement): object {
  const { component, purl, key, asset } = statement
  return {
    type: 'library',
    'bom-ref': refOf(statement),
    name: component?.name ?? asset ?? key,
    ...(component?.version && { version: component.version }),
    ...(purl && { purl }),
    ...propertiesOf({ [property.asset]: asset, [property.component]: purl ? null : key }),
  }
}

/** Who gives ids that look so. */
const sourceOf = (id: string): string => id.split('-')[0]!.toUpperCase()

function vulnerabilityOf(statement: Statement): object {
  const { name, aliases, at, status, resolution, reason } = statement
  const { state, justification, response } = cyclonedxOf(statement)
  return {
    'bom-ref': `${name}/${refOf(statement)}`,
    id: name,
    ...(aliases.length > 0 && {
      references: aliases.map((id) => ({ id, source: { name: sourceOf(id) } })),
    }),
    ...(state === 'exploitable' && { recommendation: actionOf(statement) }),
    analysis: {
      state,
      ...(justification && { justification }),
      ...(response.length > 0 && { response }),
      ...(reason && { detail: reason }),
      lastUpdated: at.toISOString(),
    },
    affects: [{ ref: refOf(statement) }],
    ...propertiesOf({ [property.status]: status, [property.resolution]: resolution }),
  }
}

/** The document, whose serial number follows from what it says: only the time differs between two that say the same. */
export function cyclonedx(statements: readonly Statement[], { author, at }: Head): string {
  const byRef = new Map(statements.map((statement) => [refOf(statement), statement]))
  const components = [...byRef.values()].map(componentOf)
  const vulnerabilities = statements.map(vulnerabilityOf)
  return JSON.stringify({
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([author, components, vulnerabilities]))}`,
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      tools: { components: [{ type: 'application', name: 'Nexus' }] },
      supplier: { name: author },
    },
    components,
    vulnerabilities,
  })
}
