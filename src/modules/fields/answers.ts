import { formatMoney, moneyFromJson, type MoneyJson } from '../../kernel/money.ts'
import { formatDay, parsePlainDate } from '../../kernel/time.ts'
import { html, plainWords, words, day, type Content, type Html, type View } from '../../ui/index.ts'
import type { Question, RowQuestion } from '../servicefile/index.ts'
import { answerKind, decimalMark } from './form.ts'

/** A file that was sent, as pages show it; `href` opens it. */
export type UploadedFile = { id: string; name: string; size: number; href?: string }

/** An answer in the reader's words, for checking it and for the officer. What was never answered says so. */
export function answerText(view: View, question: Question | RowQuestion, value: unknown, files: readonly UploadedFile[] = []): Html {
  const empty = value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  if (empty) return html`<span class="st-meta">${view.t('ui.field.not_answered')}</span>`
  if (typeof value === 'string') return textAnswer(view, question, value)
  if (typeof value === 'number') return html`${withUnit(view, question, new Intl.NumberFormat(view.locale).format(value))}`
  if (typeof value === 'boolean') return html`${view.t(value ? 'ui.field.yes' : 'ui.field.no')}`
  if (Array.isArray(value)) return listAnswer(view, question, value, files)
  return objectAnswer(view, question, value)
}

/** The words of a row of a repeating group: its title and number, such as "Child 2". */
export function rowTitle(view: View, question: Question, row: number): string {
  const title = question.row_title ? plainWords(view, question.row_title) : view.t('ui.field.row')
  return view.t('ui.field.row_title', { title, n: row + 1 })
}

/** A row of a repeating group in one line: its first answers. */
export function rowSummary(view: View, question: Question, row: Readonly<Record<string, unknown>>): Html {
  const shown = (question.questions ?? []).filter((column) => !isEmpty(row[column.id])).slice(0, 3)
  if (shown.length === 0) return html`<span class="st-meta">${view.t('ui.field.not_answered')}</span>`
  return html`${shown.map((column, i) => [i > 0 && ' · ', answerText(view, column, row[column.id])])}`
}

/** Minor units as a typed decimal with the reader's separator, such as `25,50`. */
export function typedMoney(view: View, value: MoneyJson, digits: number): string {
  const negative = value.amount.startsWith('-')
  const minor = (negative ? value.amount.slice(1) : value.amount).padStart(digits + 1, '0')
  const whole = minor.slice(0, minor.length - digits)
  return `${negative ? '-' : ''}${whole}${digits === 0 ? '' : decimalMark(view.locale) + minor.slice(-digits)}`
}

/** Whether a value is money in its JSON. */
export function isMoneyJson(value: unknown): value is MoneyJson {
  return (
    isRecord(value) &&
    typeof value.amount === 'string' &&
    /^-?\d{1,18}$/.test(value.amount) &&
    typeof value.currency === 'string' &&
    /^[A-Z]{3}$/.test(value.currency)
  )
}

/** Whether a value is a plain object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A limit of a question in the reader's words: a number, an amount, a day. */
export function limitText(view: View, question: Question | RowQuestion, limit: string | number): string {
  const kind = answerKind(question)
  if (limit === 'today') return view.t('ui.field.today')
  const date = kind === 'date' ? parsePlainDate(String(limit)) : null
  if (date) return formatDay(date, view.locale)
  const amount = { amount: String(limit), currency: question.currency ?? view.city.currency }
  if (kind === 'money' && isMoneyJson(amount)) return formatMoney(moneyFromJson(amount), view.locale)
  return Number.isFinite(Number(limit)) ? new Intl.NumberFormat(view.locale).format(Number(limit)) : String(limit)
}

function textAnswer(view: View, question: Question | RowQuestion, value: string): Html {
  const kind = answerKind(question)
  const date = kind === 'date' ? parsePlainDate(value) : null
  if (date) return day(view, date)
  if (kind === 'one_of') return html`${optionLabel(view, question, value)}`
  if (kind === 'iban') return html`<bdi>${value.replaceAll(/(.{4})(?=.)/g, '$1 ')}</bdi>`
  if (kind === 'long_text') return html`<div class="st-typed" dir="auto">${value}</div>`
  if (kind === 'decimal' && /^-?\d+(\.\d+)?$/.test(value)) {
    const format = new Intl.NumberFormat(view.locale, { maximumFractionDigits: 20 })
    return html`${withUnit(view, question, format.format(value as Intl.StringNumericLiteral))}`
  }
  return html`<bdi>${value}</bdi>`
}

function listAnswer(view: View, question: Question | RowQuestion, value: readonly unknown[], files: readonly UploadedFile[]): Html {
  if (question.kind === 'repeating_group' && 'questions' in question) return rowsAnswer(view, question, value)
  const items = value.map((item): Content => {
    if (question.kind !== 'file') return optionLabel(view, question, String(item))
    const file = files.find((one) => one.id === item)
    if (!file) return view.t('ui.field.file_one')
    const name = html`<bdi>${file.name}</bdi> <span class="st-meta">${fileSize(view, file.size)}</span>`
    return file.href ? html`<a class="ds-link" href="${file.href}">${name}</a>` : name
  })
  return html`<ul class="st-plain">
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`
}

function rowsAnswer(view: View, question: Question, rows: readonly unknown[]): Html {
  return html`<ol class="st-plain">
    ${rows.filter(isRecord).map(
      (row, i) =>
        html`<li>
          <strong>${rowTitle(view, question, i)}</strong>
          <dl class="st-inner">
            ${(question.questions ?? [])
              .filter((column) => !isEmpty(row[column.id]))
              .map(
                (column) =>
                  html`<div>
                    <dt>${words(view, column.label)}</dt>
                    <dd>${answerText(view, column, row[column.id])}</dd>
                  </div>`,
              )}
          </dl>
        </li>`,
    )}
  </ol>`
}

function objectAnswer(view: View, question: Question | RowQuestion, value: unknown): Html {
  if (isMoneyJson(value)) return html`<bdi>${formatMoney(moneyFromJson(value), view.locale)}</bdi>`
  if (!isRecord(value)) return html``
  if (answerKind(question) === 'place') {
    const point = [value.lat, value.long].filter((part) => typeof part === 'number' || typeof part === 'string').join(', ')
    return html`<bdi dir="ltr">${point}</bdi>${typeof value.note === 'string' ? html`<br /><bdi>${value.note}</bdi>` : null}`
  }
  const lines = [value.line1, value.line2, [value.postcode, value.town].filter(Boolean).join(' '), value.country]
  const shown = lines.filter((line): line is string => typeof line === 'string' && line !== '')
  return html`${shown.map((line, i) => [i > 0 && html`<br />`, html`<bdi>${line}</bdi>`])}`
}

function optionLabel(view: View, question: Question | RowQuestion, value: string): Content {
  const option = question.options?.find((one) => one.value === value)
  return option ? words(view, option.label) : html`<bdi>${value}</bdi>`
}

function withUnit(view: View, question: Question | RowQuestion, figure: string): Content {
  return question.unit ? html`<bdi>${figure}</bdi> ${words(view, question.unit)}` : html`<bdi>${figure}</bdi>`
}

/** A file's size in the reader's words. */
export function fileSize(view: View, bytes: number): string {
  const [unit, figure] = bytes >= 1_000_000 ? ['megabyte', bytes / 1_000_000] : ['kilobyte', bytes / 1000]
  return new Intl.NumberFormat(view.locale, { style: 'unit', unit, maximumFractionDigits: 1 }).format(figure)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === ''
}
