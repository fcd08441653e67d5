import { button, dataTable, hiddenInputs, html, type Html, instant, money, tag, textField, type View } from '../../../../ui/index.ts'
import { refusedSummary, type Refused } from '../../office.ts'
import type { Run } from '../store.ts'

/** What was typed to start a run. */
export type TypedRun = { readonly year: string; readonly number: string; readonly of: string }

const tones = { checking: 'info', checked: 'warning', billing: 'info', done: 'success', stopped: 'neutral' } as const

/** The state of a run in words. */
export function runState(view: View, run: Run): Html {
  return tag(view.t(`payments.run.state.${run.state}`), tones[run.state])
}

/** The runs of property tax, and the forms that start one. */
export function runsPage(
  view: View,
  found: { readonly runs: readonly Run[]; readonly parcels: number; readonly mayWork: boolean; readonly year: number },
  typed: TypedRun,
  refused: Refused | null,
): Html {
  const { t } = view
  const head = ['year', 'kind', 'state', 'bills', 'amount', 'started'].map((name) => t(`payments.runs.${name}`))
  const rows = found.runs.map((run) => [
    html`<a class="ds-link" href="/officer/money/runs/${run.id}">${String(run.year)}</a>`,
    t(`payments.run.kind.${run.kind}`),
    runState(view, run),
    t('ui.number', { n: run.billed }),
    money(view, { amount: run.amount, currency: view.city.currency }),
    instant(view, run.started_at),
  ])
  return html`${refusedSummary(view, refused)}
    <h1>${t('payments.runs.title')}</h1>
    <p class="st-lead">${t('payments.runs.lead', { count: found.parcels })}</p>
    ${rows.length === 0 ? html`<p>${t('payments.runs.none')}</p>` : dataTable({ caption: t('payments.runs.list'), head, rows, numeric: [3, 4] })}
    ${found.mayWork ? startForms(view, found.year, typed, refused) : null}`
}

function startForms(view: View, year: number, typed: TypedRun, refused: Refused | null): Html {
  const { t } = view
  const error = (field: string): string | undefined => (refused?.field === field ? refused.text : undefined)
  const small = { width: 'xs', inputmode: 'numeric', dir: 'ltr' } as const
  return html`<section aria-labelledby="start">
      <h2 id="start">${t('payments.runs.start')}</h2>
      <p>${t('payments.runs.start.text')}</p>
      <form method="post" action="/officer/money/runs" class="st-form" novalidate>
        ${hiddenInputs({ kind: 'year' })}
        ${textField({ id: 'year', name: 'year', label: t('payments.runs.year'), value: typed.year || String(year), error: error('year'), ...small })}
        ${button(t('payments.runs.check'))}
      </form>
    </section>
    <section aria-labelledby="again">
      <h2 id="again">${t('payments.runs.correct')}</h2>
      <p>${t('payments.runs.correct.text')}</p>
      <form method="post" action="/officer/money/runs" class="st-form" novalidate>
        ${hiddenInputs({ kind: 'correction' })}
        ${textField({ id: 'number', name: 'number', label: t('payments.runs.parcel'), value: typed.number, error: error('number'), width: 's', dir: 'ltr', maxlength: 40 })}
        ${textField({ id: 'of', name: 'of', label: t('payments.runs.year'), value: typed.of || String(year), ...small })}
        ${button(t('payments.runs.check'), { kind: 'secondary' })}
      </form>
    </section>`
}
