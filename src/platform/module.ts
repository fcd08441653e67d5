import type { Job } from './jobs.ts'
import type { EventType } from './journal/event.ts'
import type { Subscriber } from './journal/subscribers.ts'
import type { RouteModule } from './http/routes.ts'

/** What a module contributes; data only. `app.ts` lists the modules in floor order and hands these down. */
export type Module = {
  readonly name: string
  /** The modules whose `index.ts` it may import. */
  readonly uses: readonly string[]
  readonly events?: readonly EventType[]
  readonly subscribers?: readonly Subscriber[]
  readonly jobs?: readonly Job[]
  readonly routes?: RouteModule
  /** Whether it has `migrations/` and `locales/`. */
  readonly migrations?: boolean
  readonly locales?: boolean
}
