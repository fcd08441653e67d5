import { isUuid } from '../../kernel/id.ts'
import { Problem } from '../../kernel/problem.ts'
import type { Platform } from '../../platform/platform.ts'
import { isRecord } from '../fields/index.ts'
import { describeDocuments, ownsDocuments } from '../people/index.ts'
import {
  fileLimits,
  MOST_ROWS,
  type Question,
  refusedAnswer,
  type RefusedAnswer,
  type RowQuestion,
  textLimits,
} from '../servicefile/index.ts'
import type { Journey } from './store.ts'

/** How much an answer of any kind may take as JSON text, in UTF-16 units; more only where its question has room for more. */
const ANSWER_ROOM = 64 * 1024
/** The same for one field of a row. */
const FIELD_ROOM = 16 * 1024
/** How deeply an answer may be nested; rows of addresses need three levels. */
const ANSWER_DEPTH = 8

/**
 * What is kept of sent answers: each as it is, right or not, so that it can be shown and mended; in place of one that is
 * beyond all measure, or names files that cannot be taken, only what is wrong with it. Throws 422 for a name that is no
 * question of the service.
 */
export async function takeIn(
  platform: Platform,
  journey: Journey,
  questions: readonly Question[],
  before: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const taken: Record<string, unknown> = {}
  for (const [id, value] of Object.entries(patch)) {
    const question = questions.find((each) => each.id === id)
    if (!question)
      throw new Problem('journeys.unknown-question', 422, 'There is no question of that name in this service.', {
        question: id.slice(0, 100),
      })
    const measured = measure(question, value)
    taken[id] = question.kind === 'file' ? await takeFiles(platform, journey, question, measured, before[id]) : measured
  }
  return taken
}

/** Whether a typed answer is too large to be kept as it is; the page then shows it again, with what is wrong. */
export function isOversized(question: Question, value: unknown): boolean {
  return measure(question, value) !== value
}

/** The answer itself when it is of any measure; else what stands in place of it, in rows in place of the field that is too large. */
function measure(question: Question, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (isDeep(value, ANSWER_DEPTH)) return refusedAnswer('not_valid')
  if (question.kind !== 'repeating_group') return isLarger(value, Math.max(ANSWER_ROOM, roomOf(question))) ? tooLarge(question) : value
  const columns = question.questions ?? []
  const most = question.max_rows ?? MOST_ROWS
  if (!Array.isArray(value) || value.length > most)
    return !isLarger(value, ANSWER_ROOM)
      ? value
      : Array.isArray(value)
        ? refusedAnswer('too_many', { max: most })
        : refusedAnswer('not_valid')
  const rows = value.map((row: unknown) => measureRow(columns, row))
  return rows.every((row, index) => row === value[index]) ? value : rows
}

function measureRow(columns: readonly RowQuestion[], row: unknown): unknown {
  if (!isRecord(row)) return isLarger(row, FIELD_ROOM) ? refusedAnswer('not_valid') : row
  const names = Object.keys(row)
  if (names.length > columns.length || names.some((name) => columns.every((column) => column.id !== name)))
    return isLarger(row, FIELD_ROOM) ? refusedAnswer('not_valid') : row
  const large = columns.filter((column) => isLarger(row[column.id], roomOf(column)))
  return large.length === 0 ? row : { ...row, ...Object.fromEntries(large.map((column) => [column.id, tooLarge(column)])) }
}

/** How much a field's answer may take: what its question allows, and as much again to be shown and shortened. */
function roomOf(question: Question | RowQuestion): number {
  const most = textMost(question)
  return most === null ? FIELD_ROOM : Math.max(FIELD_ROOM, most * 4 + 200)
}

function textMost(question: Question | RowQuestion): number | null {
  const kind = question.kind === 'attribute' ? (question.of ?? 'text') : question.kind
  const usual = textLimits[kind]
  return usual === undefined ? null : (question.max_length ?? usual)
}

function tooLarge(question: Question | RowQuestion): RefusedAnswer {
  const most = textMost(question)
  return most === null ? refusedAnswer('not_valid') : refusedAnswer('too_long', { max: most })
}

function isLarger(value: unknown, most: number): boolean {
  return (JSON.stringify(value) ?? '').length > most
}

function isDeep(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return most === 0 || Object.values(value).some((part) => isDeep(part, most - 1))
}

/** Files are named by id: those that this journey's person sent, of the kinds and the size that the question takes. */
async function takeFiles(platform: Platform, journey: Journey, question: Question, value: unknown, before: unknown): Promise<unknown> {
  const known = fileIds(before)
  const named = fileIds(value).filter((id) => !known.includes(id))
  if (named.length === 0) return value
  if (!journey.person_id || !(await ownsDocuments(platform, journey.person_id, named))) return refusedAnswer('not_valid')
  const documents = await describeDocuments(platform, named)
  const accept: readonly string[] = question.accept ?? fileLimits.accept
  if (documents.some((each) => !accept.includes(each.mediaType === 'application/pdf' ? 'pdf' : 'image'))) return refusedAnswer('wrong_type')
  const most = question.max_mb ?? fileLimits.maxMb
  return documents.some((each) => each.bytes > most * 1_000_000) ? refusedAnswer('too_large', { max: most }) : value
}

/** The ids of documents in the answer of a `file` question, whatever came. */
export function fileIds(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string' && isUuid(id)) : []
}
