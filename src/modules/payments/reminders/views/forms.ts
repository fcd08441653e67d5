import {
  button, type Choice, type Content, dateField, day, errorSummary, hiddenInputs, html, type Html, radios, textArea, textField, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { prose } from '../../../catalogue/index.ts'
import { billPath } from '../../pay/see.ts'
import { owed } from '../../pay/views/words.ts'
import type { HelpErrors, HelpWay, Typed } from '../form.ts'
import type { Help } from '../help.ts'
import type { PlanPart } from '../plan.ts'
import { WORDS_MOST } from '../propose.ts'

/** What a form of help shows. */
export type HelpForm = {
  readonly help: Help
  readonly typed: Typed
  readonly errors: HelpErrors
  /** Refused as a whole: the words for it. */
  readonly refused: string | null
  /** The plans that can be agreed at once, part by part. */
  readonly plans: ReadonlyArray<readonly PlanPart[]>
}

/** The page of one way to get help. */
export function helpFormPage(view: View, way: HelpWay, form: HelpForm): Html {
  const { t } = view
  const { bill } = form.help
  const faults = Object.entries(form.errors).map(([field, key]) => ({ href: `#${field}`, text: t(key) }))
  const fields = { parts, time, wrong, waiver }[way](view, form)
  return html`${errorSummary(view, form.refused ? [{ href: '#form', text: form.refused }, ...faults] : faults)}
    <h1>${t(`payments.help.${way}`)}</h1>
    <p class="st-lead">${words(view, bill.title)} · <bdi>${bill.reference}</bdi> · ${owed(view, bill, bill.outstanding)}</p>
    ${before(view, way, form)}
    <form method="post" action="${billPath(bill)}/${way}" class="st-form" id="form" novalidate>
      ${hiddenInputs({ revision: String(bill.revision) })} ${fields} ${button(t(`payments.help.${way}.submit`))}
    </form>
    <p>${t('payments.help.quiet')}</p>`
}

/** Whether nothing can be agreed at once. */
const byOfficer = (way: 'parts' | 'time', { help, plans }: HelpForm): boolean =>
  way === 'parts' ? plans.length === 0 : help.offer.until === null

/** What should be read before the form. */
function before(view: View, way: HelpWay, form: HelpForm): Content {
  const { t } = view
  const { bill } = form.help
  if ((way === 'parts' || way === 'time') && byOfficer(way, form)) return html`<p>${t(`payments.help.${way}.officer`)}</p>`
  if (way === 'wrong')
    return html`<p>${t('payments.help.wrong.how')}</p>
      ${
        bill.appeal
          ? html`<section class="st-flow" aria-labelledby="appeal">
              <h2 id="appeal">${t('payments.help.wrong.appeal')}</h2>
              ${prose(view, bill.appeal)}
            </section>`
          : null
      }`
  return way === 'waiver' ? html`<p>${t('payments.help.waiver.how')}</p>` : null
}

function wordsField(view: View, { typed, errors }: HelpForm, label: string, hint: string): Html {
  const { t } = view
  const error = errors.words ? t(errors.words) : undefined
  return textArea({ id: 'words', name: 'words', label: t(label), hint: t(hint), error, value: typed.words, rows: 6, maxlength: WORDS_MOST })
}

function choice(view: View, form: HelpForm, label: string, options: readonly Choice[]): Html {
  const { t } = view
  const error = form.errors.choice ? t(form.errors.choice) : undefined
  return radios({ id: 'choice', name: 'choice', label: t(label), error, value: form.typed.choice, options })
}

function parts(view: View, form: HelpForm): Content {
  const { t } = view
  const { help, plans, typed, errors } = form
  const options = plans.map((plan) => ({
    value: String(plan.length),
    label: t('payments.help.parts.n', { n: plan.length }),
    hint: html`${plan.map((part, i) => html`${i > 0 ? ' · ' : null}${day(view, part.due_on)}: ${owed(view, help.bill, part.amount)}`)}`,
  }))
  const more = { value: 'more', label: t('payments.help.parts.more'), hint: t('payments.help.parts.more_hint') }
  return html`${
    options.length === 0 ? hiddenInputs({ choice: 'more' }) : choice(view, form, 'payments.help.parts.which', [...options, more])
  }
    ${textField({
      id: 'more',
      name: 'more',
      label: t('payments.help.parts.how_many'),
      hint: t(byOfficer('parts', form) ? 'payments.help.parts.range' : 'payments.help.parts.how_many_hint'),
      error: errors.more ? t(errors.more) : undefined,
      value: typed.more,
      inputmode: 'numeric',
      width: 'xs',
    })}
    ${wordsField(view, form, 'payments.help.words', byOfficer('parts', form) ? 'payments.help.words.free' : 'payments.help.words.parts_hint')}`
}

function time(view: View, form: HelpForm): Content {
  const { t } = view
  const { help, typed, errors } = form
  const { until } = help.offer
  const more = { value: 'more', label: t('payments.help.time.more'), hint: t('payments.help.time.more_hint') }
  return html`${
    until === null
      ? hiddenInputs({ choice: 'more' })
      : choice(view, form, 'payments.help.time.which', [
          { value: 'rule', label: html`${t('payments.help.time.rule')} ${day(view, until)}`, hint: t('payments.help.time.rule_hint') },
          more,
        ])
  }
    ${dateField({
      id: 'until',
      name: 'until',
      label: t('payments.help.time.until'),
      labels: { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') },
      hint: t(byOfficer('time', form) ? 'payments.help.time.range' : 'payments.help.time.until_hint'),
      error: errors.until ? t(errors.until) : undefined,
      value: typed.until,
    })}
    ${wordsField(view, form, 'payments.help.words', byOfficer('time', form) ? 'payments.help.words.why' : 'payments.help.words.time_hint')}`
}

const wrong = (view: View, form: HelpForm): Content => wordsField(view, form, 'payments.help.wrong.words', 'payments.help.wrong.words_hint')

const waiver = (view: View, form: HelpForm): Content =>
  wordsField(view, form, 'payments.help.waiver.words', 'payments.help.waiver.words_hint')
