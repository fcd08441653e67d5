import { formatMoney } from '../kernel/money.ts'
import type { Problem } from '../kernel/problem.ts'
import { html, type Content } from '../ui/html.ts'
import { openDay } from './account.ts'
import { big, text } from './database.ts'
import { page, pieces, type Reader } from './page.ts'
import type { Parts } from './parts.ts'
import type { Chargeback, Payment } from './payment.ts'
import { latestPayments } from './paymentstore.ts'
import { apiWeathers, weatherOf, webhookWeathers } from './weather.ts'

const notices = ['day_closed', 'charged_back', 'chargeback_won', 'transfer_sent', 'weather_set'] as const

/** What the page says after an act. */
export type Notice = (typeof notices)[number]

/** The back office on one page. */
export function officePage(reader: Reader, parts: Parts, { done, problem }: { done: string; problem: Problem | null }): string {
  const { t } = reader
  const notice = notices.find((each) => each === done)
  return page(reader, {
    title: t('harbourbank.office.title'),
    here: '/office',
    wide: true,
    main: html`
      ${problem === null ? null : pieces.alert(t('harbourbank.check'), faultText(reader, problem))}
      ${notice === undefined || problem !== null ? null : html`<p class="notice" role="status">${t(`harbourbank.office.done.${notice}`)}</p>`}
      <h1>${t('harbourbank.office.title')}</h1>
      <p>${t('harbourbank.office.about')}</p>
      <div class="desks">${dayForm(reader, parts)} ${weatherForm(reader, parts)} ${transferForm(reader, parts)}</div>
      ${paymentsTable(reader, parts)} ${deliveriesTable(reader, parts)}
    `,
  })
}

function faultText({ t }: Reader, problem: Problem): Content {
  const faults: unknown = problem.extra['faults']
  const fields = Array.isArray(faults)
    ? faults.flatMap((fault: { name?: unknown }) => (typeof fault.name === 'string' ? fault.name : []))
    : []
  if (fields.length === 0) return problem.status === 409 ? t('harbourbank.office.refused') : t('harbourbank.office.unreadable')
  return html`${t('harbourbank.office.unfit')} <bdi>${fields.map((name) => officeLabel({ t }, name)).join(', ')}</bdi>`
}

function officeLabel({ t }: Pick<Reader, 't'>, name: string): string {
  const known = ['amount', 'currency', 'reference', 'text', 'name', 'iban'].find((each) => each === name)
  return known === undefined ? name : t(`harbourbank.office.field.${known}`)
}

function dayForm(reader: Reader, parts: Parts): Content {
  const { t } = reader
  return html`<form method="post" action="/office/close-day?lang=${reader.language}">
    <h2>${t('harbourbank.office.day')}</h2>
    ${pieces.facts([[t('harbourbank.office.open_day'), html`<bdi>${openDay(parts)}</bdi>`]])}
    <p>${t('harbourbank.office.day_about')}</p>
    <button type="submit">${t('harbourbank.office.close')}</button>
  </form>`
}

function choice(reader: Reader, name: 'webhooks' | 'api', options: readonly string[], chosen: string): Content {
  const { t } = reader
  return html`<div class="field">
    <label for="${name}">${t(`harbourbank.office.${name}`)}</label>
    <select id="${name}" name="${name}">
      ${options.map((each) => html`<option value="${each}" ?selected="${each === chosen}">${t(`harbourbank.office.${name}.${each}`)}</option>`)}
    </select>
  </div>`
}

function weatherForm(reader: Reader, parts: Parts): Content {
  const { t } = reader
  const now = weatherOf(parts)
  return html`<form method="post" action="/office/weather?lang=${reader.language}">
    <h2>${t('harbourbank.office.weather')}</h2>
    ${choice(reader, 'webhooks', webhookWeathers, now.webhooks)} ${choice(reader, 'api', apiWeathers, now.api)}
    <button type="submit">${t('harbourbank.office.set')}</button>
  </form>`
}

function transferForm(reader: Reader, { merchant }: Parts): Content {
  const { t } = reader
  const input = (name: string, needed: boolean, value = ''): Content =>
    html`<div class="field">
      <label for="t-${name}">${officeLabel(reader, name)}${needed ? null : html` <span class="hint">(${t('harbourbank.optional')})</span>`}</label>
      <input id="t-${name}" name="${name}" type="text" autocomplete="off" value="${value}" ?required="${needed}" dir="auto" />
    </div>`
  return html`<form method="post" action="/office/transfers?lang=${reader.language}" novalidate>
    <h2>${t('harbourbank.office.transfer')}</h2>
    <p>${t('harbourbank.office.transfer_about')} <bdi>${merchant.iban}</bdi></p>
    ${input('amount', true)} ${input('currency', true, merchant.currency)} ${input('reference', false)} ${input('text', false)}
    ${input('name', true)} ${input('iban', false)}
    <button type="submit">${t('harbourbank.office.send')}</button>
  </form>`
}

function paymentsTable(reader: Reader, parts: Parts): Content {
  const { t, language } = reader
  const payments = latestPayments(parts.db, 50)
  if (payments.length === 0) return html`<h2 id="payments">${t('harbourbank.office.payments')}</h2><p>${t('harbourbank.office.none')}</p>`
  return html`<h2 id="payments">${t('harbourbank.office.payments')}</h2>
    <div class="scroll" role="region" aria-labelledby="payments" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">${t('harbourbank.office.reference')}</th>
            <th scope="col">${t('harbourbank.amount')}</th>
            <th scope="col">${t('harbourbank.office.state')}</th>
            <th scope="col">${t('harbourbank.office.back')}</th>
            <th scope="col">${t('harbourbank.office.act')}</th>
          </tr>
        </thead>
        <tbody>
          ${payments.map((payment) => {
            return html`<tr>
              <th scope="row"><bdi>${payment.reference}</bdi></th>
              <td><bdi>${formatMoney(payment, language)}</bdi></td>
              <td>${t(`harbourbank.office.state.${payment.state}`)}</td>
              <td><bdi>${formatMoney({ amount: payment.refunded + payment.chargedBack, currency: payment.currency }, language)}</bdi></td>
              <td>${actsOn(reader, payment)}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>`
}

/** What the payer's bank may do with a payment: take money back, and give back what it took. */
function actsOn({ t, language }: Reader, payment: Payment): Content {
  const open = payment.chargebacks.filter(({ wonAt }) => wonAt === null)
  const rest = payment.captured - payment.refunded - payment.chargedBack
  const act = (path: string, name: string, value: string, words: Content): Content =>
    html`<form method="post" action="/office/${path}?lang=${language}">
      <input type="hidden" name="${name}" value="${value}" />
      <button class="quiet" type="submit">${words} <span class="unseen"><bdi>${payment.reference}</bdi></span></button>
    </form>`
  const won = ({ id, amount }: Chargeback): Content =>
    act(
      'chargebacks/won',
      'chargeback',
      id,
      t('harbourbank.office.win', { amount: formatMoney({ amount, currency: payment.currency }, language) }),
    )
  if (rest <= 0n && open.length === 0) return '–'
  return html`${rest > 0n ? act('chargebacks', 'payment', payment.id, t('harbourbank.office.charge_back')) : null} ${open.map(won)}`
}

function deliveriesTable({ t }: Reader, parts: Parts): Content {
  const rows = parts.db.all('select state, count(*) as n from deliveries group by state order by state')
  return html`<h2>${t('harbourbank.office.deliveries')}</h2>
    ${
      rows.length === 0
        ? html`<p>${t('harbourbank.office.none')}</p>`
        : pieces.facts(rows.map((row) => [t(`harbourbank.office.delivery.${text(row, 'state')}`), String(big(row, 'n'))] as const))
    }`
}
