import { formatDay, formatInstant, parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { plainWords, type View } from '../../../ui/index.ts'
import { pictureAddress } from '../../places/index.ts'
import type { Question } from '../../servicefile/index.ts'
import { type Categories, categoryName } from '../categories/categories.ts'
import type { Report } from '../report.ts'
import type { PhotoRow, UpdateRow } from '../store.ts'
import type { Seen } from './act.ts'

/**
 * A report as a crew's page says it, in words of the reader's language: what is null is left out. A device keeps it (sealed)
 * and draws the same page from it without a connection.
 */
export type Stop = {
  readonly reference: string
  readonly href: string
  /** Its place on the run, from 1; null off it. */
  readonly number: string | null
  readonly category: string
  readonly address: string
  /** How far it is from the stop before. */
  readonly distance: string | null
  readonly due: string | null
  readonly overdue: string | null
  readonly urgent: string | null
  /** Said when work has begun. */
  readonly begun: string | null
  /** Said when it came back as still broken. */
  readonly reopened: string | null
  readonly words: string
  /** Said when the public words leave something out. */
  readonly masked: string | null
  readonly crew: string
  readonly lat: string
  readonly long: string
  readonly answers: ReadonlyArray<{ readonly label: string; readonly value: string }>
  readonly lines: ReadonlyArray<{ readonly at: string; readonly text: string }>
  readonly pictures: ReadonlyArray<{ readonly src: string; readonly alt: string }>
  readonly seen: Seen
}

/** What a stop is made of. */
export type StopParts = {
  readonly report: Report
  readonly categories: Categories
  readonly today: PlainDate
  readonly number: number | null
  readonly metres: number
  readonly photos: readonly PhotoRow[]
  readonly updates: readonly UpdateRow[]
  readonly map: boolean
}

const MAP = { zoom: 17, width: 640, height: 320 } as const

/** A report as a stop of a run. */
export function stopOf(view: View, parts: StopParts): Stop {
  const { report, categories } = parts
  const { t } = view
  const href = `/officer/crew/reports/${report.reference}`
  const crew = report.crew === null ? null : categories.crew(report.crew)
  const place = { lat: degrees(report.lat), long: degrees(report.long) }
  return {
    reference: report.reference,
    href,
    number: parts.number === null ? null : String(parts.number),
    category: categoryName(categories, report.category, view.locale).text,
    address: report.address ?? `${place.lat}, ${place.long}`,
    distance: parts.number === null || parts.metres < 1 ? null : distanceText(view, parts.metres),
    ...dueText(view, report, parts.today),
    urgent: report.urgent ? t('reports.crew.urgent') : null,
    begun: report.state === 'in_progress' ? t('reports.crew.begun') : null,
    reopened: report.reopened > 0 ? t('reports.crew.reopened', { n: report.reopened }) : null,
    words: report.text,
    masked: report.masked ? t('reports.crew.masked') : null,
    crew: crew ? plainWords(view, crew.name) : '',
    ...place,
    answers: answersOf(view, categories, report),
    lines: parts.updates
      .filter((line) => line.text !== '' && !line.hidden)
      .map((line) => ({ at: formatInstant(line.created_at, view.locale, view.city.timeZone), text: line.text })),
    pictures: [
      ...parts.photos.map((photo) => ({ src: `${href}/photos/${photo.id}`, alt: t(`reports.crew.photo.${photo.kind}`) })),
      ...(parts.map
        ? [{ src: pictureAddress({ lat: report.lat, long: report.long, ...MAP, markers: [report] }), alt: t('reports.crew.map') }]
        : []),
    ],
    seen: { revision: report.revision, state: report.state, crew: report.crew, reopened: report.reopened },
  }
}

/** A distance for people: whole tens of metres below a kilometre, then kilometres with one decimal. */
export function distanceText(view: View, metres: number): string {
  const tens = Math.max(10, Math.round(metres / 10) * 10)
  return tens < 1_000 ? view.t('reports.crew.metres', { n: tens }) : view.t('reports.crew.kilometres', { n: Math.round(metres / 100) / 10 })
}

function dueText(view: View, report: Pick<Report, 'due_on'>, today: PlainDate): Pick<Stop, 'due' | 'overdue'> {
  if (report.due_on === null) return { due: null, overdue: null }
  const day = formatDay(report.due_on, view.locale)
  if (report.due_on < today) return { due: null, overdue: view.t('reports.crew.overdue', { day }) }
  return { due: view.t(report.due_on === today ? 'reports.crew.due_today' : 'reports.crew.due', { day }), overdue: null }
}

function answersOf(view: View, categories: Categories, report: Report): Stop['answers'] {
  const questions = categories.byId(report.category)?.questions ?? []
  return questions.flatMap((question) => {
    const value = Object.hasOwn(report.answers, question.id) ? plainAnswer(view, question, report.answers[question.id]) : ''
    return value === '' ? [] : [{ label: plainWords(view, question.label), value }]
  })
}

/** An answer of a kind that cannot hold personal data, as plain words; empty for any other. */
function plainAnswer(view: View, question: Question, value: unknown): string {
  const option = (id: unknown): string => {
    const found = question.options?.find((each) => each.value === id)
    return found ? plainWords(view, found.label) : ''
  }
  if (typeof value === 'boolean') return view.t(value ? 'ui.field.yes' : 'ui.field.no')
  if (typeof value === 'number') return new Intl.NumberFormat(view.locale).format(value)
  if (Array.isArray(value)) return new Intl.ListFormat(view.locale).format(value.map(option).filter(Boolean))
  if (typeof value !== 'string') return ''
  const date = parsePlainDate(value)
  return question.options ? option(value) : date ? formatDay(date, view.locale) : ''
}

function degrees(value: number): string {
  return value.toFixed(5)
}
