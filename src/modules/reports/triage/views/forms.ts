import { textOf } from '../../../../platform/http/routes.ts'
import {
  button, buttonRow, type ButtonKind, type Content, dateField, element, errorSummary, fileField, hiddenInputs, html, type Html, linkButton, radios, selectField,
  PICTURES, textArea, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import type { FormBody } from '../../../fields/index.ts'
import { isOpen, noActionReasons } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import { hideReasons, officerEnds } from '../acts.ts'
import type { SortedReport } from '../read.ts'
import { authorityName, groupedCategories, sortHref, targets } from './choices.ts'

/** A form that was refused: which one, what was typed in it, and why; shown again with all of it. */
export type Refused = { readonly form: string; readonly values: FormBody; readonly message: string }

type Drawing = { readonly view: View; readonly board: Board; readonly found: SortedReport; readonly refused: Refused | null }

/** The id of the field that an error of a form leads to. */
const FIRST: Readonly<Record<string, string>> = {
  assign: 'to', fix: 'fix-order', end: 'end-outcome', category: 'new-category', split: 'split-text', words: 'words-text', update: 'update-text', hide: 'hide-reason',
} // prettier-ignore

/** The error summary of a refused form; what was typed in a form that is not there any more is kept below it. */
export function refusedSummary(view: View, refused: Refused | null, shown: readonly string[]): Content {
  if (!refused) return null
  const first = FIRST[refused.form]
  const here = first !== undefined && shown.includes(refused.form)
  const text = textOf(refused.values, 'text') ?? ''
  const kept = !here && text !== ''
  const summary = errorSummary(view, [{ href: here ? `#${first}` : kept ? '#kept' : '#main', text: refused.message }])
  if (!kept) return summary
  const { t } = view
  return [
    summary,
    textArea({ id: 'kept', name: 'kept', label: t('reports.triage.kept'), hint: t('reports.triage.kept_hint'), value: text }),
  ]
}

/** The forms that the page of a report shows. */
export function formsShown({ report }: SortedReport): readonly string[] {
  const always = ['words', 'update', ...(report.hidden ? [] : ['hide'])]
  return isOpen(report) ? ['assign', 'fix', 'end', 'category', 'split', ...always] : always
}

/** Everything that may be done with a report now. */
export function actForms(view: View, board: Board, found: SortedReport, refused: Refused | null): Content {
  const drawing = { view, board, found, refused }
  const open = isOpen(found.report)
  return [
    open && assign(drawing),
    open && fix(drawing),
    open && endings(drawing),
    update(drawing),
    open && elsewhere(drawing),
    publicness(drawing),
    found.report.outcome === 'duplicate' && apart(drawing),
  ]
}

function value({ refused }: Drawing, form: string, name: string): string {
  return refused?.form === form ? (textOf(refused.values, name) ?? '') : ''
}

function errorOf({ refused }: Drawing, form: string): string | undefined {
  return refused?.form === form ? refused.message : undefined
}

function form(
  drawing: Drawing,
  name: string,
  body: Content,
  submit: string,
  o: { kind?: ButtonKind; files?: boolean; more?: Content } = {},
): Html {
  const { report } = drawing.found
  const attributes = {
    method: 'post',
    action: sortHref(report.id, `/${name}`),
    class: 'st-form',
    id: `form-${name}`,
    novalidate: true,
    enctype: o.files ? 'multipart/form-data' : null,
  }
  return element('form', attributes, [
    hiddenInputs({ revision: report.revision }),
    body,
    buttonRow(button(submit, { kind: o.kind ?? 'secondary' }), o.more),
  ])
}

/** A form that is seldom needed, folded away; open when it was refused. */
function folded({ refused }: Drawing, name: string, title: string, body: Html): Html {
  return html`<details ?open="${refused?.form === name}">
    <summary>${title}</summary>
    ${body}
  </details>`
}

function assign(drawing: Drawing): Html {
  const { view, board, found } = drawing
  const { t } = view
  const { report } = found
  const mine = drawing.refused?.form === 'assign'
  const now = report.crew === null ? `desk:${report.agency}` : `crew:${report.crew}`
  const body = [
    selectField({
      id: 'to',
      name: 'to',
      label: t('reports.triage.assign.to'),
      value: mine ? value(drawing, 'assign', 'to') : now,
      options: targets(view, board),
      error: errorOf(drawing, 'assign'),
    }),
    selectField({
      id: 'officer',
      name: 'officer',
      label: t('reports.triage.assign.officer'),
      hint: t('reports.triage.assign.officer_hint'),
      value: mine ? value(drawing, 'assign', 'officer') : (report.officer ?? ''),
      empty: t('reports.triage.assign.nobody'),
      options: found.staff.map((each) => ({ value: each.id, label: each.name })),
    }),
  ]
  const begin = html`<form method="post" action="${sortHref(report.id, '/start')}">
    ${hiddenInputs({ revision: report.revision })} ${button(t('reports.triage.start'), { kind: 'secondary' })}
  </form>`
  return html`<section class="st-flow" aria-labelledby="assign-title">
    <h2 id="assign-title">${t('reports.triage.assign')}</h2>
    ${form(drawing, 'assign', body, t('reports.triage.assign.submit'), { kind: 'primary' })} ${report.state === 'in_progress' ? null : begin}
  </section>`
}

function date(drawing: Drawing, formName: string, name: string, label: string): Html {
  const { t } = drawing.view
  const part = (which: string): string => value(drawing, formName, `${name}-${which}`)
  return dateField({
    id: `${formName}-${name}`,
    name,
    label,
    labels: { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') },
    value: { day: part('day'), month: part('month'), year: part('year') },
  })
}

function fix(drawing: Drawing): Html {
  const { t } = drawing.view
  const body = [
    textField({
      id: 'fix-order',
      name: 'order',
      label: t('reports.triage.fix.order'),
      value: value(drawing, 'fix', 'order'),
      error: errorOf(drawing, 'fix'),
      maxlength: 80,
      width: 'm',
    }),
    date(drawing, 'fix', 'on', t('reports.triage.fix.on')),
    fileField({
      id: 'fix-photo',
      name: 'photo',
      label: t('reports.triage.fix.photo'),
      hint: t('reports.triage.fix.photo_hint'),
      accept: PICTURES,
    }),
    textArea({ id: 'fix-text', name: 'text', label: t('reports.triage.public_text'), value: value(drawing, 'fix', 'text'), rows: 3 }),
  ]
  return html`<section class="st-flow" aria-labelledby="fix-title">
    <h2 id="fix-title">${t('reports.triage.fix')}</h2>
    <p class="st-meta">${t('reports.triage.fix.hint')}</p>
    ${folded(drawing, 'fix', t('reports.triage.fix.open'), form(drawing, 'fix', body, t('reports.triage.fix.submit'), { kind: 'primary', files: true }))}
  </section>`
}

function endings(drawing: Drawing): Html {
  const { view, board } = drawing
  const { t } = view
  const authorities = board.categories.authorities.map((each) => ({ value: each.id, label: authorityName(view, board, each.id) }))
  const body = [
    radios({
      id: 'end-outcome',
      name: 'outcome',
      label: t('reports.triage.end.how'),
      value: value(drawing, 'end', 'outcome'),
      error: errorOf(drawing, 'end'),
      options: officerEnds.map((each) => ({
        value: each,
        label: t(`reports.triage.end.${each}`),
        hint: t(`reports.triage.end.${each}.hint`),
      })),
    }),
    selectField({
      id: 'end-authority',
      name: 'authority',
      label: t('reports.triage.end.authority'),
      value: value(drawing, 'end', 'authority'),
      empty: t('reports.triage.choose'),
      options: authorities,
    }),
    textField({ id: 'end-of', name: 'of', label: t('reports.triage.end.of'), value: value(drawing, 'end', 'of'), dir: 'ltr', width: 'm' }),
    selectField({
      id: 'end-reason',
      name: 'reason',
      label: t('reports.triage.end.reason'),
      value: value(drawing, 'end', 'reason'),
      empty: t('reports.triage.choose'),
      options: noActionReasons.map((each) => ({ value: each, label: t(`reports.page.reason.${each}`) })),
    }),
    textField({
      id: 'end-programme',
      name: 'programme',
      label: t('reports.triage.end.programme'),
      value: value(drawing, 'end', 'programme'),
      maxlength: 200,
    }),
    date(drawing, 'end', 'when', t('reports.triage.end.when')),
    textArea({ id: 'end-text', name: 'text', label: t('reports.triage.public_text'), value: value(drawing, 'end', 'text'), rows: 3 }),
  ]
  return html`<section class="st-flow" aria-labelledby="end-title">
    <h2 id="end-title">${t('reports.triage.end')}</h2>
    ${folded(drawing, 'end', t('reports.triage.end.open'), form(drawing, 'end', body, t('reports.triage.end.submit'), { kind: 'danger' }))}
  </section>`
}

function update(drawing: Drawing): Html {
  const { t } = drawing.view
  const body = textArea({
    id: 'update-text',
    name: 'text',
    label: t('reports.triage.update.label'),
    hint: t('reports.triage.update.hint'),
    value: value(drawing, 'update', 'text'),
    error: errorOf(drawing, 'update'),
    rows: 4,
  })
  return html`<section class="st-flow" aria-labelledby="update-title">
    <h2 id="update-title">${t('reports.triage.update')}</h2>
    ${form(drawing, 'update', body, t('reports.triage.update.submit'))}
  </section>`
}

/** Another category, another report, another place, another authority. */
function elsewhere(drawing: Drawing): Html {
  const { view, board, found } = drawing
  const { t } = view
  const { report } = found
  const category = selectField({
    id: 'new-category',
    name: 'category',
    label: t('reports.triage.category.to'),
    value: value(drawing, 'category', 'category') || report.category,
    error: errorOf(drawing, 'category'),
    options: groupedCategories(view, board),
  })
  const split = [
    selectField({
      id: 'split-category',
      name: 'category',
      label: t('reports.triage.split.category'),
      value: value(drawing, 'split', 'category'),
      empty: t('reports.triage.choose'),
      options: groupedCategories(view, board),
    }),
    textArea({
      id: 'split-text',
      name: 'text',
      label: t('reports.triage.split.text'),
      value: value(drawing, 'split', 'text'),
      error: errorOf(drawing, 'split'),
      rows: 4,
    }),
  ]
  return html`<section class="st-flow" aria-labelledby="right-title">
    <h2 id="right-title">${t('reports.triage.right')}</h2>
    ${folded(drawing, 'category', t('reports.triage.category'), form(drawing, 'category', [html`<p>${t('reports.triage.category.hint')}</p>`, category], t('reports.triage.category.submit')))}
    ${folded(drawing, 'split', t('reports.triage.split'), form(drawing, 'split', [html`<p>${t('reports.triage.split.hint')}</p>`, split], t('reports.triage.split.submit')))}
    <p class="st-buttons">
      ${board.places === null ? null : linkButton(sortHref(report.id, '/place'), t('reports.triage.place'), { kind: 'secondary' })}
      ${linkButton(sortHref(report.id, '/merge'), t('reports.triage.merge'), { kind: 'secondary' })}
    </p>
  </section>`
}

/** What the public reads: the words, and whether it is shown at all. */
function publicness(drawing: Drawing): Html {
  const { view, found } = drawing
  const { t } = view
  const { report } = found
  const words = textArea({
    id: 'words-text',
    name: 'text',
    label: t('reports.triage.words.label'),
    hint: t('reports.triage.words.hint'),
    value: value(drawing, 'words', 'text') || report.text,
    error: errorOf(drawing, 'words'),
    rows: 6,
  })
  const restore = form(drawing, 'restore', html`<p>${t('reports.triage.restore.hint')}</p>`, t('reports.triage.restore.submit'))
  const hide = radios({
    id: 'hide-reason',
    name: 'reason',
    label: t('reports.triage.hide.reason'),
    value: value(drawing, 'hide', 'reason'),
    error: errorOf(drawing, 'hide'),
    options: hideReasons.map((each) => ({ value: each, label: t(`reports.triage.hide.${each}`) })),
  })
  return html`<section class="st-flow" aria-labelledby="public-title">
    <h2 id="public-title">${t('reports.triage.public')}</h2>
    ${folded(drawing, 'words', t('reports.triage.words'), form(drawing, 'words', words, t('reports.triage.words.submit')))}
    ${report.masked ? folded(drawing, 'restore', t('reports.triage.restore'), restore) : null}
    ${
      report.hidden
        ? form(drawing, 'show', html`<p>${t('reports.triage.show.hint')}</p>`, t('reports.triage.show'))
        : folded(
            drawing,
            'hide',
            t('reports.triage.hide'),
            form(drawing, 'hide', hide, t('reports.triage.hide.submit'), { kind: 'danger' }),
          )
    }
  </section>`
}

function apart(drawing: Drawing): Html {
  const { t } = drawing.view
  return html`<section class="st-flow" aria-labelledby="apart-title">
    <h2 id="apart-title">${t('reports.triage.apart')}</h2>
    ${form(drawing, 'apart', html`<p>${t('reports.triage.apart.hint')}</p>`, t('reports.triage.apart.submit'))}
  </section>`
}
