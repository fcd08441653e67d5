import type { Pages } from '../../ui/index.ts'
import type { House } from '../cases/index.ts'

/** What the pages and jobs of this module work with. */
export type RepresentationParts = { readonly house: House; readonly pages: Pages }
