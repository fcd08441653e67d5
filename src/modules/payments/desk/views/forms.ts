import { textOf } from '../../../../platform/http/routes.ts'
import {
  button, buttonRow, type Content, dateField, element, errorSummary, hiddenInputs, html, type Html, selectField, textArea, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import { decimalText } from '../../../ledger/index.ts'
import { refundCauses, refundWays } from '../../refunds/index.ts'
import type { Payment } from '../../store.ts'
import { type BillAct, WORDS } from '../acts.ts'
import type { BillStory } from '../story.ts'
import { deskHref, owed } from './words.ts'

/** A form that was refused: which one, what was typed in it, and why; shown again with all of it. */
export type Refused = { readonly form: string; readonly values: unknown; readonly message: string }

/** What the forms of a page are drawn with. */
export type Drawing = { readonly view: View; readonly refused: Refused | null }

/** The error summary of a refused form. */
export function refusedSummary({ view, refused }: Drawing): Content {
  return refused ? errorSummary(view, [{ href: `#form-${refused.form}`, text: refused.message }]) : null
}

function value({ refused }: Drawing, form: string, name: string, usual = ''): string {
  return refused?.form === form ? (textOf(refused.values, name) ?? '') : usual
}

/** A form that is folded away; open when it was refused. */
export function folded(
  drawing: Drawing,
  o: {
    readonly name: string
    readonly action: string
    readonly title: string
    readonly hint?: Content
    readonly body: Content
    readonly submit: string
    readonly hidden?: Readonly<Record<string, string | number>>
  },
): Html {
  const { refused } = drawing
  return html`<details ?open="${refused?.form === o.name}" id="form-${o.name}">
    <summary>${o.title}</summary>
    ${element('form', { method: 'post', action: o.action, class: 'st-form', novalidate: true }, [
      hiddenInputs(o.hidden ?? {}),
      o.hint ? html`<p>${o.hint}</p>` : null,
      o.body,
      buttonRow(button(o.submit, { kind: 'secondary' })),
    ])}
  </details>`
}

/** Why, in words that are sealed. */
export function whyField(drawing: Drawing, form: string): Html {
  const { t } = drawing.view
  return textArea({
    id: `${form}-words`,
    name: 'words',
    label: t('payments.desk.form.why'),
    hint: t('payments.desk.form.why_hint'),
    rows: 3,
    maxlength: WORDS,
    value: value(drawing, form, 'words'),
  })
}

function amountField(drawing: Drawing, form: string, currency: string, label: string, usual: bigint): Html {
  return textField({
    id: `${form}-amount`,
    name: 'amount',
    label,
    value: value(drawing, form, 'amount', decimalText(usual, currency)),
    inputmode: 'decimal',
    dir: 'ltr',
    width: 's',
    suffix: currency,
  })
}

/** What a refund asks: how much, why, which way, and where a transfer goes. */
export function refundFields(drawing: Drawing, form: string, currency: string, most: bigint, usualWay: string): Content {
  const { t } = drawing.view
  return [
    amountField(drawing, form, currency, t('payments.desk.form.amount'), most),
    selectField({
      id: `${form}-cause`,
      name: 'cause',
      label: t('payments.desk.form.cause'),
      value: value(drawing, form, 'cause', 'overpaid'),
      options: refundCauses.map((each) => ({ value: each, label: t(`payments.desk.code.${each}`) })),
    }),
    selectField({
      id: `${form}-way`,
      name: 'way',
      label: t('payments.desk.form.way'),
      value: value(drawing, form, 'way', usualWay),
      options: refundWays.map((each) => ({ value: each, label: t(`payments.desk.code.${each}`) })),
    }),
    textField({ id: `${form}-name`, name: 'account_name', label: t('payments.desk.form.account_name'), hint: t('payments.desk.form.account_hint'), value: value(drawing, form, 'account_name'), maxlength: 70 }),
    textField({ id: `${form}-iban`, name: 'iban', label: t('payments.desk.form.iban'), value: value(drawing, form, 'iban'), maxlength: 42, dir: 'ltr', spellcheck: false }),
    whyField(drawing, form),
  ] // prettier-ignore
}

/** The way on which money went when it came. */
export function wayBack(payment: Pick<Payment, 'source'>): string {
  return payment.source === 'provider' || payment.source === 'bank' ? payment.source : 'cash'
}

/** Everything that may be done with a bill now, each in a form that is folded away. */
export function billForms(drawing: Drawing, story: BillStory, kept: readonly Payment[]): Content {
  const { bill } = story
  const ended = bill.state === 'cancelled' || bill.state === 'written_off'
  const open = bill.state === 'open'
  return [
    note(drawing, story),
    refund(drawing, story),
    open && waive(drawing, story),
    open && defer(drawing, story),
    open && kept.length > 0 && setOff(drawing, story, kept),
    !ended && correct(drawing, story),
    open && plain(drawing, story, 'write_off'),
    !ended && plain(drawing, story, 'cancel'),
    bill.source !== 'journey' && pressed(drawing, story, 'code'),
    story.attempts.length + story.refunds.length > 0 && pressed(drawing, story, 'ask'),
  ]
}

function act(drawing: Drawing, { bill }: BillStory, name: BillAct, body: Content): Html {
  const { t } = drawing.view
  return folded(drawing, {
    name,
    action: deskHref(bill, `/${name}`),
    title: t(`payments.desk.act.${name}`),
    hint: t(`payments.desk.act.${name}.hint`),
    body,
    submit: t(`payments.desk.act.${name}.submit`),
    hidden: { revision: bill.revision },
  })
}

function note(drawing: Drawing, story: BillStory): Html {
  const { t } = drawing.view
  const field = textArea({ id: 'note-words', name: 'words', label: t('payments.desk.form.note'), hint: t('payments.desk.form.why_hint'), rows: 3, maxlength: WORDS, value: value(drawing, 'note', 'words') }) // prettier-ignore
  return act(drawing, story, 'note', field)
}

function paymentField(drawing: Drawing, form: string, options: ReadonlyArray<{ payment: Payment; amount: bigint }>): Html {
  const { view } = drawing
  return selectField({
    id: `${form}-payment`,
    name: 'payment',
    label: view.t('payments.desk.form.payment'),
    value: value(drawing, form, 'payment', options[0]?.payment.id),
    options: options.map(({ payment, amount }) => ({
      value: payment.id,
      label: html`${payment.received_on} · ${view.t(`payments.desk.code.${payment.source}`)} · ${owed(view, payment, amount)}`,
    })),
  })
}

function refund(drawing: Drawing, story: BillStory): Content {
  const some = story.paid.filter(({ back }) => back > 0n)
  const [first] = some
  if (!first || story.bill.outstanding > 0n) return null
  const choices = some.map(({ payment, back }) => ({ payment, amount: back }))
  return act(drawing, story, 'refund', [
    paymentField(drawing, 'refund', choices),
    refundFields(drawing, 'refund', story.bill.currency, first.back, wayBack(first.payment)),
  ])
}

function waive(drawing: Drawing, story: BillStory): Html {
  const { bill } = story
  const amount = amountField(drawing, 'waive', bill.currency, drawing.view.t('payments.desk.form.amount'), bill.outstanding)
  return act(drawing, story, 'waive', [amount, whyField(drawing, 'waive')])
}

function defer(drawing: Drawing, story: BillStory): Html {
  const { t } = drawing.view
  const part = (which: string): string => value(drawing, 'defer', `until-${which}`)
  const until = dateField({
    id: 'defer-until',
    name: 'until',
    label: t('payments.desk.form.until'),
    labels: { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') },
    value: { day: part('day'), month: part('month'), year: part('year') },
  })
  return act(drawing, story, 'defer', [until, whyField(drawing, 'defer')])
}

function setOff(drawing: Drawing, story: BillStory, kept: readonly Payment[]): Html {
  const choices = kept.map((payment) => ({ payment, amount: payment.unapplied }))
  return act(drawing, story, 'set_off', [paymentField(drawing, 'set_off', choices), whyField(drawing, 'set_off')])
}

function correct(drawing: Drawing, story: BillStory): Html {
  const { bill } = story
  const amount = amountField(drawing, 'correct', bill.currency, drawing.view.t('payments.desk.form.total'), bill.total)
  return act(drawing, story, 'correct', [amount, whyField(drawing, 'correct')])
}

function plain(drawing: Drawing, story: BillStory, name: 'write_off' | 'cancel'): Html {
  return act(drawing, story, name, whyField(drawing, name))
}

function pressed(drawing: Drawing, story: BillStory, name: 'code' | 'ask'): Html {
  return act(drawing, story, name, null)
}
