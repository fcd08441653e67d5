import {
  alert, button, buttonRow, type Content, dataTable, day, hiddenInputs, html, type Html, instant, money, summaryList, tag, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import type { PlainDate } from '../../../../kernel/time.ts'
import { doneAlert, type Refused, refusedSummary } from '../../office.ts'
import { agencyName } from '../../pay/views/words.ts'
import type { Counted, PreviewRow, ReminderRun } from '../reminder.ts'
import type { OldBills, WriteOff } from '../writeoff/store.ts'

/** What the page of reminders shows. */
export type RemindersView = {
  /** Null when it was not counted yet today. */
  readonly preview: Counted | null
  /** Today's run; null when there is none yet. */
  readonly run: ReminderRun | null
  readonly runs: ReadonlyArray<ReminderRun & { readonly steps: number }>
  readonly old: readonly OldBills[]
  readonly proposals: readonly WriteOff[]
  readonly before: PlainDate
  readonly me: string | null
  /** Whether the city works today. */
  readonly works: boolean
  readonly automatic: boolean
  readonly done: string | null
  readonly refused: Refused | null
}

/** The treasury's page: what a run today does, in figures and samples; its start; the last runs; old bills. */
export function remindersPage(view: View, shown: RemindersView): Html {
  const { t } = view
  return html`${refusedSummary(view, shown.refused)} ${doneAlert(shown.done ? t(`payments.remind.done.${shown.done}`) : null)}
    <h1>${t('payments.remind.title')}</h1>
    <p class="st-lead">${t('payments.remind.lead')}</p>
    ${todays(view, shown)} ${previewed(view, shown)} ${last(view, shown)} ${old(view, shown)}`
}

function todays(view: View, { run, works, automatic }: RemindersView): Html {
  const { t } = view
  const state = run?.state ?? (works ? 'none' : 'off')
  const tones = { none: 'info', off: 'neutral', waiting: 'warning', running: 'info', held: 'warning', done: 'success' } as const
  const start = html`<form method="post" action="/officer/money/reminders/start">${button(t(state === 'running' ? 'payments.remind.again' : 'payments.remind.start'))}</form>` // prettier-ignore
  const hold = html`<form method="post" action="/officer/money/reminders/hold">${button(t('payments.remind.hold'), { kind: 'secondary' })}</form>` // prettier-ignore
  return html`<section class="st-flow" aria-labelledby="run">
    <h2 id="run" tabindex="-1">${t('payments.remind.today')}</h2>
    <p>${tag(t(`payments.remind.state.${state}`), tones[state])}</p>
    <p>${t(automatic ? 'payments.remind.automatic' : 'payments.remind.confirmed')}</p>
    ${state === 'done' || state === 'off' ? null : buttonRow(start, state === 'held' ? null : hold)}
  </section>`
}

function previewed(view: View, { preview }: RemindersView): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="preview">
    <h2 id="preview" tabindex="-1">${t('payments.remind.preview')}</h2>
    ${preview === null ? html`<p>${t('payments.remind.not_counted')}</p>` : counted(view, preview)}
    <form method="post" action="/officer/money/reminders/count">${button(t('payments.remind.count'), { kind: 'secondary' })}</form>
  </section>`
}

function counted(view: View, preview: Counted): Html {
  const { t } = view
  return html`<p>${t('payments.remind.preview_text')} ${instant(view, preview.madeAt)}</p>
    ${preview.rows.length === 0 ? html`<p>${t('payments.remind.nothing')}</p>` : rowsTable(view, preview.rows)}
    ${
      preview.silent.length === 0
        ? null
        : html`<h3>${t('payments.remind.silent')}</h3>
            ${summaryList(preview.silent.map((each) => ({ key: t(`payments.remind.silent.${each.why}`), value: count(view, each.bills) })))}`
    }`
}

const count = (view: View, n: number): string => new Intl.NumberFormat(view.locale).format(n)

function rowsTable(view: View, rows: readonly PreviewRow[]): Html {
  const { t } = view
  return dataTable({
    caption: t('payments.remind.preview'),
    captionHidden: true,
    id: 'preview-table',
    numeric: [3, 4, 5, 6],
    head: ['step', 'agency', 'language', 'bills', 'owed', 'fees', 'interest', 'samples'].map((key) => t(`payments.remind.head.${key}`)),
    rows: rows.map((row) => [
      t(`payments.remind.kind.${row.kind}`),
      agencyName(view, row.agency),
      view.city.languages.find((each) => each.tag === row.language)?.name ?? row.language,
      count(view, row.bills),
      ...[row.owed, row.fees, row.interest].map((amount) => money(view, { amount, currency: row.currency })),
      html`${row.samples.map((reference, i) => html`${i > 0 ? ' ' : null}<a class="ds-link" href="/officer/money/bills/${reference}"><bdi>${reference}</bdi></a>`)}`, // prettier-ignore
    ]),
  })
}

function last(view: View, { runs }: RemindersView): Content {
  const { t } = view
  if (runs.length === 0) return null
  return html`<section class="st-flow" aria-labelledby="runs">
    <h2 id="runs">${t('payments.remind.runs')}</h2>
    ${dataTable({
      caption: t('payments.remind.runs'),
      captionHidden: true,
      id: 'runs-table',
      numeric: [2],
      head: [
        t('payments.remind.head.day'),
        t('payments.remind.head.state'),
        t('payments.remind.head.steps'),
        t('payments.remind.head.ended'),
      ],
      rows: runs.map((run) => [
        day(view, run.day),
        t(`payments.remind.state.${run.state}`),
        count(view, run.steps),
        run.ended_at ? instant(view, run.ended_at) : '–',
      ]),
    })}
  </section>`
}

function old(view: View, shown: RemindersView): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="old">
    <h2 id="old" tabindex="-1">${t('payments.remind.old')}</h2>
    <p>${t('payments.remind.old_text')} ${day(view, shown.before)}</p>
    ${shown.old.length === 0 ? html`<p>${t('payments.remind.old_none')}</p>` : null}
    ${shown.old.map((each) => oldRow(view, each))} ${shown.proposals.map((each) => proposal(view, each, shown.me))}
  </section>`
}

function oldRow(view: View, { agency, currency, bills, amount }: OldBills): Html {
  const { t } = view
  return html`<form method="post" action="/officer/money/reminders/old" class="st-flow">
    <p>${agencyName(view, agency)}: ${t('payments.remind.old_bills', { n: bills })}, ${money(view, { amount, currency })}</p>
    ${hiddenInputs({ agency, currency })} ${button(t('payments.remind.old_propose'), { kind: 'secondary', about: agencyName(view, agency) })}
  </form>`
}

function proposal(view: View, each: WriteOff, me: string | null): Html {
  const { t } = view
  const what = html`${agencyName(view, each.agency)}: ${t('payments.remind.old_bills', { n: each.bills })}, ${money(view, { amount: each.amount, currency: each.currency })}` // prettier-ignore
  const mine = each.proposed_by === me
  return alert(
    each.state === 'proposed' ? 'warning' : 'info',
    t(`payments.remind.old_state.${each.state}`),
    html`<p>${what} · ${instant(view, each.proposed_at)}</p>
      ${each.state === 'proposed' && mine ? html`<p>${t('payments.remind.old_mine')}</p>` : null}
      ${
        each.state === 'proposed' && !mine
          ? html`<form method="post" action="/officer/money/reminders/old/decide">
              ${hiddenInputs({ id: each.id })}
              ${buttonRow(
                button(t('payments.remind.old_approve'), { name: 'decision', value: 'approve', about: agencyName(view, each.agency) }),
                button(t('payments.remind.old_decline'), {
                  kind: 'secondary',
                  name: 'decision',
                  value: 'decline',
                  about: agencyName(view, each.agency),
                }),
              )}
            </form>`
          : null
      }`,
  )
}
