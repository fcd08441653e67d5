import type { City } from '../platform/city.ts'
import type { Translate } from '../platform/i18n.ts'
import { inLanguage, direction, type Words } from '../kernel/text.ts'
import { formatDay, formatInstant, type PlainDate } from '../kernel/time.ts'
import { formatMoney, type Money } from '../kernel/money.ts'
import { html, type Html } from './html.ts'

/** A place the header leads to. */
export type NavItem = { readonly href: string; readonly label: string; readonly current: boolean; readonly count?: number }

/** Who is signed in, as the header says it. */
export type Viewer = { readonly label: string; readonly officer: boolean }

/** For whom the reader acts. `over`: the time has passed, nothing can be done any more; `ended`: the reader acts for nobody now and has not taken note yet. */
export type ActingView = {
  readonly kind: 'mandate' | 'assistance'
  readonly state: 'on' | 'over' | 'ended'
  /** The other person's name; null when it cannot be shown. */
  readonly label: string | null
}

/** What every page is drawn with: the reader's language, the city and who they are. */
export type View = {
  readonly t: Translate
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  /** The language wanted for a service's own words where it is none of the city's; left out: `locale`. */
  readonly wording?: string
  /** Languages beyond the city's that this page may be read in. */
  readonly also?: readonly string[]
  readonly city: City
  /** The path of the request without query. */
  readonly path: string
  /** The page that an act is answered with, which the language controls lead to; left out: `path` with `query`. */
  readonly page?: { readonly path: string; readonly query: string }
  /** The query without `lang`, beginning with `?` or empty. */
  readonly query: string
  readonly viewer: Viewer | null
  readonly nav: readonly NavItem[]
  /** The pages beside this one that belong together with it; none or left out: it stands alone. */
  readonly rooms?: readonly NavItem[]
  readonly demo: boolean
  /** Addresses of the style sheet, theme and script, with their fingerprints. */
  readonly assets: {
    readonly css: string
    readonly theme: string
    readonly script: string
    /** The script of pages with passkeys. */
    readonly passkeys: string
    /** The script of pages with a map. */
    readonly map: string
    /** The script of the crews' pages, and what it loads. */
    readonly crew: string
    readonly crewParts: readonly string[]
    readonly logo: string | null
    readonly icon: string
  }
  /** Seconds until the session ends without activity; null without a session. */
  readonly sessionSeconds: number | null
  readonly publicOrigin: string
  /** For whom the reader acts; null or left out: for themselves. */
  readonly acting?: ActingView | null
  /** Whether the page is shown on a shared device, which forgets everything after minutes without activity. */
  readonly shared?: boolean
}

/** Words of a city or service for this reader; marked with `lang` and `dir` when they are in another language. */
export function words(view: View, text: Words): Html {
  const found = inLanguage(text, wordingOf(view))
  if (found.lang === view.locale) return html`${found.text}`
  return html`<span lang="${found.lang}" dir="${direction(found.lang)}">${found.text}</span>`
}

/** The same as plain text, for titles and attributes. */
export function plainWords(view: View, text: Words): string {
  return inLanguage(text, wordingOf(view)).text
}

/** The language that words are wanted in: it may be none of the city's. */
export function wordingOf(view: View): string {
  return view.wording ?? view.locale
}

/** A calendar day for this reader. */
export function day(view: View, date: PlainDate): Html {
  return html`<time datetime="${date}">${formatDay(date, view.locale)}</time>`
}

/** An instant for this reader, in the city's zone. */
export function instant(view: View, at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${formatInstant(at, view.locale, view.city.timeZone)}</time>`
}

/** Money for this reader. */
export function money(view: View, amount: Money): Html {
  return html`<bdi>${formatMoney(amount, view.locale)}</bdi>`
}
