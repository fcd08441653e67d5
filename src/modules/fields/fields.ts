import { minorDigits } from '../../kernel/money.ts'
import { formatDay, parsePlainDate, type PlainDate } from '../../kernel/time.ts'
import {
  html, words, plainWords, textField, textArea, selectField, radios, checkboxes, fileField, fieldset, dateField, PICTURES, hiddenInputs, button, element,
  type Choice, type Content, type DateParts, type FieldBase, type Html, type View,
} from '../../ui/index.ts' // prettier-ignore
import { fileLimits, type Issue, MOST_ROWS, type Question, type RowQuestion } from '../servicefile/index.ts'
import { type AddressFind, addressSearch } from './addressfind.ts'
import { addressMark, answerKind, decimalMark } from './form.ts'
import { fileSize, isMoneyJson, isRecord, rowSummary, rowTitle, typedMoney, type UploadedFile } from './answers.ts'
import { fieldId, issueText } from './issues.ts'

export { answerText, type UploadedFile } from './answers.ts'
export { issueText } from './issues.ts'

/** How a question is drawn. */
export type QuestionFieldOptions = {
  /** The label is the page's only heading. */
  heading: boolean
  /** Begins the names and ids of the controls; `readForm` takes the same. */
  prefix?: string
  /** The files sent so far, for `file` questions. */
  files?: readonly UploadedFile[]
  /** Where the rows of a `repeating_group` are edited. */
  hrefs?: GroupHrefs
  /** Offers the city's address search above the fields of an address. */
  find?: AddressFind
  /** Why what was sent for it was not taken. */
  fault?: string
  /** Since which day the person's record has the answer, while it stands as it came from there. */
  since?: PlainDate
  /** The words of the service's own rules. */
  ruleMessage?: (rule: string) => string | undefined
}

/** Where rows are edited; what is left out is a submit button (`_add_row`: `id`, `_change_row`: `id:row`, `_remove_row`: `id:row:rows`), which keeps typed work. */
export type GroupHrefs = { add?: string; change?: (row: number) => string; remove?: (row: number) => string }

const SELECT_FROM = 9

/** One question as a field of a form that works without a script; it keeps what was typed, and says what is wrong. */
export function questionField(
  view: View,
  question: Question | RowQuestion,
  value: unknown,
  issues: readonly Issue[],
  o: QuestionFieldOptions,
): Html {
  const own = issues.filter((issue) => issue.question === question.id || (issue.column === question.id && issue.row !== undefined))
  const issueTexts = own.map((issue) =>
    issueText(view, question, issue, issue.rule === undefined ? undefined : o.ruleMessage?.(issue.rule)),
  )
  const texts = o.fault === undefined ? issueTexts : [o.fault, ...issueTexts]
  const label = words(view, question.label)
  const base: FieldBase = {
    id: fieldId(question, o.prefix),
    name: `${o.prefix ?? ''}${question.id}`,
    label: question.required ? label : html`${label} <span class="st-optional">${view.t('ui.field.optional')}</span>`,
    hint: hint(view, question, value, o.since ?? null),
    error: texts.length > 0 ? html`${texts.map((text, i) => [i > 0 && html`<br />`, text])}` : undefined,
    heading: o.heading,
  }
  return control(view, question, value, base, o)
}

function control(view: View, question: Question | RowQuestion, value: unknown, base: FieldBase, o: QuestionFieldOptions): Html {
  switch (answerKind(question)) {
    case 'long_text':
      return textArea({ ...base, value: typed(value), rows: 6 })
    case 'integer':
    case 'decimal':
    case 'money':
      return numberControl(view, question, value, base)
    case 'date':
      return dateField({
        ...base,
        labels: dateLabels(view),
        value: dateParts(value),
        autocomplete: question.source === 'person.date_of_birth' ? 'bday' : undefined,
      })
    case 'yes_no':
    case 'one_of':
      return choiceControl(view, question, value, base)
    case 'many_of':
      return checkboxes({ ...base, value: Array.isArray(value) ? value.map(String) : null, options: choices(view, question) })
    case 'address':
      return addressControl(view, value, base, o.find && addressSearch(view, question, base, o.find))
    case 'place':
      return placeControl(view, value, base)
    case 'file':
      return fileControl(view, question, base, o.files ?? [])
    case 'repeating_group':
      return groupOverview(view, question, Array.isArray(value) ? value.filter(isRecord) : [], o.hrefs ?? {}, base)
    default:
      return textControl(question, value, base)
  }
}

function textControl(question: Question | RowQuestion, value: unknown, base: FieldBase): Html {
  const kind = answerKind(question)
  const field = { ...base, value: typed(value), required: question.required }
  if (kind === 'email')
    return textField({ ...field, type: 'email', inputmode: 'email', autocomplete: 'email', spellcheck: false, dir: 'ltr' })
  if (kind === 'phone') return textField({ ...field, type: 'tel', inputmode: 'tel', autocomplete: 'tel', dir: 'ltr', width: 'm' })
  if (kind === 'iban' || kind === 'national_id') return textField({ ...field, spellcheck: false, dir: 'ltr', width: 'm' })
  const short = question.max_length !== undefined && question.max_length <= 20
  return textField({ ...field, autocomplete: question.source === 'person.full_name' ? 'name' : undefined, width: short ? 'm' : 'full' })
}

function numberControl(view: View, question: Question | RowQuestion, value: unknown, base: FieldBase): Html {
  const kind = answerKind(question)
  const field = { ...base, width: 's' as const, dir: 'ltr' as const, required: question.required }
  if (kind === 'money') {
    const currency = isMoneyJson(value) ? value.currency : (question.currency ?? view.city.currency)
    const text = isMoneyJson(value) ? typedMoney(view, value, minorDigits(currency)) : typed(value)
    return textField({ ...field, value: text, inputmode: 'decimal', prefix: currencySign(view, currency), width: 'm' })
  }
  const suffix = question.unit ? words(view, question.unit) : undefined
  const plain = typed(value)
  const text = kind === 'decimal' && /^-?\d+\.\d+$/.test(plain) ? plain.replace('.', decimalMark(view.locale)) : plain
  return textField({ ...field, value: text, inputmode: kind === 'integer' ? 'numeric' : 'decimal', suffix })
}

function choiceControl(view: View, question: Question | RowQuestion, value: unknown, base: FieldBase): Html {
  const none: Choice[] = question.required ? [] : [{ value: '', label: view.t('ui.field.no_answer') }]
  if (answerKind(question) === 'yes_no') {
    const options = [
      { value: 'yes', label: view.t('ui.field.yes') },
      { value: 'no', label: view.t('ui.field.no') },
    ]
    return radios({
      ...base,
      value: value === true ? 'yes' : value === false ? 'no' : null,
      options: [...options, ...none],
      inline: question.required,
    })
  }
  const options = choices(view, question)
  if (options.length >= SELECT_FROM) {
    return selectField({ ...base, value: typed(value), options, empty: view.t('ui.field.choose'), required: question.required })
  }
  return radios({ ...base, value: value === null || value === undefined ? null : typed(value), options: [...options, ...none] })
}

function choices(view: View, question: Question | RowQuestion): Choice[] {
  return (question.options ?? []).map((option) => ({
    value: option.value,
    label: words(view, option.label),
    hint: option.hint ? words(view, option.hint) : undefined,
  }))
}

function addressControl(view: View, value: unknown, base: FieldBase, search: Content): Html {
  const address = isRecord(value) ? value : {}
  const part = (name: string, autocomplete: string, width: 'full' | 'm' | 's'): Html =>
    textField({
      id: name === 'line1' ? base.id : `${base.id}-${name}`,
      name: `${base.name}-${name}`,
      label: view.t(`ui.field.address.${name}`),
      value: name === 'line1' && typeof value === 'string' ? value : typed(address[name]),
      autocomplete,
      width,
      attributes: { 'aria-invalid': base.error ? 'true' : null },
    })
  const chosen =
    typeof address.address_id === 'string'
      ? { [`${base.name}-address_id`]: address.address_id, [`${base.name}-address_of`]: addressMark(address) }
      : {}
  const country = typeof address.country === 'string' ? { [`${base.name}-country`]: address.country } : {}
  return fieldset({ ...base, legend: base.label, role: 'group' }, [
    search,
    part('line1', 'address-line1', 'full'),
    part('line2', 'address-line2', 'full'),
    part('town', 'address-level2', 'm'),
    part('postcode', 'postal-code', 's'),
    hiddenInputs({ ...chosen, ...country }),
  ])
}

function placeControl(view: View, value: unknown, base: FieldBase): Html {
  const place = isRecord(value) ? value : {}
  const part = (name: 'lat' | 'long'): Html =>
    textField({
      id: name === 'lat' ? base.id : `${base.id}-${name}`,
      name: `${base.name}-${name}`,
      label: view.t(`ui.field.place.${name}`),
      value: degrees(name === 'lat' && typeof value === 'string' ? value : place[name]),
      inputmode: 'text',
      dir: 'ltr',
      width: 'm',
      attributes: { 'aria-invalid': base.error ? 'true' : null, 'data-place': name },
    })
  const note = textField({
    id: `${base.id}-note`,
    name: `${base.name}-note`,
    label: view.t('ui.field.place.note'),
    value: typed(place.note),
  })
  return fieldset({ ...base, legend: base.label, role: 'group' }, [html`<div class="st-pair">${part('lat')}${part('long')}</div>`, note])
}

function fileControl(view: View, question: Question | RowQuestion, base: FieldBase, files: readonly UploadedFile[]): Html {
  const most = question.max_files ?? fileLimits.maxFiles
  const megabytes = question.max_mb ?? fileLimits.maxMb
  const kinds = question.accept ?? fileLimits.accept
  const accept = kinds.map((kind) => (kind === 'pdf' ? 'application/pdf' : PICTURES)).join(',')
  const list = files.map(
    (file) =>
      html`<li>
        <span
          >${file.href ? html`<a class="ds-link" href="${file.href}"><bdi>${file.name}</bdi></a>` : html`<bdi>${file.name}</bdi>`}
          <span class="st-meta">${fileSize(view, file.size)}</span></span
        >
        ${button(view.t('ui.field.remove'), { kind: 'tertiary', name: '_remove_file', value: file.id, novalidate: true, about: file.name })}
      </li>`,
  )
  const limit = view.t(kinds.length === 2 ? 'ui.field.file.any' : `ui.field.file.${kinds[0] ?? 'pdf'}`, {
    n: most,
    size: fileSize(view, megabytes * 1_000_000),
  })
  const input = fileField({
    ...base,
    hint: [base.hint, base.hint ? html`<br />` : null, limit],
    accept,
    multiple: most > 1,
    maxBytes: megabytes * 1_000_000,
    tooLarge: view.t('ui.field.file.too_large', { size: fileSize(view, megabytes * 1_000_000) }),
  })
  const sent =
    files.length > 0
      ? html`<h2 class="st-small-heading">${view.t('ui.field.file.sent')}</h2>
          <ul class="st-rows">
            ${list}
          </ul>`
      : null
  return html`${files.length < most || base.error ? input : html`<p class="ds-label" id="${base.id}" tabindex="-1">${base.label}</p>`}${sent}`
}

/** The rows of a repeating group with a way to add, change and remove each; the rows are edited on their own pages. */
export function groupOverview(
  view: View,
  question: Question | RowQuestion,
  rows: ReadonlyArray<Readonly<Record<string, unknown>>>,
  hrefs: GroupHrefs,
  base: { id?: string; label?: Content; hint?: Content; error?: Content; heading?: boolean } = {},
): Html {
  const group: Question = question
  const link = (href: string, label: string, about: string): Html =>
    html`<a class="ds-link" href="${href}">${label}<span class="ds-sr-only"> ${about}</span></a>`
  const act = (href: string | undefined, label: string, name: string, value: string, about: string): Html =>
    href === undefined ? button(label, { kind: 'tertiary', name, value, novalidate: true, about }) : link(href, label, about)
  const items = rows.map((row, i) => {
    const title = rowTitle(view, group, i)
    const key = `${group.id}:${i}`
    // with how many there are: pressed twice, it takes out one
    const counted = `${key}:${rows.length}`
    return html`<li>
      <div>
        <strong>${title}</strong>
        <div>${rowSummary(view, group, row)}</div>
      </div>
      <div class="st-row-actions">
        ${act(hrefs.change?.(i), view.t('ui.field.change'), '_change_row', key, title)}${act(hrefs.remove?.(i), view.t('ui.field.remove'), '_remove_row', counted, title)}
      </div>
    </li>`
  })
  const id = base.id ?? fieldId(group)
  const next = group.row_title ? plainWords(view, group.row_title) : view.t('ui.field.row')
  const addLabel = view.t(rows.length > 0 ? 'ui.field.add_another' : 'ui.field.add', { title: next })
  const add =
    hrefs.add === undefined
      ? button(addLabel, { kind: 'secondary', name: '_add_row', value: group.id, novalidate: true, id })
      : element('a', { class: 'ds-button', 'data-variant': 'secondary', href: hrefs.add, id }, addLabel)
  const full = rows.length >= (group.max_rows ?? MOST_ROWS)
  return fieldset({ id, legend: base.label ?? words(view, group.label), hint: base.hint, error: base.error, heading: base.heading }, [
    rows.length > 0
      ? html`<ul class="st-rows">
          ${items}
        </ul>`
      : html`<p class="st-meta">${view.t('ui.field.no_rows')}</p>`,
    full ? html`<p class="st-meta" id="${id}" tabindex="-1">${view.t('ui.field.rows_full', { n: rows.length })}</p>` : add,
  ])
}

function hint(view: View, question: Question | RowQuestion, value: unknown, since: PlainDate | null): Content {
  const kind = answerKind(question)
  const own: Content = question.hint
    ? words(view, question.hint)
    : kind === 'date'
      ? view.t('ui.field.date_hint')
      : kind === 'many_of'
        ? view.t('ui.field.choose_any')
        : kind === 'place'
          ? view.t('ui.field.place_hint')
          : null
  if (view.viewer === null) return own ?? undefined // without an account there is no record
  const given = value !== null && value !== undefined && value !== ''
  const note =
    since !== null && given
      ? view.t('ui.field.from_record', { day: formatDay(since, view.locale) })
      : question.kind === 'attribute' && !given
        ? view.t('ui.field.not_in_record')
        : null
  if (note === null) return own ?? undefined
  const source = html`<span class="st-source">${note}</span>`
  return own ? html`${own}<br />${source}` : source
}

function dateLabels(view: View): { day: Content; month: Content; year: Content } {
  return { day: view.t('ui.field.day'), month: view.t('ui.field.month'), year: view.t('ui.field.year') }
}

function dateParts(value: unknown): DateParts {
  const text = typed(value)
  const date = parsePlainDate(text)
  if (date) return { day: String(Number(date.slice(8))), month: String(Number(date.slice(5, 7))), year: date.slice(0, 4) }
  const [day = '', month = '', ...year] = text.split('/')
  return { day, month, year: year.join('/') }
}

function degrees(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(7).replace(/\.?0+$/, '') : typed(value)
}

function currencySign(view: View, currency: string): string {
  const parts = new Intl.NumberFormat(view.locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).formatToParts(0)
  return parts.find((part) => part.type === 'currency')?.value ?? currency
}

function typed(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
