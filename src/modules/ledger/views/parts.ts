import type { PlainDate } from '../../../kernel/time.ts'
import { type Content, element, html, type Html, money, type View, words } from '../../../ui/index.ts'
import type { AccountKey } from '../ledger.ts'

const PAGES = [
  ['/officer/ledger', 'ledger.title'],
  ['/officer/ledger/journal', 'ledger.journal.title'],
] as const

/** The pages of the books, as a list of links; closing a month for whoever may. */
export function booksNav(view: View, closes: boolean): Html {
  const all = closes ? [...PAGES, ['/officer/ledger/close', 'ledger.close.title'] as const] : PAGES
  return html`<nav class="st-nav st-queues" aria-label="${view.t('ledger.nav')}">
    <ul>
      ${all.map(([href, key]) => html`<li>${element('a', { href, 'aria-current': view.path === href ? 'page' : null }, view.t(key))}</li>`)}
    </ul>
  </nav>`
}

/** An account in words: its kind, whose it is, and which of several. */
export function accountName(view: View, { agency, kind, part }: AccountKey): Html {
  return html`${view.t(`ledger.kind.${kind}`)} · ${agencyName(view, agency)}${part ? html` (<bdi>${partName(view, kind, part)}</bdi>)` : null}`
}

const HEADS = ['fee', 'tax', 'fine', 'charge', 'service']

function partName(view: View, kind: string, part: string): string {
  return kind === 'revenue' && HEADS.includes(part) ? view.t(`ledger.head.${part}`) : part
}

function agencyName(view: View, id: string): Content {
  if (id === 'city') return view.t('ledger.whole_city')
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

/** An amount in the column of its side: a debit in the first, a credit in the second, both without sign. */
export function sideCells(view: View, amount: bigint, currency: string): [Content, Content] {
  return [
    amount > 0n ? money(view, { amount, currency }) : html`<span class="ds-sr-only">${view.t('ledger.none')}</span>`,
    amount < 0n ? money(view, { amount: -amount, currency }) : html`<span class="ds-sr-only">${view.t('ledger.none')}</span>`,
  ]
}

/** A balance with its side in words. */
export function balanceText(view: View, balance: bigint, currency: string): Html {
  const amount = money(view, { amount: balance < 0n ? -balance : balance, currency })
  return balance === 0n ? amount : html`${amount} ${view.t(balance > 0n ? 'ledger.debit' : 'ledger.credit')}`
}

/** A field for a day; null: empty. */
export function dayInput(id: string, label: Content, value: PlainDate | null): Html {
  const input = element('input', { class: 'ds-input st-width-m', type: 'date', id, name: id, value })
  return html`<div class="ds-field st-field"><label class="ds-label" for="${id}">${label}</label>${input}</div>`
}

/** An address with a query; what is empty is left out. */
export function withQuery(path: string, values: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams(
    Object.entries(values).flatMap(([name, value]): Array<[string, string]> => (value ? [[name, value]] : [])),
  )
  return query.size === 0 ? path : `${path}?${query.toString()}`
}
