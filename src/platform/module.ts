import type { Job } from './jobs.ts'
import type { EventType } from './journal/event.ts'
import type { Subscriber } from './journal/subscribers.ts'
import type { RouteModule } from './http/routes.ts'
import type { Wrapped } from './keysrotate.ts'
import type { Platform } from './platform.ts'

/** Who is being erased; whoever has no account was never signed in. */
export type Forgotten = { readonly personId: string; readonly accountId: string | null }

/** What a module contributes; data only. `app.ts` lists the modules in floor order and hands these down. */
export type Module = {
  readonly name: string
  /** The modules whose `index.ts` it may import. */
  readonly uses: readonly string[]
  readonly events?: readonly EventType[]
  readonly subscribers?: readonly Subscriber[]
  readonly jobs?: readonly Job[]
  readonly routes?: RouteModule
  /** Its tables with bytes that the deployment's keys wrap. */
  readonly wrapped?: readonly Wrapped[]
  /**
   * Forgets what its tables keep about a person who is being erased, in the transaction that destroys their key: whatever
   * leads to them, or can be read without that key.
   */
  readonly forgets?: (tx: Platform, who: Forgotten) => Promise<void>
  /** Whether it has `migrations/` and `locales/`. */
  readonly migrations?: boolean
  readonly locales?: boolean
}
