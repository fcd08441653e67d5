import { textOf } from '../../../../platform/http/routes.ts'
import {
  button,
  dateField,
  errorSummary,
  fieldset,
  hiddenInputs,
  html,
  type Html,
  radios,
  selectField,
  textArea,
  textField,
  type View,
} from '../../../../ui/index.ts'
import type { PlainDate } from '../../../../kernel/time.ts'
import { APPEAL, type HandIssue, handPayers, handRevenues, LINES } from '../issue.ts'
import { agencyChoices } from './words.ts'

/** The form for a bill that is made by hand: what was typed so far, and what is wrong with it. */
export type HandForm = {
  readonly key: string
  readonly agencies: readonly string[]
  readonly typed: unknown
  readonly issues: readonly HandIssue[]
  readonly due: PlainDate
}

/** The page with that form. */
export function handView(view: View, form: HandForm): Html {
  const { t } = view
  const value = (name: string, usual = ''): string => textOf(form.typed, name) ?? usual
  const error = (field: string): string | undefined => {
    const issue = form.issues.find((each) => each.field === field)
    return issue && t(`payments.desk.hand.wrong.${issue.code}`)
  }
  const text = (name: string, width: 'm' | 'full' = 'full', hint?: string): Html =>
    textField({
      id: name,
      name,
      label: t(`payments.desk.hand.${name}`),
      hint,
      value: value(name),
      error: error(name),
      maxlength: 300,
      width,
    })
  const labels = { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') }
  const [year = '', month = '', on = ''] = form.due.split('-')
  return html`${errorSummary(
    view,
    form.issues.map(({ field, code }) => ({ href: `#${field}`, text: t(`payments.desk.hand.wrong.${code}`) })),
  )}
    <h1>${t('payments.desk.hand')}</h1>
    <p class="st-lead">${t('payments.desk.hand_text')}</p>
    <form method="post" action="/officer/money/bills/new" class="st-form" id="hand-form" novalidate>
      ${hiddenInputs({ key: form.key })}
      ${selectField({ id: 'agency', name: 'agency', label: t('payments.desk.agency'), value: value('agency', form.agencies.length === 1 ? (form.agencies[0] ?? '') : ''), empty: t('ui.field.choose'), options: agencyChoices(view, form.agencies), error: error('agency') })}
      ${radios({ id: 'revenue', name: 'revenue', label: t('payments.desk.revenue'), value: value('revenue'), error: error('revenue'), options: handRevenues.map((each) => ({ value: each, label: t(`payments.desk.revenue.${each}`) })) })}
      ${radios({ id: 'payer', name: 'payer', label: t('payments.desk.payer'), value: value('payer'), error: error('payer'), options: handPayers.map((each) => ({ value: each, label: t(`payments.desk.payer.${each}`) })) })}
      ${text('name')} ${text('email', 'm')}
      ${textArea({ id: 'address', name: 'address', label: t('payments.desk.hand.address'), value: value('address'), rows: 3, maxlength: 500 })}
      ${selectField({ id: 'language', name: 'language', label: t('payments.desk.hand.language'), value: value('language', view.locale), error: error('language'), options: view.city.languages.map(({ tag, name }) => ({ value: tag, label: name })) })}
      ${text('title', 'full', t('payments.desk.hand.title_hint'))} ${text('law')}
      ${textArea({ id: 'appeal', name: 'appeal', label: t('payments.desk.hand.appeal'), hint: t('payments.desk.hand.appeal_hint'), value: value('appeal'), error: error('appeal'), rows: 4, maxlength: APPEAL })}
      ${fieldset(
        { id: 'lines', legend: t('payments.desk.lines') },
        Array.from({ length: LINES }, (_, at) => [
          textField({
            id: `line-${at}`,
            name: `line-${at}`,
            label: t('payments.desk.hand.line', { n: at + 1 }),
            value: value(`line-${at}`),
            error: error(`line-${at}`),
            maxlength: 200,
          }),
          textField({
            id: `amount-${at}`,
            name: `amount-${at}`,
            label: t('payments.desk.hand.amount', { n: at + 1 }),
            value: value(`amount-${at}`),
            error: error(`amount-${at}`),
            inputmode: 'decimal',
            dir: 'ltr',
            width: 's',
            suffix: view.city.currency,
          }),
        ]),
      )}
      ${dateField({ id: 'due', name: 'due', label: t('payments.desk.due'), labels, error: error('due'), value: { day: value('due-day', on), month: value('due-month', month), year: value('due-year', year) } })}
      ${button(t('payments.desk.hand.submit'))}
    </form>`
}
