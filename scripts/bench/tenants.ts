import { idOfName } from '#kit/id.ts'

/** The tenants of the scale data set: of a million rows, and of ten thousand. */
export const organizationId = {
  large: idOfName('organization', 'acme'),
  small: idOfName('organization', 'globex'),
}
