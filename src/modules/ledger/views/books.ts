import {
  alert,
  button,
  dataTable,
  day,
  html,
  type Html,
  instant,
  linkButton,
  linkList,
  pagination,
  summaryList,
  type View,
} from '../../../ui/index.ts'
import type { JournalEvent } from '../../../platform/journal/event.ts'
import type { Period, StatementPart } from '../books.ts'
import type { Account, Posted } from '../store.ts'
import { accountText, natureOf } from '../ledger.ts'
import { accountName, balanceText, booksNav, dayInput, sideCells, withQuery } from './parts.ts'

/** The statement of an account for a period, page by page, with its balance after each entry. */
export function statementPage(view: View, part: StatementPart, period: Period, next: string | null, closes: boolean): Html {
  const { t } = view
  const { account, before, entries } = part
  const path = `/officer/ledger/accounts/${account.id}`
  let balance = before
  const rows = entries.map((entry) => {
    balance += entry.amount
    const late =
      entry.valueDay === entry.day ? null : html`<br /><span class="st-meta">${t('ledger.value_day')} ${day(view, entry.valueDay)}</span>`
    return [
      html`<a class="ds-link" href="/officer/ledger/postings/${entry.posting}"><code>${entry.kind}</code><span class="ds-sr-only"> ${String(entry.seq)}</span></a>`,
      html`${day(view, entry.day)}${late}`,
      ...sideCells(view, entry.amount, account.currency),
      balanceText(view, balance, account.currency),
    ]
  })
  return html`<h1>${accountName(view, account)}</h1>
    ${booksNav(view, closes)} ${periodForm(view, path, period)}
    ${summaryList([
      { key: t('ledger.nature'), value: t(`ledger.nature.${natureOf(account.kind)}`) },
      { key: t('ledger.before'), value: balanceText(view, before, account.currency) },
      { key: t('ledger.after'), value: balanceText(view, balance, account.currency) },
    ])}
    ${
      rows.length === 0
        ? html`<p>${t('ledger.statement.empty')}</p>`
        : dataTable({
            caption: t('ledger.statement.caption'),
            head: [t('ledger.posting'), t('ledger.booked_on'), t('ledger.debit'), t('ledger.credit'), t('ledger.balance')],
            rows,
            numeric: [2, 3, 4],
          })
    }
    ${pagination(view, { next: next === null ? null : withQuery(path, { ...period, after: next }) })}
    <p>${linkButton(withQuery(`${path}/statement.csv`, period), t('ledger.csv'), { kind: 'secondary' })}</p>`
}

function periodForm(view: View, path: string, { from, to }: Period): Html {
  const { t } = view
  return html`<form method="get" action="${path}" class="st-form">
    ${dayInput('from', t('ledger.from'), from)} ${dayInput('to', t('ledger.to'), to)} ${button(t('ledger.show'))}
  </form>`
}

/** The postings of a period, page by page. */
export function journalPage(view: View, postings: readonly Posted[], period: Period, next: string | null, closes: boolean): Html {
  const { t } = view
  const path = '/officer/ledger/journal'
  return html`<h1>${t('ledger.journal.title')}</h1>
    ${booksNav(view, closes)}
    <p class="st-lead">${t('ledger.journal.lead')}</p>
    ${periodForm(view, path, period)}
    ${
      postings.length === 0
        ? html`<p>${t('ledger.journal.empty')}</p>`
        : dataTable({
            caption: t('ledger.journal.caption'),
            head: [t('ledger.posting'), t('ledger.booked_on'), t('ledger.account'), t('ledger.debit'), t('ledger.credit')],
            rows: postings.flatMap((posting) =>
              posting.lines.map((line) => [
                html`<a class="ds-link" href="/officer/ledger/postings/${posting.id}"><code>${posting.kind}</code><span class="ds-sr-only"> ${posting.key}</span></a>`,
                day(view, posting.day),
                accountName(view, line.account),
                ...sideCells(view, line.amount, line.account.currency),
              ]),
            ),
            numeric: [3, 4],
          })
    }
    ${pagination(view, { next: next === null ? null : withQuery(path, { ...period, after: next }) })}
    <p>${linkButton(withQuery(`${path}.csv`, period), t('ledger.csv'), { kind: 'secondary' })}</p>`
}

/** One posting: its lines, and the line of the city's journal that caused it. */
export function postingPage(
  view: View,
  found: { posting: Posted; cause: JournalEvent | null; accounts: readonly Account[] },
  reader: { closes: boolean; audits: boolean },
): Html {
  const { t } = view
  const { posting, cause } = found
  const numbers = new Map(found.accounts.map((account) => [accountText(account), account.id]))
  return html`<h1>${t('ledger.posting')} <code>${posting.kind}</code></h1>
    ${booksNav(view, reader.closes)}
    ${summaryList([
      { key: t('ledger.key'), value: html`<code><bdi dir="ltr">${posting.key}</bdi></code>` },
      { key: t('ledger.booked_on'), value: day(view, posting.day) },
      { key: t('ledger.value_day'), value: day(view, posting.valueDay) },
      { key: t('ledger.made_at'), value: instant(view, posting.madeAt) },
    ])}
    ${dataTable({
      caption: t('ledger.lines'),
      head: [t('ledger.account'), t('ledger.subject'), t('ledger.debit'), t('ledger.credit')],
      rows: posting.lines.map((line) => [
        html`<a class="ds-link" href="/officer/ledger/accounts/${numbers.get(accountText(line.account)) ?? 0}">${accountName(view, line.account)}</a>`,
        line.subject === null ? t('ledger.none') : html`<code><bdi dir="ltr">${line.subject}</bdi></code>`,
        ...sideCells(view, line.amount, line.account.currency),
      ]),
      numeric: [2, 3],
    })}
    <section aria-labelledby="cause"><h2 id="cause">${t('ledger.cause')}</h2>${causeOf(view, cause, reader.audits)}</section>`
}

function causeOf(view: View, cause: JournalEvent | null, audits: boolean): Html {
  const { t } = view
  if (cause === null) return alert('danger', null, html`<p>${t('ledger.cause.missing')}</p>`)
  return html`${summaryList([
    { key: t('ledger.cause.type'), value: html`<code>${cause.type}</code>` },
    { key: t('ledger.made_at'), value: instant(view, cause.occurredAt) },
    { key: t('ledger.cause.actor'), value: html`<code>${cause.actor}</code>` },
    { key: t('ledger.cause.data'), value: html`<code><bdi dir="ltr">${JSON.stringify(cause.data)}</bdi></code>` },
  ])}
  ${audits ? linkList([{ href: withQuery('/audit/journal', { stream: cause.stream }), title: t('ledger.cause.open') }]) : null}`
}
