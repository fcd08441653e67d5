import type { Messages } from '../../../../platform/i18n.ts'
import {
  alert, button, type Content, dataTable, day, html, type Html, instant, selectField, statusCard, summaryList, timeline, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { payableUntil } from '../../bill.ts'
import type { Payment } from '../../store.ts'
import { type BillStory, purposes } from '../story.ts'
import { codeWords, itemKind, storyItems, type Telling } from './events.ts'
import { billForms, type Refused, refusedSummary } from './forms.ts'
import { agencyName, deskHref, owed, standTag, stateTag } from './words.ts'

/** What the page of a bill is drawn with: what there is to say, what was refused, and what was just done. */
export type BillPageParts = {
  readonly words: Pick<Messages, 'has'>
  readonly said: Content
  readonly refused: Refused | null
  /** Money kept for the same payer, which could pay this bill. */
  readonly kept: readonly Payment[]
}

/** A bill as officers see it: where it stands and who has it, what waits, what it is made of, what may be done, and its whole story. */
export function billView(view: View, story: BillStory, parts: BillPageParts): Html {
  const { t } = view
  const telling: Telling = { view, words: parts.words, currency: story.bill.currency }
  const drawing = { view, refused: parts.refused }
  const invoice = invoiceLink(view, story)
  return html`${refusedSummary(drawing)} ${parts.said}
    <h1>${words(view, story.bill.title)}</h1>
    ${card(view, story)} ${waiting(telling, story)} ${payer(view, story)} ${facts(view, story)} ${invoice && html`<p>${invoice}</p>`} ${lines(view, story)} ${plan(view, story)}
    ${payments(view, story)} ${attempts(telling, story)}
    ${
      story.works
        ? html`<section class="st-flow" aria-labelledby="acts">
            <h2 id="acts">${t('payments.desk.acts')}</h2>
            <p>${t('payments.desk.acts_text')}</p>
            ${billForms(drawing, story, parts.kept)}
          </section>`
        : null
    }
    <section class="st-flow" aria-labelledby="story">
      <h2 id="story">${t('payments.desk.story')}</h2>
      ${timeline(storyItems(telling, story))}
    </section>`
}

/** The way to a bill's invoice, with its code, for printing; nothing for who only reads, or for a bill that is paid from an application. */
export function invoiceLink(view: View, { bill, works }: BillStory): Content {
  if (!works || bill.source === 'journey') return null
  return html`<a class="ds-link" href="${`${deskHref(bill)}/invoice.pdf`}">${view.t('payments.desk.invoice')}</a>`
}

function card(view: View, { bill, holder, today }: BillStory): Html {
  const { t } = view
  const until =
    holder.until === null
      ? null
      : html`${t(holder.late ? 'payments.desk.holder.late' : 'payments.desk.holder.until')} ${day(view, holder.until)}`
  return statusCard([
    {
      key: t('payments.desk.outstanding'),
      value: html`${owed(view, bill, bill.outstanding)} ${stateTag(view, bill, today)}`,
      note: html`<bdi>${bill.reference}</bdi>`,
    },
    { key: t('payments.desk.holder'), value: t(`payments.desk.holder.${holder.who}`), note: until },
    { key: t('payments.desk.agency'), value: agencyName(view, bill.agency), note: t(`payments.desk.revenue.${bill.revenue}`) },
  ])
}

/** What waits for an officer, with the way there. */
function waiting(telling: Telling, { proposals, refunds, items }: BillStory): Content {
  const { view } = telling
  const { t } = view
  const links = [
    ...refunds.filter(({ state }) => state === 'proposed').map(({ id }) => ({ href: `/officer/money/approvals/refund/${id}`, text: t('payments.desk.kind.refund') as Content })),
    ...proposals.filter(({ state }) => state === 'proposed').map(({ id, kind }) => ({ href: `/officer/money/approvals/proposal/${id}`, text: t(`payments.desk.kind.${kind}`) as Content })),
    ...items.filter(({ closed_at }) => closed_at === null).map(({ id, kind }) => ({ href: `/officer/money/items/${id}`, text: itemKind(telling, kind) })),
  ] // prettier-ignore
  if (links.length === 0) return null
  const list = links.map(({ href, text }) => html`<li><a class="ds-link" href="${href}">${text}</a></li>`)
  return alert(
    'info',
    t('payments.desk.waiting'),
    html`<ul>
      ${list}
    </ul>`,
  )
}

/** The payer: by a deliberate opening, which is noted with why. */
function payer(view: View, { bill, opened, notes }: BillStory): Html {
  const { t } = view
  const inner = opened
    ? summaryList([
        { key: t('payments.desk.payer.name'), value: html`<bdi>${opened.payer?.name || t('payments.desk.payer.unknown')}</bdi>` },
        ...(opened.payer?.email ? [{ key: t('payments.desk.payer.email'), value: html`<bdi>${opened.payer.email}</bdi>` }] : []),
        ...(opened.payer?.address
          ? [{ key: t('payments.desk.payer.address'), value: html`<span dir="auto">${opened.payer.address}</span>` }]
          : []),
      ])
    : html`<p>${t('payments.desk.payer.text')}</p>
        <form method="get" action="${deskHref(bill)}" class="st-form">
          ${selectField({
            id: 'purpose',
            name: 'purpose',
            label: t('payments.desk.payer.purpose'),
            options: purposes.map((value) => ({ value, label: t(`payments.desk.purpose.${value}`) })),
          })}
          ${button(t('payments.desk.payer.open'), { kind: 'secondary' })}
        </form>`
  return html`<section class="st-flow" aria-labelledby="payer">
    <h2 id="payer">${t('payments.desk.payer')}</h2>
    <p>${t(`payments.desk.payer.${bill.payer}`)} ${notes.length > 0 ? t('payments.desk.notes', { n: notes.length }) : null}</p>
    ${inner}
  </section>`
}

function facts(view: View, { bill }: BillStory): Html {
  const { t } = view
  return summaryList([
    { key: t('payments.desk.creditor_reference'), value: html`<bdi>${bill.creditor_reference}</bdi>` },
    { key: t('payments.desk.from'), value: t(`payments.desk.code.${bill.source}`) },
    { key: t('payments.desk.issued'), value: instant(view, bill.issued_at) },
    { key: t('payments.desk.due'), value: day(view, payableUntil(bill)) },
    ...(bill.legal_basis ? [{ key: t('payments.desk.law'), value: words(view, bill.legal_basis) }] : []),
  ])
}

function lines(view: View, { bill, lines: all }: BillStory): Html {
  const { t } = view
  return dataTable({
    id: 'lines',
    caption: t('payments.desk.lines'),
    head: [t('payments.desk.line'), t('payments.desk.day'), t('payments.desk.amount')],
    numeric: [2],
    rows: [
      ...all.map((each) => [words(view, each.title), day(view, each.added_on), owed(view, bill, each.amount)]),
      [t('payments.desk.total'), '', owed(view, bill, bill.total)],
      ...(bill.waived > 0n ? [[t('payments.desk.waived'), '', owed(view, bill, -bill.waived)]] : []),
      ...(bill.paid > 0n ? [[t('payments.desk.paid'), '', owed(view, bill, -bill.paid)]] : []),
    ],
  })
}

function plan(view: View, { bill, instalments }: BillStory): Content {
  if (instalments.length === 0) return null
  const { t } = view
  return dataTable({
    id: 'plan',
    caption: t('payments.desk.plan'),
    head: [t('payments.desk.due'), t('payments.desk.amount'), t('payments.desk.outstanding')],
    numeric: [1, 2],
    rows: instalments.map((part) => [day(view, part.due_on), owed(view, bill, part.amount), owed(view, bill, part.left)]),
  })
}

function payments(view: View, { bill, paid, refunds }: BillStory): Content {
  const { t } = view
  return [
    paid.length > 0 &&
      dataTable({
        id: 'payments',
        caption: t('payments.desk.payments'),
        head: [t('payments.desk.day'), t('payments.desk.way'), t('payments.desk.here'), t('payments.desk.kept')],
        numeric: [2, 3],
        rows: paid.map(({ payment, here }) => [
          day(view, payment.received_on),
          t(`payments.desk.code.${payment.source}`),
          owed(view, bill, here),
          owed(view, payment, payment.unapplied),
        ]),
      }),
    refunds.length > 0 &&
      dataTable({
        id: 'refunds',
        caption: t('payments.desk.refunds'),
        head: [t('payments.desk.day'), t('payments.desk.way'), t('payments.desk.state'), t('payments.desk.amount')],
        numeric: [3],
        rows: refunds.map((refund) => [
          html`<a class="ds-link" href="/officer/money/approvals/refund/${refund.id}">${instant(view, refund.proposed_at)}</a>`,
          t(`payments.desk.code.${refund.way}`),
          standTag(view, refund.state),
          owed(view, refund, refund.amount),
        ]),
      }),
  ]
}

function attempts(telling: Telling, { attempts: all, bill }: BillStory): Content {
  if (all.length === 0) return null
  const { view } = telling
  const { t } = view
  return dataTable({
    id: 'attempts',
    caption: t('payments.desk.attempts'),
    head: [t('payments.desk.day'), t('payments.desk.state'), t('payments.desk.fact.reason'), t('payments.desk.amount')],
    numeric: [3],
    rows: all.map((attempt) => [
      instant(view, attempt.made_at),
      codeWords(telling, attempt.state),
      attempt.reason === null ? '' : codeWords(telling, attempt.reason),
      owed(view, bill, attempt.amount),
    ]),
  })
}
