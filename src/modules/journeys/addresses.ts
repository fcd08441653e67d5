import { cleanText } from '../../kernel/text.ts'
import { textOf } from '../../platform/http/routes.ts'
import { type AddressFind, addressMark, answerKind, FIND_LENGTH, type FormBody, isRecord } from '../fields/index.ts'
import type { Address, Places } from '../places/index.ts'
import type { Question } from '../servicefile/index.ts'

/** What a posted page asks of the address search of one of its questions. */
export type AddressAct = { readonly kind: 'find-address' | 'choose-address'; readonly question: string }

/** An address search that was made on a page, and of which question. */
export type AddressSearch = AddressFind & { readonly question: string }

/**
 * What was begun in an address search and not taken up before the form was sent on (Enter in its field, an address
 * chosen but not put in); null when the fields themselves were filled in, for then they are the answer.
 */
export function pendingAddress(
  questions: readonly Question[],
  body: FormBody,
  typed: Readonly<Record<string, unknown>>,
  kept: Readonly<Record<string, unknown>>,
): AddressAct | null {
  for (const question of questions) {
    if (answerKind(question) !== 'address' || fieldsOf(typed[question.id]) !== fieldsOf(kept[question.id])) continue
    if (textOf(body, `${question.id}-chosen`)) return { kind: 'choose-address', question: question.id }
    const asked = askedFor(body, question.id)
    if (asked !== '' && asked !== textOf(body, `${question.id}-found`)) return { kind: 'find-address', question: question.id }
  }
  return null
}

/** Whether a pressed button belongs to the address search of one of these questions. */
export function isAddressAct(act: { readonly kind: string } | null, questions: readonly Question[]): act is AddressAct {
  if (act?.kind !== 'find-address' && act?.kind !== 'choose-address') return false
  return questions.some((each) => 'question' in act && each.id === act.question && answerKind(each) === 'address')
}

/** Searches for what was typed in a question's search. */
export function findAddresses(places: Places, body: FormBody, act: AddressAct): AddressSearch {
  const typed = askedFor(body, act.question)
  return { question: act.question, typed, found: places.searchAddresses(typed), unchosen: act.kind === 'choose-address' }
}

/** The address that was chosen for a question, or null. */
export function chosenAddress(places: Places, body: FormBody, act: AddressAct): Address | null {
  if (act.kind !== 'choose-address') return null
  return places.addressById(textOf(body, `${act.question}-chosen`) ?? '')
}

/** The chosen address as an answer; a floor or door stays unless it was that of another address. */
export function addressAnswer(chosen: Address, typed: unknown): Record<string, string> {
  const before = isRecord(typed) ? typed : {}
  const line2 = before['line2']
  const own = !before['line1'] || addressMark(before) === addressMark(chosen)
  return {
    line1: chosen.line1,
    ...(own && typeof line2 === 'string' ? { line2 } : {}),
    town: chosen.town,
    postcode: chosen.postcode,
    address_id: chosen.id,
  }
}

function askedFor(body: FormBody, question: string): string {
  return cleanText(textOf(body, `${question}-find`) ?? '').slice(0, FIND_LENGTH)
}

function fieldsOf(answer: unknown): string {
  const address = isRecord(answer) ? answer : {}
  return JSON.stringify(['line1', 'line2', 'town', 'postcode'].map((part) => address[part] || ''))
}
