import { inLanguage } from '../../../kernel/text.ts'
import { formatMoney, type Money, moneyFromJson } from '../../../kernel/money.ts'
import {
  alert,
  button,
  buttonRow,
  type Content,
  day,
  hiddenInputs,
  html,
  type Html,
  money,
  panel,
  summaryList,
  type SummaryRow,
  taskList,
  type View,
  wordingOf,
  words,
} from '../../../ui/index.ts'
import { parsePlainDate } from '../../../kernel/time.ts'
import { prose } from '../../catalogue/index.ts'
import { answerText, type UploadedFile } from '../../fields/index.ts'
import type { OpenJourney } from '../service.ts'

/** How the check page ends: what is paid before sending, and whether that payment is under way, so that nothing can be changed. */
export type CheckOptions = {
  readonly key: string
  readonly signsIn: boolean
  readonly pays: Money | null
  readonly paying: boolean
  readonly notEnded: boolean
}

/** Every answer with a way to change it, what follows from them, the declaration, and the button that sends. */
export function checkPage(view: View, opened: OpenJourney, files: readonly UploadedFile[], o: CheckOptions): Html {
  const { t } = view
  const { journey, evaluation } = opened
  const definition = opened.service.definition
  const groups = evaluation.pages.flatMap((seen) => {
    const page = definition.form.pages.find((each) => each.id === seen.id)
    const rows = (page?.questions ?? [])
      .filter((question) => seen.questions.includes(question.id))
      .map((question): SummaryRow => ({
        key: words(view, question.label),
        value: answerText(view, question, evaluation.answers[question.id], files),
        ...(o.paying
          ? {}
          : {
              action: {
                href: `/apply/${journey.id}/p/${seen.id}?from=check`,
                label: t('journeys.change'),
                about: inLanguage(question.label, wordingOf(view)).text,
              },
            }),
      }))
    return page && rows.length > 0 ? [{ page, rows }] : []
  })
  return html` <h1>${t('journeys.check.title')}</h1>
    ${o.paying ? paying(view, journey.id, o.notEnded) : null}
    ${groups.map(
      ({ page, rows }) =>
        html`<section class="st-flow">
          <h2>${words(view, page.title)}</h2>
          ${summaryList(rows)}
        </section>`,
    )}
    ${results(view, opened, o.pays)} ${notEligible(view, opened)}
    <section class="st-flow">
      <h2>${t('journeys.check.declaration')}</h2>
      ${definition.form.declaration ? prose(view, definition.form.declaration) : html`<p>${t('journeys.check.declaration_text')}</p>`}
    </section>
    <form method="post" action="/apply/${journey.id}/submit">
      ${hiddenInputs({ key: o.key })} ${o.signsIn ? html`<p>${t('journeys.check.signs_in')}</p>` : null}
      ${buttonRow(button(submitText(view, o)), html`<a class="ds-link" href="/apply/${journey.id}/later">${t('journeys.later')}</a>`)}
    </form>`
}

function submitText(view: View, o: CheckOptions): string {
  if (o.signsIn) return view.t('journeys.check.sign_in')
  if (o.pays === null) return view.t('journeys.check.submit')
  return view.t(o.paying ? 'journeys.pay.go_on' : 'journeys.pay.submit', { amount: formatMoney(o.pays, view.locale) })
}

/** That a payment is under way, and the way to end it. */
function paying(view: View, id: string, notEnded: boolean): Html {
  const { t } = view
  return html`${alert(
    notEnded ? 'warning' : 'info',
    t('journeys.pay.under_way'),
    html`<p>${t(notEnded ? 'journeys.pay.not_ended' : 'journeys.pay.locked')}</p>`,
  )}
    <form method="post" action="/apply/${id}/payment/end">${buttonRow(button(t('journeys.pay.end'), { kind: 'secondary' }))}</form>`
}

/** That it is not known yet whether a payment was made. */
export function checkingPage(view: View, id: string, path: string): Html {
  const { t } = view
  return html`<h1>${t('journeys.pay.checking')}</h1>
    <p class="st-lead">${t('journeys.pay.checking_text')}</p>
    <p><a class="ds-button" href="/apply/${id}/paid">${t('journeys.pay.look_again')}</a></p>
    <p><a class="ds-link" href="${path}">${t('journeys.pay.see')}</a></p>`
}

/** What the rules make of the answers: the values a service shows, and the fee. */
function results(view: View, opened: OpenJourney, pays: Money | null): Content {
  const { evaluation } = opened
  const definition = opened.service.definition
  const rows: SummaryRow[] = definition.rules.computed
    .filter((each) => each.show && evaluation.computed[each.id] !== null && evaluation.computed[each.id] !== undefined)
    .map((each) => ({
      key: each.title ? words(view, each.title) : each.id,
      value: computedText(view, each.type, evaluation.computed[each.id], opened.service.currency),
    }))
  if (definition.fee) {
    const amount = pays ?? evaluation.fee
    const value =
      amount === null ? view.t('journeys.fee.unknown') : amount.amount === 0n ? view.t('journeys.fee.free') : money(view, amount)
    rows.push({ key: words(view, definition.fee.title), value })
  }
  if (rows.length === 0) return null
  return html`<section class="st-flow">
    <h2>${view.t('journeys.check.results')}</h2>
    ${summaryList(rows)}${
      definition.fee && evaluation.fee && evaluation.fee.amount > 0n
        ? html`<p class="st-meta">${view.t(`journeys.fee.${dueWords(definition.fee.due, pays)}`)}</p>
            ${definition.fee.unpaid ? prose(view, definition.fee.unpaid) : null}`
        : null
    }
  </section>`
}

/** A fee that is to be paid before is due with the application where nobody can pay it before. */
function dueWords(due: NonNullable<OpenJourney['service']['definition']['fee']>['due'], pays: Money | null): string {
  return due === 'before_submission' && pays === null ? 'at_submission' : due
}

/** A computed value in a reader's words; money is in `currency`. */
export function computedText(view: View, type: string, value: unknown, currency: string): Content {
  if (type === 'money' && typeof value === 'number') return money(view, moneyFromJson({ amount: String(value), currency }))
  if (typeof value === 'boolean') return view.t(value ? 'ui.field.yes' : 'ui.field.no')
  if (typeof value === 'number') return new Intl.NumberFormat(view.locale).format(value)
  const date = typeof value === 'string' ? parsePlainDate(value) : null
  if (date) return day(view, date)
  return typeof value === 'string' ? html`<bdi>${value}</bdi>` : html`<bdi>${JSON.stringify(value)}</bdi>`
}

function notEligible(view: View, opened: OpenJourney): Content {
  if (opened.evaluation.eligible !== false) return null
  const missed = opened.evaluation.criteria.filter((each) => each.met === false)
  const rules = opened.service.definition.rules.eligibility
  return alert(
    'warning',
    view.t('journeys.check.not_eligible'),
    html`${missed.map((each) => {
      const rule = rules.find((one) => one.id === each.id)
      return rule ? prose(view, rule.otherwise) : null
    })}
      <p>${view.t('journeys.check.still_apply')}</p>`,
  )
}

/** The parts of a longer form. */
export function tasksPage(view: View, opened: OpenJourney): Html {
  const { t } = view
  const { journey, evaluation } = opened
  const definition = opened.service.definition
  const sections = definition.form.sections ?? []
  let open = true
  const items = sections.flatMap((section) => {
    const inside = definition.form.pages.filter((page) => page.section === section.id)
    const pages = evaluation.pages.filter((seen) => inside.some((page) => page.id === seen.id))
    const first = pages.find((page) => !page.done) ?? pages[0]
    if (!first) return []
    const done = pages.every((page) => page.done)
    const started = pages.some((page) => page.questions.some((id) => opened.answers[id] !== undefined))
    const status = done ? ('done' as const) : !open ? ('later' as const) : started ? ('started' as const) : ('todo' as const)
    if (!done) open = false
    return [{ title: words(view, section.title), href: `/apply/${journey.id}/p/${first.id}`, status }]
  })
  const check = {
    title: t('journeys.check.title'),
    href: evaluation.complete ? `/apply/${journey.id}/check` : null,
    status: evaluation.complete ? ('todo' as const) : ('later' as const),
  }
  return html`<h1>${words(view, definition.title)}</h1>
    <p class="st-lead">${t('journeys.tasks.lead')}</p>
    ${taskList(view, [...items, check])}
    <p><a class="ds-link" href="/apply/${journey.id}/later">${t('journeys.later')}</a></p>`
}

/** After sending: the reference, the code, what happens next. */
export function donePage(
  view: View,
  o: {
    title: Content
    reference: string
    code: string
    deadline: Content
    decided: boolean
    account: boolean
    money: readonly Content[]
  },
): Html {
  const { t } = view
  return html` ${panel({
    title: t(o.decided ? 'journeys.done.decided' : 'journeys.done.title'),
    reference: o.reference,
    body: html`<p>${t('journeys.done.reference')}</p>`,
  })}
    ${o.money}
    <section class="st-flow">
      <h2>${t('journeys.done.next')}</h2>
      <p>${o.decided ? t('journeys.done.next_decided') : t('journeys.done.next_text')}</p>
      ${o.deadline ? html`<p>${t('journeys.done.deadline')} <strong>${o.deadline}</strong></p>` : null}
      ${
        o.account
          ? null
          : html`<p>${t('journeys.done.code')}</p>
              <p class="st-reference"><bdi>${o.code}</bdi></p>`
      }
      <p>${buttonLink(view, o.reference)}</p>
    </section>`
}

function buttonLink(view: View, reference: string): Html {
  return html`<a class="ds-button" href="/cases/${reference}">${view.t('journeys.done.follow')}</a>`
}
