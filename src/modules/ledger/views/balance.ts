import type { PlainDate } from '../../../kernel/time.ts'
import { alert, button, type Content, dataTable, day, html, type Html, linkButton, money, type View } from '../../../ui/index.ts'
import type { Movement, Period, TrialBalance, Turnover } from '../books.ts'
import { natureOf } from '../ledger.ts'
import { accountName, balanceText, booksNav, dayInput, sideCells, withQuery } from './parts.ts'

/** The trial balance at the end of a day, a table for each currency. */
export function trialBalancePage(view: View, until: PlainDate, found: readonly TrialBalance[], closes: boolean): Html {
  const { t } = view
  return html`<h1>${t('ledger.title')}</h1>
    ${booksNav(view, closes)}
    <p class="st-lead">${t('ledger.lead')}</p>
    ${balanceForm(view, null, until)}
    ${found.length === 0 ? html`<p>${t('ledger.empty')}</p>` : found.map((each, at) => currencyTable(view, until, each, at))}
    <p>${linkButton(withQuery('/officer/ledger.csv', { day: until }), t('ledger.csv'), { kind: 'secondary' })}</p>`
}

function currencyTable(view: View, until: PlainDate, { currency, accounts, debit, credit }: TrialBalance, at: number): Html {
  const { t } = view
  const rows = accounts.map((account) => [
    html`<a class="ds-link" href="${withQuery(`/officer/ledger/accounts/${account.id}`, { to: until })}">${accountName(view, account)}</a>`,
    t(`ledger.nature.${natureOf(account.kind)}`),
    ...sideCells(view, account.balance, currency),
  ])
  const total = [t('ledger.total'), '', money(view, { amount: debit, currency }), money(view, { amount: credit, currency })]
  return html`${debit === credit ? null : alert('danger', t('ledger.uneven'), html`<p>${t('ledger.uneven.text')}</p>`)}
  ${dataTable({
    id: `balance-${at}`,
    caption: html`${t('ledger.caption')} <bdi>${currency}</bdi>, ${day(view, until)}`,
    head: [t('ledger.account'), t('ledger.nature'), t('ledger.debit'), t('ledger.credit')],
    rows: [...rows, total],
    numeric: [2, 3],
  })}`
}

/** Which days a trial balance is of: the last one, or also the first of a period. */
function balanceForm(view: View, from: PlainDate | null, until: PlainDate): Html {
  const { t } = view
  return html`<form method="get" action="/officer/ledger" class="st-form">
    ${dayInput('from', t('ledger.from_optional'), from)} ${dayInput('day', t('ledger.day'), until)} ${button(t('ledger.show'))}
  </form>`
}

/** The trial balance of a period, a table for each currency: what was there before, what was booked on each side, what is there after. */
export function turnoverPage(view: View, period: Period, found: readonly Turnover[], closes: boolean): Html {
  const { t } = view
  return html`<h1>${t('ledger.title')}</h1>
    ${booksNav(view, closes)}
    <p class="st-lead">${t('ledger.lead_period')}</p>
    ${balanceForm(view, period.from, period.to)}
    ${found.length === 0 ? html`<p>${t('ledger.empty')}</p>` : found.map((each, at) => turnoverOf(view, period, each, at))}
    <p>${linkButton(withQuery('/officer/ledger.csv', { from: period.from, day: period.to }), t('ledger.csv'), { kind: 'secondary' })}</p>`
}

function turnoverOf(view: View, period: Period, { currency, accounts, debit, credit }: Turnover, at: number): Html {
  const { t } = view
  const sum = (amount: bigint): Content => money(view, { amount, currency })
  const row = (each: Movement): Content[] => [
    html`<a class="ds-link" href="${withQuery(`/officer/ledger/accounts/${each.id}`, period)}">${accountName(view, each)}</a>`,
    balanceText(view, each.before, currency),
    sum(each.debit),
    sum(each.credit),
    balanceText(view, each.after, currency),
  ]
  return html`${debit === credit ? null : alert('danger', t('ledger.uneven'), html`<p>${t('ledger.uneven.text')}</p>`)}
  ${dataTable({
    id: `balance-${at}`,
    caption: html`${t('ledger.caption_period')} <bdi>${currency}</bdi>, ${day(view, period.from)} – ${day(view, period.to)}`,
    head: [t('ledger.account'), t('ledger.before'), t('ledger.debit'), t('ledger.credit'), t('ledger.after')],
    rows: [...accounts.map(row), [t('ledger.total'), '', sum(debit), sum(credit), '']],
    numeric: [1, 2, 3, 4],
  })}`
}
