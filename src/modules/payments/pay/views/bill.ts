import { printedReference } from '../../../iso20022/index.ts'
import {
  alert, button, type Content, dataTable, day, errorSummary, hiddenInputs, html, type Html, linkList, statusCard, summaryList, textField, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { prose } from '../../../catalogue/index.ts'
import { isOverdue } from '../../bill.ts'
import type { MoneyRules } from '../../rules/money.ts'
import { dueOfPlan, type ShownBill } from '../read.ts'
import { billPath } from '../see.ts'
import { agencyName, dueWords, owed, stateTag, untilWords } from './words.ts'

/** What the page of a bill shows besides the bill. */
export type BillPageParts = {
  readonly rules: Pick<MoneyRules, 'treasury' | 'creditor'>
  /** Whether it can be paid online here. */
  readonly online: boolean
  /** Whether there is a code for bank apps. */
  readonly code: boolean
  /** Help for who cannot pay; nothing when a city offers none. */
  readonly hardship: Content
  /** The way to keep it with an account, for who may; and that this was done just now. */
  readonly claim: Content
  readonly claimed: Content
  /** What was wrong with the amount that was typed. */
  readonly refused: { readonly typed: string; readonly text: string } | null
}

/** A bill as its payer sees it: what and until when, how to pay, who helps, what it is made of, how to object. */
export function billPage(view: View, shown: ShownBill, parts: BillPageParts): Html {
  const { t } = view
  const { bill } = shown
  return html` ${errorSummary(view, parts.refused ? [{ href: '#amount', text: parts.refused.text }] : [])}
    ${parts.claimed}
    <h1>${words(view, bill.title)}</h1>
    ${card(view, shown)} ${said(view, shown)} ${bill.state === 'open' ? ways(view, shown, parts) : null}
    ${bill.state === 'open' ? parts.hardship : null} ${lines(view, shown)} ${plan(view, shown)} ${paid(view, shown)}
    ${
      bill.appeal
        ? html`<section class="st-flow" aria-labelledby="appeal">
            <h2 id="appeal">${t('payments.pay.appeal')}</h2>
            ${prose(view, bill.appeal)}
          </section>`
        : null
    }
    <section class="st-flow" aria-labelledby="documents">
      <h2 id="documents">${t('payments.pay.documents')}</h2>
      ${linkList([{ href: `${billPath(bill)}/invoice.pdf`, title: t('payments.pay.invoice') }])}
    </section>
    ${parts.claim}`
}

function card(view: View, { bill, today }: ShownBill): Html {
  const { t } = view
  const law = bill.legal_basis ? words(view, bill.legal_basis) : null
  return statusCard([
    {
      key: t('payments.pay.owed'),
      value: html`${owed(view, bill, bill.outstanding)} ${stateTag(view, bill, today)}`,
      note: html`${t('payments.pay.reference')} <bdi>${bill.reference}</bdi>`,
    },
    ...(bill.state === 'open'
      ? [
          {
            key: t('payments.pay.until'),
            value: dueWords(view, bill, today),
            note: isOverdue(bill, today) ? t('payments.pay.overdue') : null,
          },
        ]
      : []),
    { key: t('payments.pay.who'), value: agencyName(view, bill.agency), note: law ? html`${t('payments.pay.law')} ${law}` : null },
  ])
}

/** What has happened that the reader should know first. */
function said(view: View, { bill, under }: ShownBill): Content {
  const { t } = view
  if (bill.state === 'paid') return alert('success', t('payments.pay.paid'), html`<p>${t('payments.pay.paid_text')}</p>`)
  if (bill.state !== 'open') return alert('info', null, html`<p>${t(`payments.pay.closed.${bill.state}`)}</p>`)
  if (under === null || under.state === 'made' || under.state === 'open') return null
  return alert(
    'info',
    t('payments.pay.checking'),
    html`<p>${t('payments.pay.checking_text')} <a class="ds-link" href="/pay/attempts/${under.id}">${t('payments.pay.checking_link')}</a></p>`,
  )
}

function ways(view: View, shown: ShownBill, parts: BillPageParts): Html {
  const { t } = view
  return html`${parts.online ? online(view, shown, parts) : null}
    <section class="st-flow" aria-labelledby="transfer">
      <h2 id="transfer">${t('payments.pay.transfer')}</h2>
      ${transfer(view, shown, parts)}
    </section>
    <section class="st-flow" aria-labelledby="counter">
      <h2 id="counter">${t('payments.pay.counter')}</h2>
      ${counter(view, shown, parts)}
    </section>`
}

function online(view: View, shown: ShownBill, { refused }: BillPageParts): Html {
  const { t } = view
  const { bill } = shown
  const action = `${billPath(bill)}/pay`
  const part = dueOfPlan(shown)
  return html`<section class="st-flow" aria-labelledby="online">
    <h2 id="online">${t('payments.pay.online')}</h2>
    <p>${t('payments.pay.online_text')}</p>
    ${
      part === null
        ? null
        : html`<form method="post" action="${action}">
            ${hiddenInputs({ part: part.toString() })} ${button(html`${t('payments.pay.now_part')} ${owed(view, bill, part)}`)}
          </form>`
    }
    <form method="post" action="${action}">
      ${button(html`${t('payments.pay.now')} ${owed(view, bill, bill.outstanding)}`, { kind: part === null ? 'primary' : 'secondary' })}
    </form>
    <form method="post" action="${action}" class="st-form" novalidate>
      ${textField({
        id: 'amount',
        name: 'amount',
        label: t('payments.pay.amount'),
        hint: t('payments.pay.amount_hint'),
        error: refused?.text,
        value: refused?.typed ?? '',
        inputmode: 'decimal',
        dir: 'ltr',
        width: 's',
        suffix: bill.currency,
      })}
      ${button(t('payments.pay.amount_pay'), { kind: 'secondary' })}
    </form>
  </section>`
}

function transfer(view: View, { bill }: ShownBill, { rules: { creditor }, code }: BillPageParts): Html {
  const { t } = view
  const number = (text: string): Html => html`<bdi dir="ltr">${text}</bdi>`
  return html`<p>${t('payments.pay.transfer_text')}</p>
    ${summaryList([
      { key: t('payments.transfer.name'), value: html`<bdi>${creditor.name}</bdi>` },
      { key: 'IBAN', value: number(creditor.iban.replaceAll(/(.{4})(?=.)/g, '$1 ')) },
      ...(creditor.bic ? [{ key: 'BIC', value: number(creditor.bic) }] : []),
      { key: t('payments.transfer.reference'), value: number(printedReference(bill.creditor_reference)) },
      { key: t('payments.invoice.amount'), value: owed(view, bill, bill.outstanding) },
    ])}
    ${
      code
        ? html`<figure>
            <img src="${`${billPath(bill)}/code.svg`}" alt="${t('payments.transfer.alt')}" width="180" height="180" />
            <figcaption class="st-meta">${t('payments.transfer.scan')}</figcaption>
          </figure>`
        : null
    }`
}

function counter(view: View, { bill }: ShownBill, { rules }: BillPageParts): Html {
  const { t, city } = view
  const places = city.agencies.filter((each) => each.id === bill.agency || each.id === rules.treasury)
  return html`<p>${t('payments.pay.counter_text')} <bdi>${bill.reference}</bdi></p>
    <ul>
      ${places.map((each) => html`<li>${words(view, each.name)}: ${words(view, each.address)}. ${words(view, each.hours)}</li>`)}
    </ul>`
}

function lines(view: View, { bill, lines }: ShownBill): Html {
  const { t } = view
  const rows = lines.map((line): Content[] => [
    html`${words(view, line.title)}${line.law ? html`<br /><span class="st-meta">${line.law}</span>` : null}`,
    owed(view, bill, line.amount),
  ])
  const sum = (key: string, amount: bigint): Content[] => [
    html`<strong>${t(key)}</strong>`,
    html`<strong>${owed(view, bill, amount)}</strong>`,
  ]
  return html`<section class="st-flow" aria-labelledby="lines">
    <h2 id="lines">${t('payments.pay.lines')}</h2>
    ${dataTable({
      caption: t('payments.pay.lines'),
      captionHidden: true,
      head: [t('payments.invoice.what'), t('payments.invoice.amount')],
      rows: [
        ...rows,
        sum('payments.invoice.total', bill.total),
        ...(bill.waived > 0n ? [sum('payments.invoice.waived', -bill.waived)] : []),
        ...(bill.paid > 0n ? [sum('payments.invoice.paid', -bill.paid)] : []),
        ...(bill.waived > 0n || bill.paid > 0n ? [sum('payments.invoice.left', bill.outstanding)] : []),
      ],
      numeric: [1],
      id: 'lines-table',
    })}
  </section>`
}

function plan(view: View, { bill, instalments, today }: ShownBill): Content {
  if (instalments.length === 0 || bill.state !== 'open') return null
  const { t } = view
  const rows = instalments.map((part) => [
    day(view, part.due_on),
    owed(view, bill, part.amount),
    part.left === 0n
      ? t('payments.pay.state.paid')
      : html`${owed(view, bill, part.left)} ${t('payments.pay.plan.left')} (${untilWords(view, part.due_on, today)})`,
  ])
  return html`<section class="st-flow" aria-labelledby="plan">
    <h2 id="plan">${t('payments.pay.plan')}</h2>
    ${dataTable({
      caption: t('payments.pay.plan'),
      captionHidden: true,
      head: [t('payments.pay.plan.day'), t('payments.invoice.amount'), t('payments.pay.plan.state')],
      rows,
      id: 'plan-table',
    })}
  </section>`
}

function paid(view: View, { bill, paid }: ShownBill): Content {
  if (paid.length === 0) return null
  const { t } = view
  const rows = paid.map((part) => [
    day(view, part.on),
    html`${owed(view, bill, part.amount)} ${t(`payments.pay.way.${part.source}`)}
    ${part.back > 0n ? html`<br /><span class="st-meta">${t('payments.pay.back')} ${owed(view, bill, part.back)}</span>` : null}`,
    html`<a class="ds-link" href="/pay/receipts/${part.payment}.pdf">${t('payments.pay.receipt')}</a>
      <a class="ds-link" href="/pay/receipts/${part.payment}.json">${t('payments.pay.receipt_json')}</a>`,
  ])
  return html`<section class="st-flow" aria-labelledby="paid">
    <h2 id="paid">${t('payments.pay.payments')}</h2>
    ${dataTable({
      caption: t('payments.pay.payments'),
      captionHidden: true,
      head: [t('payments.pay.on'), t('payments.invoice.amount'), t('payments.pay.receipts')],
      rows,
      id: 'paid-table',
    })}
  </section>`
}
