import {
  button, checkboxes, type Content, dataTable, hiddenInputs, html, type Html, instant, money, plainWords, radios, summaryList, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import { textOf } from '../../../../platform/http/routes.ts'
import { type Refused, refusedSummary } from '../../office.ts'
import type { Refund } from '../../refunds/index.ts'
import type { Till } from '../../rules/moneyin.ts'
import { UNDER_WAY } from '../acts.ts'
import { takeOverReasons, type TillStory } from '../session.ts'
import { countFields } from './count.ts'

/** What was typed in a form that was refused, and why. */
export type Shown = { readonly form: unknown; readonly refused: Refused | null }

/** A till as its page shows it. */
export type TillView = TillStory & Shown & { readonly till: Till; readonly refunds: readonly Refund[]; readonly key: string }

/** A till: what is in it, what may be done by who has it open, and what happened. */
export function tillPage(view: View, story: TillView): Html {
  const { t } = view
  return html`${refusedSummary(view, story.refused)}
    <h1>${plainWords(view, story.till.name)}</h1>
    ${facts(view, story)}
    ${story.mine ? [take(view, story, 'cash'), take(view, story, 'card'), refunds(view, story), carry(view, story)] : null}
    ${!story.mine && story.session.state === 'open' ? html`<p>${t('payments.till.not_yours')}</p>` : null}
    ${story.mayTakeOver ? takeOver(view, story) : null}
    <h2>${t('payments.till.acts')}</h2>
    ${acts(view, story)} ${story.mine ? close(view, story) : null}`
}

function facts(view: View, { session, balance }: TillView): Html {
  const { t } = view
  const sum = (amount: bigint): Html => money(view, { amount, currency: session.currency })
  const closed = session.closing === null || session.closing_difference === null ? [] : [
    { key: t('payments.till.closing'), value: sum(session.closing) },
    { key: t('payments.till.difference'), value: sum(session.closing_difference) },
    ...(session.closed_at ? [{ key: t('payments.till.closed'), value: instant(view, session.closed_at) }] : []),
  ] // prettier-ignore
  return summaryList([
    { key: t('payments.till.opened'), value: instant(view, session.opened_at) },
    { key: t('payments.till.opening'), value: sum(session.opening) },
    { key: t('payments.till.opening_difference'), value: sum(session.opening_difference) },
    ...(session.state === 'open' ? [{ key: t('payments.till.balance'), value: sum(balance) }] : closed),
  ])
}

const path = ({ session }: TillView, act: string): string => `/officer/money/till/${session.id}/${act}`

/** What was typed in a form, when it is the one that was refused. */
function typed({ form, refused }: TillView, field: string, name: string): string {
  return refused?.field === field ? (textOf(form, name) ?? '') : ''
}

function take(view: View, story: TillView, kind: 'cash' | 'card'): Html {
  const { t } = view
  const field = `${kind}-bill`
  const error = story.refused?.field === field ? story.refused.text : undefined
  const amount = { inputmode: 'decimal', dir: 'ltr', width: 's', suffix: story.session.currency } as const
  return html`<details ?open="${kind === 'cash' || error !== undefined}">
    <summary>${t(`payments.till.${kind}.title`)}</summary>
    <form method="post" action="${path(story, kind)}" class="st-form" novalidate>
      ${hiddenInputs({ key: story.key })}
      ${textField({ id: field, name: 'bill', label: t('payments.till.bill'), hint: t('payments.till.bill_hint'), value: typed(story, field, 'bill'), dir: 'ltr', width: 'm', error })}
      ${textField({ id: `${kind}-amount`, name: 'amount', label: t('payments.till.amount'), value: typed(story, field, 'amount'), ...amount })}
      ${
        kind === 'cash'
          ? textField({
              id: 'given',
              name: 'given',
              label: t('payments.till.given'),
              hint: t('payments.till.given_hint'),
              value: typed(story, field, 'given'),
              ...amount,
            })
          : textField({
              id: 'slip',
              name: 'slip',
              label: t('payments.till.slip'),
              hint: t('payments.till.slip_hint'),
              value: typed(story, field, 'slip'),
              dir: 'ltr',
              width: 'm',
            })
      }
      ${error !== undefined && story.refused?.code === UNDER_WAY ? checkboxes({ id: `${kind}-anyway`, name: 'anyway', label: t('payments.till.under_way'), options: [{ value: '1', label: t('payments.till.anyway') }] }) : null}
      ${button(t(`payments.till.${kind}.send`), { kind: kind === 'cash' ? 'primary' : 'secondary' })}
    </form>
  </details>`
}

function refunds(view: View, story: TillView): Content {
  const { t } = view
  if (story.refunds.length === 0) return null
  const error = story.refused?.field === 'refund' ? story.refused.text : undefined
  return html`<details ?open="${error !== undefined}">
    <summary>${t('payments.till.refund.title')}</summary>
    <form method="post" action="${path(story, 'refund')}" class="st-form" novalidate>
      ${hiddenInputs({ key: story.key })}
      ${radios({
        id: 'refund',
        name: 'refund',
        label: t('payments.till.refund.which'),
        options: story.refunds.map((refund) => ({
          value: refund.id,
          label: html`${money(view, refund)} · <bdi>${refund.id.slice(0, 8)}</bdi>`,
        })),
        error,
      })}
      ${button(t('payments.till.refund.send'), { kind: 'secondary' })}
    </form>
  </details>`
}

function carry(view: View, story: TillView): Html {
  const { t } = view
  const field = 'carry-amount'
  const error = story.refused?.field === field ? story.refused.text : undefined
  return html`<details ?open="${error !== undefined}">
    <summary>${t('payments.till.carry.title')}</summary>
    <form method="post" action="${path(story, 'carry')}" class="st-form" novalidate>
      ${hiddenInputs({ key: story.key })}
      ${radios({
        id: 'to',
        name: 'to',
        label: t('payments.till.carry.to'),
        options: [
          { value: 'bank', label: t('payments.till.carry.bank') },
          { value: 'till', label: t('payments.till.carry.till') },
        ],
        value: typed(story, field, 'to') || 'bank',
      })}
      ${textField({ id: field, name: 'amount', label: t('payments.till.amount'), value: typed(story, field, 'amount'), inputmode: 'decimal', dir: 'ltr', width: 's', suffix: story.session.currency, error })}
      ${button(t('payments.till.carry.send'), { kind: 'secondary' })}
    </form>
  </details>`
}

function takeOver(view: View, story: TillView): Html {
  const { t } = view
  return html`<form method="post" action="${path(story, 'take-over')}" class="st-form" novalidate>
    ${radios({
      id: 'reason',
      name: 'reason',
      label: t('payments.till.over.why'),
      options: takeOverReasons.map((reason) => ({ value: reason, label: t(`payments.till.over.${reason}`) })),
      error: story.refused?.field === 'reason' ? story.refused.text : undefined,
    })}
    ${button(t('payments.till.over.send'), { kind: 'secondary' })}
  </form>`
}

function acts(view: View, { acts: list, session }: TillView): Html {
  const { t } = view
  if (list.length === 0) return html`<p>${t('payments.till.no_acts')}</p>`
  return dataTable({
    id: 'acts',
    caption: t('payments.till.acts'),
    captionHidden: true,
    head: [t('payments.till.what'), t('payments.till.when'), t('payments.till.amount')],
    numeric: [2],
    rows: list.map((act) => [
      act.kind === 'taken_over'
        ? html`${t('payments.till.kind_taken_over')}: ${t(`payments.till.over.${act.reason ?? 'emergency'}`)}`
        : html`<a class="ds-link" href="${`/officer/money/till/receipts/${act.id}`}">${t(`payments.till.kind_${act.kind}`)}</a>`,
      instant(view, act.made_at),
      act.kind === 'taken_over' ? '–' : money(view, { amount: act.amount, currency: session.currency }),
    ]),
  })
}

function close(view: View, story: TillView): Html {
  const { t } = view
  const error = story.refused?.field === 'sum' ? story.refused.text : undefined
  return html`<h2>${t('payments.till.close.title')}</h2>
    <form method="post" action="${path(story, 'close')}" class="st-form" novalidate>
      <p>${t('payments.till.close.hint')}</p>
      ${countFields(view, error === undefined ? {} : story.form, error)} ${button(t('payments.till.close.send'), { kind: 'secondary' })}
    </form>`
}
