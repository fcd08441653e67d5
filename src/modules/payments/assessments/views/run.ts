import {
  alert,
  button,
  type Content,
  dataTable,
  html,
  type Html,
  instant,
  money,
  pagination,
  summaryList,
  type View,
  words,
} from '../../../../ui/index.ts'
import { refusedSummary, type Refused } from '../../office.ts'
import type { Letters } from '../letters.ts'
import type { Sample } from '../preview.ts'
import { readTaxRules, type TaxRules } from '../rules.ts'
import type { SeenRun } from '../run.ts'
import { runState } from './runs.ts'

/** One run: how far it is, what its dry run found, and what can be done. */
export function runPage(
  view: View,
  { run, parcels, parcel, mayConfirm, mayWork }: SeenRun,
  letters: Letters | null,
  refused: Refused | null,
): Html {
  const { t } = view
  const rules = readTaxRules(run.rules)
  const path = `/officer/money/runs/${run.id}`
  const done = run.state === 'billing' ? run.billed + run.passed : run.state === 'done' ? parcels : run.preview.parcels
  const amount = (of: string | bigint): Html => money(view, { amount: BigInt(of), currency: view.city.currency })
  return html`${refusedSummary(view, refused)}
    <h1>${t('payments.run.title', { year: String(run.year) })}</h1>
    ${summaryList([
      { key: t('payments.runs.state'), value: runState(view, run) },
      {
        key: t('payments.runs.kind'),
        value: html`${t(`payments.run.kind.${run.kind}`)} ${parcel === null ? null : html`<bdi>${parcel}</bdi>`}`,
      },
      { key: t('payments.run.progress'), value: t('payments.run.of', { done, all: parcels }) },
      { key: t('payments.runs.started'), value: instant(view, run.started_at) },
      ...(run.confirmed_at ? [{ key: t('payments.run.confirmed'), value: instant(view, run.confirmed_at) }] : []),
      ...(run.state === 'billing' || run.state === 'done'
        ? [
            { key: t('payments.runs.bills'), value: t('ui.number', { n: run.billed }) },
            { key: t('payments.runs.amount'), value: amount(run.amount) },
          ]
        : []),
    ])}
    ${run.state === 'checking' || run.state === 'billing' ? progress(view, done, parcels) : null}
    ${letters === null ? null : toPrint(view, run.id, letters)} ${found(view, rules, run.preview, amount)}
    <div id="act">
      ${mayConfirm ? act(path, 'confirm', t('payments.run.confirm', { count: run.preview.bills }), 'primary') : null}
      ${run.state === 'checked' && !mayConfirm && mayWork ? alert('info', null, html`<p>${t('payments.run.waits')}</p>`) : null}
      ${mayWork && (run.state === 'checking' || run.state === 'checked') ? act(path, 'stop', t('payments.run.stop'), 'secondary') : null}
    </div>`
}

function act(path: string, name: string, label: Content, kind: 'primary' | 'secondary'): Html {
  return html`<form method="post" class="st-form" action="${path}/${name}">${button(label, { kind })}</form>`
}

function progress(view: View, done: number, all: number): Html {
  return html`<p>
    <label for="progress">${view.t('payments.run.moving')}</label>
    <progress id="progress" max="${Math.max(1, all)}" value="${Math.min(done, all)}"></progress>
    <a class="ds-link" href="${view.path}">${view.t('payments.run.again')}</a>
  </p>`
}

/** The files of letters for owners without an e-mail address, and which of them were fetched. */
function toPrint(view: View, run: string, { all, files, fetched, listed, page, pages }: Letters): Html {
  const { t } = view
  const head = ['file', 'count', 'fetched'].map((name) => t(`payments.run.letters.${name}`))
  const rows = listed.map((file) => [
    html`<a class="ds-link" href="/officer/money/run-letters/${run}/${file.no}.pdf">${t('payments.run.letters.no', { no: file.no })}</a>`,
    t('ui.number', { n: file.letters }),
    file.fetched === null ? t('payments.run.letters.never') : instant(view, file.fetched),
  ])
  const to = (at: number): string | null => (at < 1 || at > pages ? null : `/officer/money/runs/${run}?letters=${at}#letters`)
  return html`<section aria-labelledby="letters">
    <h2 id="letters">${t('payments.run.letters')}</h2>
    <p>${t('payments.run.letters.text', { count: all })}</p>
    <p>${t('payments.run.letters.done', { done: fetched, all: files })}</p>
    ${dataTable({ caption: t('payments.run.letters.list'), head, rows, numeric: [1] })}
    ${pagination(view, { previous: to(page - 1), next: to(page + 1) })}
  </section>`
}

function found(view: View, rules: TaxRules, preview: SeenRun['run']['preview'], amount: (of: string) => Html): Html {
  const { t } = view
  const count = (n: number): string => t('ui.number', { n })
  const uses = Object.entries(preview.uses).map(([use, each]) => [useText(view, rules, use), count(each.bills), amount(each.amount)])
  return html`<section aria-labelledby="found">
    <h2 id="found">${t('payments.run.found')}</h2>
    ${summaryList([
      { key: t('payments.run.parcels'), value: count(preview.parcels) },
      { key: t('payments.runs.bills'), value: count(preview.bills) },
      { key: t('payments.run.exempt'), value: count(preview.exempt) },
      { key: t('payments.run.below'), value: count(preview.below) },
      { key: t('payments.runs.amount'), value: amount(preview.amount) },
      { key: t('payments.run.before'), value: amount(preview.before) },
      {
        key: t('payments.run.changes'),
        value: t('payments.run.changes.text', { more: preview.more, less: preview.less, same: preview.same, first: preview.first }),
      },
    ])}
    ${uses.length === 0 ? null : dataTable({ id: 'uses', caption: t('payments.run.uses'), head: [t('payments.run.use'), t('payments.runs.bills'), t('payments.runs.amount')], rows: uses, numeric: [1, 2] })}
    ${samples(view, rules, 'samples', preview.samples, amount)} ${samples(view, rules, 'largest', preview.largest, amount)}
  </section>`
}

function samples(view: View, rules: TaxRules, name: 'samples' | 'largest', list: readonly Sample[], amount: (of: string) => Html): Content {
  if (list.length === 0) return null
  const { t } = view
  const rows = list.map((each) => [
    html`<bdi>${each.number}</bdi>`,
    useText(view, rules, each.use),
    amount(each.amount),
    each.before === null ? t('payments.run.new') : amount(each.before),
    html`<bdi>${rules.rates.rules[each.rule - 1]?.law ?? ''}</bdi>`,
  ])
  const head = [
    t('payments.runs.parcel'),
    t('payments.run.use'),
    t('payments.runs.amount'),
    t('payments.run.before'),
    t('payments.run.law'),
  ]
  return dataTable({ id: name, caption: t(`payments.run.${name}`), head, rows, numeric: [2, 3] })
}

function useText(view: View, rules: TaxRules, use: string): Content {
  const named = rules.uses[use]
  return named ? words(view, named) : html`<bdi>${use}</bdi>`
}
