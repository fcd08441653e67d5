import { formatMoney } from '../kernel/money.ts'
import type { Problem } from '../kernel/problem.ts'
import { inLanguage } from '../kernel/text.ts'
import { html, type Content } from '../ui/html.ts'
import { page, pieces, type Reader } from './page.ts'
import type { Merchant } from './parts.ts'
import { testCards, type Payment } from './payment.ts'

/** What is wrong with what the payer typed, by field. */
export type CardFaults = {
  readonly number?: 'unknown'
  readonly expiry?: 'form' | 'past'
  readonly security?: 'form'
  readonly code?: 'wrong'
  /** The form was not one of this payment's pages. */
  readonly form?: 'stale'
}

type Show = { readonly payment: Payment; readonly merchant: Merchant; readonly faults: CardFaults; readonly now: Date }

/** The hosted page of a payment, at the step where it stands. */
export function checkoutPage(reader: Reader, show: Show): string {
  const { payment, faults } = show
  const { t } = reader
  const step = payment.state === 'created' ? payment.step : 'done'
  const title = t(`harbourbank.title.${step}`)
  const failed = Object.keys(faults).length > 0
  return page(reader, {
    title: failed ? t('harbourbank.error_title', { title }) : title,
    here: `/pay/${payment.id}`,
    main: html`
      ${summaryOf(reader, faults)}
      <h1>${title}</h1>
      ${pieces.facts([
        [t('harbourbank.pay_to'), nameOf(reader, show.merchant)],
        [t('harbourbank.amount'), html`<bdi class="amount">${formatMoney(payment, reader.language)}</bdi>`],
        [t('harbourbank.for'), html`<bdi>${payment.description}</bdi>`],
      ])}
      ${steps[step](reader, show)}
      ${step === 'done' ? null : cancelForm(reader, payment)}
    `,
  })
}

/** The page of a fault on the way of paying. */
export function faultPage(reader: Reader, problem: Problem, here: string): string {
  const { t } = reader
  const known = problem.status === 404 ? 'unknown' : problem.status >= 500 ? 'broken' : problem.status === 409 ? 'moved' : 'unreadable'
  const title = t(`harbourbank.fault.${known}.title`)
  return page(reader, { title, here, main: html`<h1>${title}</h1><p>${t(`harbourbank.fault.${known}.text`)}</p>` })
}

function nameOf(reader: Reader, merchant: Merchant): Content {
  const { text, lang } = inLanguage(merchant.name, reader.language)
  return html`<bdi lang="${lang}">${text}</bdi>`
}

const fieldIds: ReadonlyArray<keyof CardFaults> = ['form', 'number', 'expiry', 'security', 'code']

function summaryOf({ t }: Reader, faults: CardFaults): Content {
  const wrong = fieldIds.filter((name) => faults[name] !== undefined)
  if (wrong.length === 0) return null
  return html`<div class="alert" role="alert" tabindex="-1">
    <h2>${t('harbourbank.check')}</h2>
    <ul>
      ${wrong.map((name) => html`<li><a href="#${name === 'form' ? 'main' : name}">${t(`harbourbank.wrong.${name}.${faults[name]}`)}</a></li>`)}
    </ul>
  </div>`
}

function hidden(payment: Payment): Content {
  return html`<input type="hidden" name="token" value="${payment.token}" />`
}

function target(reader: Reader, payment: Payment, act: string): string {
  return `/pay/${payment.id}/${act}?lang=${reader.language}`
}

function cancelForm(reader: Reader, payment: Payment): Content {
  return html`<form method="post" action="${target(reader, payment, 'cancel')}">
    ${hidden(payment)}<button class="quiet" type="submit">${reader.t('harbourbank.cancel')}</button>
  </form>`
}

type FieldOptions = {
  readonly name: 'number' | 'expiry' | 'security' | 'code'
  readonly autocomplete: string
  readonly fault: string | undefined
  readonly size: number
}

function field({ t }: Reader, { name, autocomplete, fault, size }: FieldOptions): Content {
  const described = [`${name}-hint`, ...(fault === undefined ? [] : [`${name}-fault`])].join(' ')
  return html`<div class="field ${fault === undefined ? '' : 'wrong'}">
    <label for="${name}">${t(`harbourbank.field.${name}`)}</label>
    <p class="hint" id="${name}-hint">${t(`harbourbank.hint.${name}`)}</p>
    ${fault === undefined ? null : html`<p class="fault" id="${name}-fault">${t(`harbourbank.wrong.${name}.${fault}`)}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="text"
      inputmode="numeric"
      dir="ltr"
      autocomplete="${autocomplete}"
      size="${size}"
      maxlength="40"
      aria-describedby="${described}"
      ?aria-invalid="${fault !== undefined}"
      required
    />
  </div>`
}

function choose(reader: Reader, { payment, faults }: Show): Content {
  const { t } = reader
  return html`
    <form class="wallet" method="post" action="${target(reader, payment, 'wallet')}">
      ${hidden(payment)}<button class="dark" type="submit">${t('harbourbank.wallet')}</button>
    </form>
    <p class="or"><span>${t('harbourbank.or')}</span></p>
    <form method="post" action="${target(reader, payment, 'card')}" novalidate>
      <h2>${t('harbourbank.card')}</h2>
      ${hidden(payment)} ${field(reader, { name: 'number', autocomplete: 'cc-number', fault: faults.number, size: 24 })}
      <div class="pair">
        ${field(reader, { name: 'expiry', autocomplete: 'cc-exp', fault: faults.expiry, size: 7 })}
        ${field(reader, { name: 'security', autocomplete: 'cc-csc', fault: faults.security, size: 5 })}
      </div>
      <button type="submit">${t('harbourbank.pay')} <bdi>${formatMoney(payment, reader.language)}</bdi></button>
    </form>
    ${cardsTable(reader)}
  `
}

function cardsTable({ t }: Reader): Content {
  return html`<details>
    <summary>${t('harbourbank.test_cards')}</summary>
    <p>${t('harbourbank.test_cards_about')}</p>
    <ul class="cards">
      ${testCards.map(
        ({ number, course }) =>
          html`<li>
            <bdi><code>${number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')}</code></bdi> <span>${t(`harbourbank.course.${course}`)}</span>
          </li>`,
      )}
    </ul>
  </details>`
}

function enterCode(reader: Reader, { payment, faults }: Show): Content {
  const { t } = reader
  return html`
    <p>${t('harbourbank.code_about')}</p>
    <section class="phone" aria-label="${t('harbourbank.phone')}">
      <h2>${t('harbourbank.phone')}</h2>
      <p>${t('harbourbank.message')} <bdi><strong id="sent-code">${payment.code}</strong></bdi></p>
    </section>
    <form method="post" action="${target(reader, payment, 'code')}" novalidate>
      ${hidden(payment)} ${field(reader, { name: 'code', autocomplete: 'one-time-code', fault: faults.code, size: 8 })}
      <button type="submit">${t('harbourbank.confirm')} <bdi>${formatMoney(payment, reader.language)}</bdi></button>
    </form>
    ${otherForm(reader, payment)}
  `
}

function confirmWallet(reader: Reader, { payment }: Show): Content {
  const { t } = reader
  return html`
    <section class="phone" aria-label="${t('harbourbank.phone')}">
      <h2>${t('harbourbank.phone')}</h2>
      <p>${t('harbourbank.wallet_about')}</p>
      <form method="post" action="${target(reader, payment, 'confirm')}">
        ${hidden(payment)}<button class="dark" type="submit">${t('harbourbank.confirm')} <bdi>${formatMoney(payment, reader.language)}</bdi></button>
      </form>
    </section>
    ${otherForm(reader, payment)}
  `
}

function otherForm(reader: Reader, payment: Payment): Content {
  return html`<form method="post" action="${target(reader, payment, 'other')}">
    ${hidden(payment)}<button class="quiet" type="submit">${reader.t('harbourbank.other')}</button>
  </form>`
}

function done(reader: Reader, { payment, merchant }: Show): Content {
  const { t } = reader
  const name = inLanguage(merchant.name, reader.language).text
  return html`
    <p class="outcome">${t(`harbourbank.state.${payment.state}`)}</p>
    ${payment.reason === null ? null : html`<p>${t(`harbourbank.reason.${payment.reason}`)}</p>`}
    <p><a class="button" href="${payment.returnUrl}">${t('harbourbank.back')} <bdi>${name}</bdi></a></p>
  `
}

const steps: Readonly<Record<Payment['step'], (reader: Reader, show: Show) => Content>> = {
  choose,
  code: enterCode,
  wallet: confirmWallet,
  done,
}
