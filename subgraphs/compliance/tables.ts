import type { Generated, Selectable } from 'kysely'

export type Tables = {
  frameworks: {
    id: string
    name: string
    version: string
    catalogUri: string | null
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
  controls: {
    id: string
    frameworkId: string
    code: string
    title: string
    /** The heading that it stands under in its catalogue. */
    section: string
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
  }
}

export type FrameworkRow = Selectable<Tables['frameworks']>
export type ControlRow = Selectable<Tables['controls']>
