import type { Words } from '../../kernel/text.ts'
import type { Forgotten } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Pages } from '../../ui/index.ts'
import type { House, Listen } from '../cases/index.ts'

/** Whom an access token of an `Authorization: Bearer` header speaks for. */
export type Bearer = { readonly personId: string; readonly accountId: string | null }

/** What the pages, doors and jobs of this module work with. */
export type PrivacyParts = {
  readonly house: House
  readonly pages: Pages
  readonly listen: Listen
  /** Asks every module to forget what it keeps about a person who is being erased. */
  readonly forget: (tx: Platform, who: Forgotten) => Promise<void>
  /** What an application with access calls itself; null when there is none of that id. */
  readonly appName: (id: string) => Promise<Words | null>
  /** Reads an access token with the scope `data_usage`; null when it is not good. */
  readonly verifyBearer: (header: string) => Promise<Bearer | null>
}
