import { alert, button, type Content, html, type Html, selectField, textField, type View } from '../../../../ui/index.ts'
import { textOf } from '../../../../platform/http/routes.ts'
import type { FormBody } from '../../../fields/index.ts'
import { noActionReasons } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import type { BulkResult } from '../bulk.ts'
import { groupedCategories, targets } from './choices.ts'

/** What can be done with the reports that are marked in the table above; each with a button of its own. */
export function bulkForms(view: View, board: Board, staff: ReadonlyArray<{ id: string; name: string }>, typed: FormBody): Html {
  const { t } = view
  const value = (name: string): string => textOf(typed, name) ?? ''
  const act = (value: string, label: string): Html => button(label, { kind: 'secondary', name: 'act', value })
  return html`<section class="st-flow" aria-labelledby="bulk-title">
    <h2 id="bulk-title">${t('reports.triage.bulk.title')}</h2>
    <p class="st-meta">${t('reports.triage.bulk.hint')}</p>
    <div class="st-filters st-triage-bulk">
      ${selectField({ id: 'to', name: 'to', value: value('to'), label: t('reports.triage.assign.to'), empty: t('reports.triage.assign.stays'), options: targets(view, board) })}
      ${selectField({
        id: 'officer',
        name: 'officer',
        value: value('officer'),
        label: t('reports.triage.assign.officer'),
        empty: t('reports.triage.assign.nobody'),
        options: staff.map((each) => ({ value: each.id, label: each.name })),
      })}
      ${act('assign', t('reports.triage.bulk.assign'))}
    </div>
    <div class="st-filters st-triage-bulk">
      ${selectField({
        id: 'bulk-category',
        name: 'to-category',
        value: value('to-category'),
        label: t('reports.triage.category.to'),
        empty: t('reports.triage.choose'),
        options: groupedCategories(view, board),
      })}
      ${act('category', t('reports.triage.bulk.category'))}
    </div>
    <div class="st-filters st-triage-bulk">
      ${selectField({
        id: 'outcome',
        name: 'outcome',
        value: value('outcome'),
        label: t('reports.triage.end.how'),
        empty: t('reports.triage.choose'),
        options: (['no_action', 'duplicate'] as const).map((value) => ({ value, label: t(`reports.triage.end.${value}`) })),
      })}
      ${selectField({
        id: 'reason',
        name: 'reason',
        value: value('reason'),
        label: t('reports.triage.end.reason'),
        empty: t('reports.triage.choose'),
        options: noActionReasons.map((value) => ({ value, label: t(`reports.page.reason.${value}`) })),
      })}
      ${textField({ id: 'of', name: 'of', value: value('of'), label: t('reports.triage.end.of'), dir: 'ltr', width: 'm' })} ${act('end', t('reports.triage.bulk.end'))}
    </div>
    <p class="st-buttons">${act('photos', t('reports.triage.bulk.photos'))}</p>
  </section>`
}

/** How many reports an act changed, and why which others stayed as they were. */
export function bulkSaid(view: View, result: BulkResult, why: (code: string) => string): Content {
  const { t } = view
  const { done, failed } = result
  if (done === 0 && failed.length === 0) return null
  const byCode = Map.groupBy(failed, (each) => each.code)
  const rest = [...byCode].map(
    ([code, reports]) =>
      html`<li>${why(code)} ${reports.map(({ reference }, i) => html`${i === 0 ? '' : ', '}<bdi>${reference}</bdi>`)}</li>`,
  )
  return alert(
    failed.length === 0 ? 'success' : 'warning',
    null,
    html`<p role="status">
        ${done > 0 ? t('reports.triage.bulk.done', { n: done }) : null} ${failed.length > 0 ? t('reports.triage.bulk.failed', { n: failed.length }) : null}
      </p>
      ${
        rest.length > 0
          ? html`<ul>
              ${rest}
            </ul>`
          : null
      }`,
  )
}
