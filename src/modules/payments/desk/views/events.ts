import { type JournalEvent, textIn } from '../../../../platform/journal/event.ts'
import { parsePlainDate } from '../../../../kernel/time.ts'
import type { Messages } from '../../../../platform/i18n.ts'
import { type Content, dataTable, day, html, type Html, instant, type TimelineItem, type View } from '../../../../ui/index.ts'
import type { LedgerEntry } from '../../../ledger/index.ts'
import { owed } from '../../pay/views/words.ts'
import { accountIn, type BillStory, type StoryEvent } from '../story.ts'
import { known } from './words.ts'

/** What is needed to put events into words: the reader, what words there are, and the currency of amounts. */
export type Telling = { readonly view: View; readonly words: Pick<Messages, 'has'>; readonly currency: string }

type Shape = 'amount' | 'code' | 'day' | 'number' | 'kind'

/** What events carry that is shown, in this order, and how; ids are not. */
const SHAPES: ReadonlyArray<readonly [name: string, shape: Shape]> = [
  ['amount', 'amount'], ['total', 'amount'], ['net', 'amount'], ['unapplied', 'amount'], ['outstanding', 'amount'], ['fee', 'amount'], ['fees', 'amount'],
  ['counted', 'amount'], ['difference', 'amount'], ['source', 'code'], ['cause', 'code'], ['way', 'code'], ['kind', 'kind'], ['why', 'code'], ['reason', 'code'],
  ['outcome', 'code'], ['provider', 'code'], ['till', 'code'], ['due', 'day'], ['until', 'day'], ['day', 'day'], ['before', 'day'], ['step', 'number'],
  ['parts', 'number'], ['bills', 'number'], ['entries', 'number'], ['refunds', 'number'], ['steps', 'number'], ['checked', 'number'], ['differences', 'number'],
] // prettier-ignore

/** Events that tell from what to what, and how that is shown; elsewhere the two are ids. */
const ENDS: Readonly<Record<string, Shape>> = {
  'payments.bill.corrected': 'amount',
  'payments.attempt.moved': 'code',
  'payments.refund.moved': 'code',
  'payments.reconciliation.ran': 'day',
}

/** What a kind of event is in words. */
export function eventTitle({ view, words }: Pick<Telling, 'view' | 'words'>, { type }: Pick<JournalEvent, 'type'>): Content {
  const what = type.replace(/^payments\./, '')
  return words.has(`payments.desk.event.${what}`) ? view.t(`payments.desk.event.${what}`) : html`<bdi>${type}</bdi>`
}

/** What an event carries, in words: amounts, days and the words of codes. */
export function eventFacts(telling: Telling, { type, data }: JournalEvent): Content[] {
  const ends = (name: 'from' | 'to'): Content[] => {
    if (typeof data[name] !== 'string') return []
    const shape = ENDS[type]
    return shape === undefined ? [] : fact(telling, name, shape, data[name])
  }
  const kind = type.startsWith('payments.item.') ? 'kind' : 'code'
  const rest = SHAPES.flatMap(([name, shape]) =>
    fact(telling, name, shape === 'kind' ? kind : shape, data[name], type === 'payments.bill.issued' && name === 'source' ? 'from' : name),
  )
  return [...ends('from'), ...ends('to'), ...rest].map((each, at) => (at === 0 ? each : html` · ${each}`))
}

function fact(telling: Telling, name: string, shape: Shape, value: unknown, label = name): Content[] {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return []
  if (shape === 'amount' && (name === 'unapplied' || name === 'fee') && value === '0') return []
  return [html`${telling.view.t(`payments.desk.fact.${label}`)} ${shown(telling, shape, String(value))}`]
}

function shown({ view, words, currency }: Telling, shape: Shape, text: string): Content {
  if (shape === 'amount') return /^-?\d{1,18}$/.test(text) ? owed(view, { currency }, BigInt(text)) : html`<bdi>${text}</bdi>`
  if (shape === 'number') return view.t('ui.number', { n: Number(text) })
  if (shape === 'kind') return itemKind({ view, words }, text)
  const date = shape === 'day' ? parsePlainDate(text) : null
  if (date !== null) return day(view, date)
  return codeWords({ view, words }, text)
}

/** The words of a code of events; the code itself when nobody has said what it means. */
export function codeWords({ view, words }: Pick<Telling, 'view' | 'words'>, code: string): Content {
  return known(view, words.has, 'payments.desk.code', code)
}

/** What a kind of work item is in words. */
export function itemKind({ view, words }: Pick<Telling, 'view' | 'words'>, kind: string): Content {
  return known(view, words.has, 'payments.desk.item', kind)
}

/** Who did it. */
export function whoDid(view: View, event: Pick<JournalEvent, 'actor'>, names: ReadonlyMap<string, string>): Content {
  if (event.actor.startsWith('system:')) return view.t('payments.desk.did.system')
  const name = names.get(accountIn(event.actor) ?? '')
  return name ? html`<bdi>${name}</bdi>` : view.t('payments.desk.did.payer')
}

/** The story of a bill as one timeline, the newest first: what, who, when, what was written, and what was booked. */
export function storyItems(telling: Telling, story: BillStory): TimelineItem[] {
  return story.events.map((each, at) => ({
    title: eventTitle(telling, each.event),
    at: html`${whoDid(telling.view, each.event, story.names)} · ${instant(telling.view, each.event.occurredAt)}`,
    body: bodyOf(telling, story, each, at),
    tone: at === 0 ? 'now' : 'done',
  }))
}

function bodyOf(telling: Telling, story: BillStory, { event, entries }: StoryEvent, at: number): Content {
  const facts = eventFacts(telling, event)
  const about = [textIn(event.data, 'note'), textIn(event.data, 'proposal'), event.type === 'payments.refund.proposed' ? event.stream : '']
  const said = about.map((id) => story.opened?.words.get(id) ?? '').find((text) => text !== '')
  return [
    facts.length > 0 ? html`<p>${facts}</p>` : null,
    said ? html`<blockquote dir="auto">${said}</blockquote>` : null,
    linkTo(telling.view, event),
    entries.length > 0 ? booked(telling, entries, at) : null,
  ]
}

function linkTo(view: View, event: JournalEvent): Content {
  if (event.type === 'payments.item.opened')
    return html`<p><a class="ds-link" href="/officer/money/items/${event.stream}">${view.t('payments.desk.item.see')}</a></p>`
  return null
}

function booked(telling: Telling, entries: readonly LedgerEntry[], at: number): Html {
  const { view } = telling
  const { t } = view
  return html`<details>
    <summary>${t('payments.desk.booked')}</summary>
    ${dataTable({
      id: `booked-${at}`,
      caption: t('payments.desk.booked'),
      captionHidden: true,
      head: [t('payments.desk.booked.account'), t('payments.desk.day'), t('payments.desk.booked.debit'), t('payments.desk.booked.credit')],
      numeric: [2, 3],
      rows: entries.map(({ account, amount, day: on }) => [
        html`${t(`ledger.kind.${account.kind}`)} <bdi>${account.agency}</bdi>`,
        day(view, on),
        amount > 0n ? owed(view, account, amount) : '',
        amount < 0n ? owed(view, account, -amount) : '',
      ]),
    })}
  </details>`
}
