import { textOf } from '../../../../platform/http/routes.ts'
import type { Messages } from '../../../../platform/i18n.ts'
import { parsePlainDate } from '../../../../kernel/time.ts'
import {
  button, type Content, dataTable, day, element, hiddenInputs, html, type Html, instant, pagination, radios, selectField, summaryList, tag, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { type ItemsAsk, type ItemsPage, type ItemStory, outcomes } from '../items.ts'
import { codeWords, itemKind } from './events.ts'
import { type Drawing, folded, refundFields, refusedSummary, wayBack, whyField } from './forms.ts'
import { agencyChoices, agencyName, amountOf, billLink, countText, deskHref, owed } from './words.ts'

type Has = Pick<Messages, 'has'>

/** The queue of what somebody has to look at: by kind and agency, the oldest first, with how long it waits. */
export function itemsView(view: View, words_: Has, page: ItemsPage, today: Date): Html {
  const { t } = view
  const telling = { view, words: words_ }
  return html`<h1>${t('payments.desk.items')}</h1>
    <p class="st-lead">${t('payments.desk.items_text')}</p>
    ${kinds(view, words_, page)}
    <form method="get" action="/officer/money/items" class="st-form st-inline">
      ${hiddenInputs({ kind: page.ask.kind, closed: page.ask.closed ? '1' : null, mine: page.ask.mine ? '1' : null })}
      ${selectField({ id: 'agency', name: 'agency', label: t('payments.desk.agency'), value: page.ask.agency, empty: t('payments.desk.filter.all'), options: agencyChoices(view, page.agencies) })}
      ${button(t('payments.desk.filter.show'), { kind: 'secondary' })}
    </form>
    ${
      page.items.length === 0
        ? html`<p>${t('payments.desk.items_none')}</p>`
        : dataTable({
            caption: t('payments.desk.items'),
            captionHidden: true,
            queue: true,
            head: [
              t('payments.desk.what'),
              t('payments.desk.agency'),
              t('payments.desk.amount'),
              t('payments.desk.since'),
              t('payments.desk.keeper'),
              t(page.ask.closed ? 'payments.desk.fact.outcome' : 'payments.desk.age'),
            ],
            numeric: [2],
            rows: page.items.map((item) => [
              html`<a class="ds-link" href="/officer/money/items/${item.id}">${itemKind(telling, item.kind)}</a>`,
              agencyName(view, item.agency),
              amountOf(view, item.amount, item.currency),
              instant(view, item.opened_at),
              keeperOf(view, page.names.get(item.taken_by ?? '') ?? null),
              item.outcome === null ? age(view, item.opened_at, today) : codeWords(telling, item.outcome),
            ]),
          })
    }
    ${pagination(view, { next: page.next ? itemsHref(page.ask, { after: page.next }) : null })}`
}

function itemsHref(ask: ItemsAsk, more: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams()
  const given = { agency: ask.agency, kind: ask.kind, closed: ask.closed ? '1' : null, mine: ask.mine ? '1' : null, ...more }
  for (const [name, value] of Object.entries(given)) if (value !== null) query.set(name, value)
  return `/officer/money/items?${query.toString()}`
}

function keeperOf(view: View, name: string | null): Content {
  return name === null ? view.t('payments.desk.keeper.nobody') : html`<bdi>${name}</bdi>`
}

function age(view: View, since: Date, now: Date): Html {
  const n = Math.floor((now.getTime() - since.getTime()) / 86_400_000)
  const text = view.t('payments.desk.days', { n })
  return n > 7 ? tag(text, 'warning') : html`${text}`
}

function kinds(view: View, has: Has, { ask, kinds: all, mine: own }: ItemsPage): Html {
  const entry = (kind: string | null, closed: boolean, label: Content, count: number | null, mine = false): Html =>
    html`<li>
      ${element(
        'a',
        {
          href: itemsHref({ ...ask, kind, closed, mine }, {}),
          'aria-current': ask.kind === kind && ask.closed === closed && ask.mine === mine ? 'page' : null,
        },
        [label, count === null ? null : html` <span class="st-count">${countText(view, count)}</span>`],
      )}
    </li>`
  const sum = all.reduce((total, each) => total + Number(each.count), 0)
  return html`<nav class="st-nav st-queues" aria-label="${view.t('payments.desk.lists')}">
    <ul>
      ${entry(null, false, view.t('payments.desk.items_all'), sum)}
      ${entry(null, false, view.t('payments.desk.items_mine'), own, true)}
      ${all.map(({ kind, count }) => entry(kind, false, itemKind({ view, words: has }, kind), Number(count)))}
      ${entry(null, true, view.t('payments.desk.items_closed'), null)}
    </ul>
  </nav>`
}

/** One work item: what happened in words, what to do, what it is about, and how to end it. */
export function itemView(drawing: Drawing, has: Has, story: ItemStory, said: Content): Html {
  const { view } = drawing
  const { t } = view
  const { item, bills, payment } = story
  const telling = { view, words: has }
  const closed = item.closed_at !== null
  const todo = `payments.desk.item.${item.kind}.do`
  return html`${refusedSummary(drawing)} ${said}
    <h1>${itemKind(telling, item.kind)}</h1>
    <p>${has.has(todo) ? t(`payments.desk.item.${item.kind}.do`) : t('payments.desk.item.any.do')}</p>
    ${summaryList([
      ...(item.amount === null ? [] : [{ key: t('payments.desk.amount'), value: amountOf(view, item.amount, item.currency) }]),
      { key: t('payments.desk.agency'), value: agencyName(view, item.agency) },
      { key: t('payments.desk.since'), value: instant(view, item.opened_at) },
      { key: t('payments.desk.keeper'), value: keeperOf(view, story.keeper) },
      ...(item.outcome === null ? [] : [{ key: t('payments.desk.fact.outcome'), value: codeWords(telling, item.outcome) }]),
      ...(payment
        ? [
            {
              key: t('payments.desk.payment'),
              value: html`${owed(view, payment, payment.amount)} · ${t(`payments.desk.code.${payment.source}`)} · ${day(view, payment.received_on)}`,
            },
          ]
        : []),
      ...facts(view, has, item),
    ])}
    ${toPrint(view, story)}
    ${
      bills.length > 0
        ? dataTable({
            id: 'bills',
            caption: t('payments.desk.about'),
            head: [t('payments.desk.bill'), t('payments.desk.what'), t('payments.desk.outstanding')],
            numeric: [2],
            rows: bills.map((bill) => [billLink(bill), words(view, bill.title), owed(view, bill, bill.outstanding)]),
          })
        : null
    }
    ${closed ? null : forms(drawing, story)}`
}

/** The letter or invoice that is to be printed, for a work item that asks for that. */
function toPrint(view: View, { item, bills }: ItemStory): Content {
  const bill = item.kind === 'print' ? bills.find(({ id }) => id === item.bill_id) : undefined
  if (!bill) return null
  const { step } = item.story
  const href = typeof step === 'number' ? `/officer/money/reminders/letters/${bill.id}?step=${step}` : deskHref(bill, '/invoice.pdf')
  return html`<p><a class="ds-link" href="${href}">${view.t('payments.desk.item.print.file')}</a></p>`
}

/** What a work item knows, each in words: amounts of its currency, days, and codes. */
function facts(view: View, has: Has, { story, currency }: ItemStory['item']): Array<{ key: Content; value: Content }> {
  return Object.entries(story).flatMap(([name, value]) => {
    if (typeof value !== 'string' && typeof value !== 'number') return []
    const text = String(value)
    const date = parsePlainDate(text)
    const key = has.has(`payments.desk.fact.${name}`) ? view.t(`payments.desk.fact.${name}`) : html`<bdi>${name.replaceAll('_', ' ')}</bdi>`
    if (date !== null) return [{ key, value: day(view, date) }]
    const amount = AMOUNTS.has(name) && currency !== null && /^-?\d{1,18}$/.test(text)
    return [{ key, value: amount ? owed(view, { currency }, BigInt(text)) : codeWords({ view, words: has }, text) }]
  })
}

const AMOUNTS = new Set(['fee', 'uncovered', 'from', 'to', 'amount', 'captured', 'gross', 'lines', 'statement', 'booked', 'ledger', 'held', 'told', 'counted', 'expected', 'opening', 'closing']) // prettier-ignore

/** Who looks after it: the reader takes it, or puts it back. */
function taking(view: View, { mine, keeper }: ItemStory, href: string): Html {
  const act = mine ? 'let_go' : 'take'
  const label = mine ? 'let_go' : keeper === null ? 'take' : 'take_over'
  return html`<form method="post" action="${href}/${act}">
    ${button(view.t(`payments.desk.act.${label}.submit`), { kind: mine || keeper !== null ? 'secondary' : 'primary' })}
  </form>`
}

function forms(drawing: Drawing, story: ItemStory): Html {
  const { view, refused } = drawing
  const { t } = view
  const { item, payment, overdue, kept, owed: others } = story
  const href = `/officer/money/items/${item.id}`
  const typed = refused?.form === 'close' ? textOf(refused.values, 'outcome') : null
  return html`<section class="st-flow" aria-labelledby="acts">
    <h2 id="acts">${t('payments.desk.acts')}</h2>
    ${taking(view, story, href)}
    ${payment && kept > 0n ? folded(drawing, { name: 'refund', action: `${href}/refund`, title: t('payments.desk.act.refund'), hint: t('payments.desk.act.refund.hint'), body: refundFields(drawing, 'refund', payment.currency, kept, wayBack(payment)), submit: t('payments.desk.act.refund.submit') }) : null}
    ${
      others.length > 0
        ? folded(drawing, {
            name: 'set_off',
            action: `${href}/set_off`,
            title: t('payments.desk.act.set_off'),
            hint: t('payments.desk.act.set_off.hint'),
            body: [
              selectField({
                id: 'set_off-bill',
                name: 'bill',
                label: t('payments.desk.bill'),
                options: others.map((bill) => ({ value: bill.id, label: html`${bill.reference} · ${owed(view, bill, bill.outstanding)}` })),
              }),
              whyField(drawing, 'set_off'),
            ],
            submit: t('payments.desk.act.set_off.submit'),
          })
        : null
    }
    ${item.attempt_id === null ? null : html`<form method="post" action="${href}/ask">${button(t('payments.desk.act.ask.submit'), { kind: 'secondary' })}</form>`}
    ${overdue ? folded(drawing, { name: 'give_up', action: `${href}/give_up`, title: t('payments.desk.act.give_up'), hint: t('payments.desk.act.give_up.hint'), body: null, submit: t('payments.desk.act.give_up') }) : null}
    ${folded(drawing, {
      name: 'close',
      action: `${href}/close`,
      title: t('payments.desk.item.close'),
      body: radios({
        id: 'outcome',
        name: 'outcome',
        label: t('payments.desk.fact.outcome'),
        value: typed,
        options: outcomes.map((each) => ({ value: each, label: t(`payments.desk.code.${each}`) })),
      }),
      submit: t('payments.desk.item.close'),
    })}
  </section>`
}
