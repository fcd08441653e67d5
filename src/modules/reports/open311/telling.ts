import { inLanguage } from '../../../kernel/text.ts'
import { addDays, formatDay, type PlainDate, startOfDay } from '../../../kernel/time.ts'
import { type ExtendedAttributes, type ServiceRequest, w3cDateTime } from '../../open311/index.ts'
import { photoPath } from '../page/paths.ts'
import type { Closure } from '../report.ts'
import type { Board } from '../service/index.ts'
import type { PhotoRow } from '../store.ts'
import { firstPictures, referencesOf, type Told } from './store.ts'

/** The longest description of a request (GET Service Requests). */
export const LONGEST_DESCRIPTION = 4_000

/** Tells reports as requests of GeoReport v2, in one language. */
export type Teller = (reports: readonly Told[], extensions: boolean) => Promise<ServiceRequest[]>

/** What is the same for many rows and made once. */
type Known = {
  readonly board: Board
  readonly language: string
  readonly categoryName: (id: string) => string
  readonly agencyName: (id: string) => string
  readonly note: (key: string, values?: Readonly<Record<string, string>>) => string
  readonly dueAt: (day: PlainDate) => string
  readonly register: (line: string) => { readonly id: string; readonly postcode: string } | null
}

/** Makes the teller of a language: names, notes and ends of days are worked out once each. Make a new one when categories may have changed. */
export function makeTeller(board: Board, language: string, register: Known['register']): Teller {
  const t = board.words.translator(language)
  const { city } = board.platform
  const agencies = new Map(city.agencies.map((each) => [each.id, inLanguage(each.name, language).text]))
  const known: Known = {
    board,
    language,
    register,
    categoryName: once((id) => {
      const found = board.categories.byId(id)
      return found ? inLanguage(found.name, language).text : id
    }),
    agencyName: (id) => agencies.get(id) ?? id,
    note: noted(t),
    dueAt: once((day) => w3cDateTime(new Date(startOfDay(city.timeZone, addDays(day, 1)).getTime() - 1_000))),
  }
  return async (reports, extensions) => {
    const ids = reports.map((each) => each.id)
    const merged = reports.flatMap((each) => each.merged_into ?? [])
    const [pictures, roots] = await Promise.all([
      firstPictures(board.platform.db, ids),
      referencesOf(board.platform.db, [...new Set(merged)]),
    ])
    return reports.map((report) => {
      const root = report.merged_into === null ? null : (roots.get(report.merged_into) ?? null)
      return told(known, report, pictures.get(report.id) ?? null, root, extensions)
    })
  }
}

function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    const had = made.get(key)
    if (had !== undefined) return had
    const fresh = make(key)
    made.set(key, fresh)
    return fresh
  }
}

/** Notes without values are the same for every row. */
function noted(t: (key: string, values?: Readonly<Record<string, unknown>>) => string): Known['note'] {
  const plain = once((key: string) => t(key))
  return (key, values) => (values ? t(key, values) : plain(key))
}

function told(known: Known, report: Told, picture: Picture | null, root: string | null, extensions: boolean): ServiceRequest {
  const place = report.address === null ? null : known.register(report.address)
  const closed = report.state === 'closed'
  return {
    service_request_id: report.reference,
    status: closed ? 'closed' : 'open',
    status_notes: notesOf(known, report, root),
    service_name: known.categoryName(report.category),
    service_code: report.category,
    description: report.text === '' ? null : report.text.slice(0, LONGEST_DESCRIPTION),
    agency_responsible: known.agencyName(report.agency),
    service_notice: null,
    requested_datetime: w3cDateTime(report.opened_at),
    updated_datetime: w3cDateTime(closed && report.outcome !== 'fixed' ? (report.ended_at ?? report.updated_at) : report.updated_at),
    expected_datetime: report.due_on === null ? null : known.dueAt(report.due_on),
    address: report.address === '' ? null : report.address,
    address_id: place?.id ?? null,
    zipcode: place?.postcode ?? null,
    lat: report.lat,
    long: report.long,
    media_url: picture && pictureUrl(known.board, report, picture),
    ...(extensions ? { extended_attributes: extended(report, root) } : {}),
  }
}

type Picture = Pick<PhotoRow, 'id' | 'file_key' | 'media_url'>

function pictureUrl({ platform }: Board, report: Told, picture: Picture): string | null {
  return picture.file_key === null ? picture.media_url : `${platform.publicOrigin}${photoPath(report, picture.id)}`
}

/** The truth in a sentence: `closed` alone would not say whether anything was mended. */
function notesOf(known: Known, report: Told, root: string | null): string {
  const { note, language } = known
  const day = (date: string): string => formatDay(date as PlainDate, language)
  const closure = report.closure
  if (closure === null) {
    if (report.reopened > 0) return note('open311.status.reopened')
    return note(`open311.status.${report.state}`)
  }
  switch (closure.outcome) {
    case 'fixed':
      if (report.state === 'checking')
        return note('open311.status.checking', { day: report.checking_until === null ? '' : day(report.checking_until) })
      return note(`open311.status.fixed_${report.confirmed_by ?? 'silence'}`)
    case 'not_ours':
      return note('open311.status.not_ours', { authority: authorityName(known, closure.authority) })
    case 'duplicate':
      return root === null ? note('open311.status.duplicate_hidden') : note('open311.status.duplicate', { reference: root })
    case 'no_action':
      return note(`open311.status.no_action_${closure.reason}`)
    case 'referred':
      return note('open311.status.referred', { programme: closure.programme, day: day(closure.on) })
    case 'withdrawn':
      return note('open311.status.withdrawn')
    case 'elsewhere':
      return note('open311.status.elsewhere', { status: closure.status })
  }
}

function authorityName({ board, language }: Known, id: string): string {
  const found = board.categories.authority(id)
  return found ? inLanguage(found.name, language).text : id
}

/** What GeoReport v2 has no field for: where it stands, how it ended and what shows it. Ids, codes, days and counts. */
function extended(report: Told, root: string | null): ExtendedAttributes {
  return {
    state: report.state,
    outcome: report.outcome,
    ...factsOf(report.closure, root),
    confirmed_by: report.confirmed_by,
    checking_until: report.checking_until,
    reopened: report.reopened,
    due_on: report.due_on,
    district: report.district,
    agency: report.agency,
    urgent: report.urgent,
  }
}

function factsOf(closure: Closure | null, root: string | null): ExtendedAttributes {
  switch (closure?.outcome) {
    case 'fixed':
      return closure.evidence.kind === 'work_order' ? { evidence: 'work_order', evidence_on: closure.evidence.on } : { evidence: 'photo' }
    case 'not_ours':
      return { handed_to: closure.authority }
    case 'duplicate':
      return { duplicate_of: root }
    case 'no_action':
      return { reason: closure.reason }
    case 'referred':
      return { referred_to: closure.programme, referred_on: closure.on }
    case 'elsewhere':
      return { status_there: closure.status }
    default:
      return {}
  }
}
