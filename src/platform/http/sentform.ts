import type { FastifyRequest } from 'fastify'
import { readWordsOnly } from './parts.ts'
import { formOf } from './routes.ts'

/** What a form sent, in its order: its fields without secrets, and the names of the files that came with it. */
export type SentForm = {
  readonly fields: ReadonlyArray<readonly [name: string, text: string]>
  readonly files: ReadonlyArray<{ readonly field: string; readonly name: string }>
  readonly multipart: boolean
  /** Whether a password, a code or a key was left out. */
  readonly withSecret: boolean
}

/** The most characters of one form that are given back. */
const MOST_TEXT = 64 * 1024
/** Fields that hold what proves who somebody is: on no page again. */
const SECRET = /^(old|code|pin|otp|answer)$|passw|(^|_)(secret|token|passcode|recovery|api_?key)(_|$)/i
/** What a page puts into its forms for the program: revisions, ids, keys. */
const OF_THE_PAGE = /^(_.*|revision|transition|next|key)$/
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]{22,})$/i

/**
 * The form of a request that was refused. Null when there is none, when nobody typed or chose anything in it, or when it
 * is too large to be given back.
 */
export async function sentForm(request: FastifyRequest): Promise<SentForm | null> {
  if (request.method !== 'POST') return null
  const multipart = request.headers['content-type']?.startsWith('multipart/form-data') === true
  const sent = multipart ? (request.sentParts ?? (await readWordsOnly(request))) : { texts: textsOf(request), files: [] }
  if (!sent) return null
  const fields = sent.texts.filter(([name]) => !SECRET.test(name))
  const files = sent.files.filter(({ name }) => name !== '').map(({ field, name }) => ({ field, name }))
  if (files.length === 0 && !fields.some(isTyped)) return null
  if (sent.texts.reduce((length, [, text]) => length + text.length, 0) > MOST_TEXT) return null
  return { fields, files, multipart, withSecret: fields.length < sent.texts.length }
}

function textsOf(request: FastifyRequest): Array<[string, string]> {
  return Object.entries(formOf(request)).flatMap(([name, value]) => [value].flat().map((text): [string, string] => [name, text]))
}

function isTyped([name, text]: readonly [string, string]): boolean {
  return text.trim() !== '' && !OF_THE_PAGE.test(name) && !ID.test(text)
}

/** The texts of a form that a person reads as their own: what was typed, not what was chosen from a list. */
export function wordsOf(form: SentForm): string[] {
  return form.fields.filter((field) => isTyped(field) && !/^[a-z0-9_.:-]*$/.test(field[1])).map(([, text]) => text)
}
