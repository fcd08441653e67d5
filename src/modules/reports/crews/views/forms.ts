import { addDays, type PlainDate } from '../../../../kernel/time.ts'
import {
  button, type Choice, type Content, dateField, element, fileField, hiddenInputs, html, type Html, PICTURES, plainWords, radios, selectField, textArea, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import type { Categories } from '../../categories/categories.ts'
import { ACT_TEXT, type ActIssue, type ActKind, type TypedAct, whyNot } from '../act.ts'
import type { Stop } from '../stop.ts'
import { slotValues } from './slots.ts'

/** The largest picture, in bytes: what the server takes. */
const MOST_BYTES = 25 * 1024 * 1024

/** What the forms of a stop are drawn with. */
export type FormParts = {
  readonly categories: Categories
  readonly today: PlainDate
  /** A new id for each form, so that one that is sent twice is done once; empty in a template. */
  readonly newId: () => string
  /** What was sent and could not be done. */
  readonly refused: { readonly typed: TypedAct; readonly issue: ActIssue | null } | null
}

/** What can be done with a stop, each as a form of its own. */
export function actForms(view: View, stop: Stop, parts: FormParts): Html {
  const { t } = view
  const canStart = stop.seen.state === 'assigned'
  return html`<div class="st-acts">
    ${canStart ? act(view, stop, parts, 'started', (f) => [photo(view, f, 'before'), button(t('reports.crew.act.started'))]) : null}
    ${act(view, stop, parts, 'done', (f) => doneFields(view, f, parts.today))}
    ${act(view, stop, parts, 'cannot', (f) => cannotFields(view, f, parts))}
    ${act(view, stop, parts, 'other_crew', (f) => crewFields(view, f, parts.categories, stop))}
    ${act(view, stop, parts, 'note', (f) => [
      words(view, f, 'reports.crew.note'),
      photo(view, f, 'before'),
      button(t('reports.crew.act.note')),
    ])}
  </div>`
}

/** One form: what was typed in it, and what is wrong with that. */
type Fields = {
  readonly kind: ActKind
  readonly typed: TypedAct | null
  readonly error: (field: string) => string | undefined
}

function act(view: View, stop: Stop, parts: FormParts, kind: ActKind, draw: (fields: Fields) => Content): Html {
  const { refused } = parts
  const typed = refused?.typed.kind === kind ? refused.typed : null
  const issue = typed && refused?.issue
  const error = (field: string): string | undefined => (issue?.field === field ? view.t(`reports.crew.issue.${issue.key}`) : undefined)
  const form = element(
    'form',
    {
      method: 'post',
      action: '/officer/crew/acts',
      enctype: 'multipart/form-data',
      novalidate: true,
      class: 'st-form',
      'data-crew-act': kind,
    },
    [
      hiddenInputs({ id: parts.newId(), act: kind }),
      slotValues(stop),
      html`<p class="st-error" role="alert" data-form-error></p>`,
      draw({ kind, typed, error }),
    ],
  )
  return element('details', { class: 'st-act', open: typed !== null, 'data-act': kind }, [
    html`<summary><h2>${view.t(`reports.crew.act.${kind}`)}</h2></summary>`,
    form,
  ])
}

function photo(view: View, { kind, error }: Fields, name: 'before' | 'after'): Html {
  return fileField({
    id: `${kind}-${name}`,
    name,
    label: view.t(`reports.crew.photo_${name}`),
    hint: name === 'after' ? view.t('reports.crew.photo_after.hint') : undefined,
    error: error(name),
    accept: PICTURES,
    maxBytes: MOST_BYTES,
    tooLarge: view.t('reports.crew.photo_large'),
  })
}

function words(view: View, { kind, typed, error }: Fields, key: string): Html {
  const hint = view.t('reports.crew.public')
  return textArea({
    id: `${kind}-text`,
    name: 'text',
    label: view.t(key),
    hint,
    error: error('text'),
    value: typed?.text ?? '',
    rows: 3,
    maxlength: ACT_TEXT,
  })
}

function dayFields(view: View, { kind, typed, error }: Fields, key: string, day: PlainDate): Html {
  const [year = '', month = '', date = ''] = day.split('-')
  const { t } = view
  return dateField({
    id: `${kind}-on`,
    name: 'on',
    label: t(key),
    labels: { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') },
    error: error('on'),
    value: typed?.day ?? { day: String(Number(date)), month: String(Number(month)), year },
  })
}

function doneFields(view: View, fields: Fields, today: PlainDate): Content {
  const { t } = view
  return [
    photo(view, fields, 'after'),
    html`<p>${t('reports.crew.or_order')}</p>`,
    textField({
      id: 'done-order',
      name: 'order',
      label: t('reports.crew.order'),
      error: fields.error('order'),
      value: fields.typed?.order ?? '',
      width: 's',
      dir: 'ltr',
      maxlength: 60,
    }),
    dayFields(view, fields, 'reports.crew.order_day', today),
    words(view, fields, 'reports.crew.say'),
    html`<p class="st-hint">${t('reports.crew.done.hint')}</p>`,
    button(t('reports.crew.act.done')),
  ]
}

function cannotFields(view: View, fields: Fields, { categories, today }: FormParts): Content {
  const { t } = view
  const { typed, error } = fields
  const why = whyNot.map((value) => ({ value, label: t(`reports.crew.why.${value}`) }))
  const needs = (value: string, body: Content): Html => html`<div class="st-needs" data-needs="${value}">${body}</div>`
  return [
    radios({ id: 'cannot-why', name: 'why', label: t('reports.crew.why'), error: error('why'), value: typed?.why ?? '', options: why }),
    needs(
      'not_ours',
      selectField({
        id: 'cannot-authority',
        name: 'authority',
        label: t('reports.crew.authority'),
        error: error('authority'),
        value: typed?.authority ?? '',
        options: categories.authorities.map((each) => ({ value: each.id, label: plainWords(view, each.name) })),
        empty: t('reports.crew.choose'),
      }),
    ),
    needs(
      'duplicate',
      textField({
        id: 'cannot-of',
        name: 'of',
        label: t('reports.crew.of'),
        error: error('of'),
        value: typed?.of ?? '',
        width: 'm',
        dir: 'ltr',
        spellcheck: false,
        maxlength: 40,
      }),
    ),
    needs('referred', [
      textField({
        id: 'cannot-programme',
        name: 'programme',
        label: t('reports.crew.programme'),
        error: error('programme'),
        value: typed?.programme ?? '',
        maxlength: 200,
      }),
      dayFields(view, fields, 'reports.crew.programme_day', addDays(today, 30)),
    ]),
    words(view, fields, 'reports.crew.say'),
    button(t('reports.crew.act.cannot')),
  ]
}

function crewFields(view: View, fields: Fields, categories: Categories, stop: Stop): Content {
  const options: Choice[] = categories.crews
    .filter((crew) => crew.id !== stop.seen.crew)
    .map((crew) => ({ value: crew.id, label: plainWords(view, crew.name) }))
  return [
    selectField({
      id: 'other_crew-crew',
      name: 'crew',
      label: view.t('reports.crew.which'),
      error: fields.error('crew'),
      value: fields.typed?.crew ?? '',
      options,
      empty: view.t('reports.crew.choose'),
    }),
    words(view, fields, 'reports.crew.say'),
    button(view.t('reports.crew.act.other_crew')),
  ]
}
