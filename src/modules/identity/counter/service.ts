import { newReference, parseReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { record } from '../../../platform/journal/journal.ts'
import { drawSymbol, type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { open, profileOf } from '../../people/index.ts'
import { dropFactors, type Means, meansOf } from '../factors/factors.ts'
import { tellOwner } from '../factors/tell.ts'
import { addAccount, emailToken, issueCode } from '../service.ts'
import * as accounts from '../store.ts'
import * as store from './store.ts'

/** How long the code of a sign-in letter is good, in days, and its symbols, of 5 bits each. */
export const LETTER_DAYS = 30
const LETTER_SYMBOLS = 16

/** An account as the counter sees it. */
export type CounterAccount = {
  readonly id: string
  readonly number: string
  readonly name: string
  readonly proofed: Date | null
  readonly means: Means
}

/** A letter with which its reader signs in once. */
export type SignInLetter = {
  readonly name: string
  readonly number: string
  /** The lines of the postal address; none when the person has none on record. */
  readonly address: readonly string[]
  readonly code: string
  readonly until: Date
  readonly language: string
}

/** The account with an e-mail address or an account number, its name opened for the officer; null when there is none. Not for staff: 404. */
export async function findAccount(platform: Platform, actor: Actor, typed: string): Promise<CounterAccount | null> {
  allow(actor, 'people.proof')
  const number = parseReference(typed)
  const row = number
    ? await accounts.accountByNumber(platform.db, number)
    : await accounts.accountByEmail(platform.db, emailToken(platform, typed))
  if (!row || row.staff_name !== null || row.status !== 'active') return null
  return seen(platform, actor, row)
}

/** The account of an id, for the counter. Throws 404 when there is none, and for staff. */
export async function counterAccount(platform: Platform, actor: Actor, id: string): Promise<CounterAccount> {
  allow(actor, 'people.proof')
  return seen(platform, actor, await residentAccount(platform, id))
}

/** Makes an account for somebody without an e-mail address; returns its id. */
export async function addPaperAccount(platform: Platform, actor: Actor, input: { name: string; language: string }): Promise<string> {
  allow(actor, 'people.proof')
  const name = cleanText(input.name)
  if (name === '' || name.length > 200) throw new Problem('identity.name-needed', 422, 'Enter the name.')
  const language = platform.city.languages.find((each) => each.tag === input.language)?.tag ?? platform.city.languages[0]?.tag ?? 'en'
  return transact(platform, async (tx) => {
    const account = await addAccount(tx, { name, email: null, passwordHash: null, language, status: 'active', staffName: null }, actor)
    await numberOf(tx, account)
    return account.id
  })
}

/** Makes the letter of an account; an older one is good no more. The code is in the answer and nowhere else. */
export async function makeLetter(platform: Platform, actor: Actor, id: string): Promise<SignInLetter> {
  allow(actor, 'people.proof')
  const row = await residentAccount(platform, id)
  const profile = await profileFor(platform, actor, row.person_id, ['full_name', 'address'])
  return transact(platform, async (tx) => {
    await accounts.deleteCodesOf(tx.db, id, 'letter')
    await store.deleteRequest(tx.db, id)
    const code = await issueCode(tx, 'letter', id, LETTER_DAYS * 24 * 60, LETTER_SYMBOLS)
    await record(tx, actor, { type: 'identity.letter.made', stream: id })
    await tellOwner(tx, id, 'letter_made')
    return {
      name: textOf(profile['full_name']),
      number: await numberOf(tx, row),
      address: linesOf(profile['address']),
      code,
      until: new Date(tx.now().getTime() + LETTER_DAYS * 86_400_000),
      language: row.language,
    }
  })
}

/** Notes that the actor has seen the owner of an account and their papers. */
export async function proofAccount(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'people.proof')
  await residentAccount(platform, id)
  await transact(platform, async (tx) => {
    await accounts.updateAccount(tx.db, id, { proofed_at: tx.now() })
    await record(tx, actor, { type: 'identity.account.proofed', stream: id })
  })
}

/** Takes every second step of an account away whose owner stands at the counter and has lost them. */
export async function dropLost(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'people.proof')
  await residentAccount(platform, id)
  await transact(platform, async (tx) => {
    if (await dropFactors(tx, actor, id)) await tellOwner(tx, id, 'factors_dropped')
  })
}

/** Asks for a sign-in letter by post. Throws 422 when the city has no postal address of the owner. */
export async function askForLetter(platform: Platform, owner: { actor: Actor; accountId: string }): Promise<void> {
  const { actor, accountId } = owner
  allow(actor, 'account.secure', { accountId })
  const row = await residentAccount(platform, accountId)
  const profile = await profileFor(platform, actor, row.person_id, ['address'])
  if (linesOf(profile['address']).length === 0)
    throw new Problem('identity.address-needed', 422, 'We have no postal address of yours. Come to the counter for a letter.')
  await transact(platform, async (tx) => {
    await numberOf(tx, row)
    if (await store.insertRequest(tx.db, accountId, tx.now())) await record(tx, actor, { type: 'identity.letter.asked', stream: accountId })
  })
}

/** The letters that residents wait for, the oldest first, by account number. */
export async function waitingLetters(platform: Platform, actor: Actor): Promise<Array<{ id: string; number: string; asked: Date }>> {
  allow(actor, 'people.proof')
  const rows = await store.openRequests(platform.db, 100)
  const found = await accounts.accountsById(
    platform.db,
    rows.map((row) => row.account_id),
  )
  const numbers = new Map(found.map((row) => [row.id, row.number ?? '']))
  return rows.map((row) => ({ id: row.account_id, number: numbers.get(row.account_id) ?? '', asked: row.asked_at }))
}

async function seen(platform: Platform, actor: Actor, row: accounts.AccountRow): Promise<CounterAccount> {
  const profile = await profileFor(platform, actor, row.person_id, ['full_name'])
  const number = await transact(platform, (tx) => numberOf(tx, row))
  return { id: row.id, number, name: textOf(profile['full_name']), proofed: row.proofed_at, means: await meansOf(platform, row.id) }
}

/** Members of staff are not served here: an account of theirs is opened by administrators, never by a letter. */
async function residentAccount(platform: Platform, id: string): Promise<accounts.AccountRow> {
  const row = await accounts.accountById(platform.db, id)
  if (!row || row.staff_name !== null || row.status !== 'active') throw notFound('account')
  return row
}

async function numberOf(tx: Platform, row: accounts.AccountRow): Promise<string> {
  if (row.number !== null) return row.number
  // 35 random bits: one that is taken is so rare that the request may fail
  const number = newReference('ACC', drawSymbol(tx))
  await accounts.updateAccount(tx.db, row.id, { number })
  return number
}

async function profileFor(platform: Platform, actor: Actor, personId: string, fields: readonly string[]): Promise<Record<string, unknown>> {
  const recordId = await transact(platform, (tx) => profileOf(tx, personId))
  const own = actor.personId === personId
  return open(platform, actor, { record: recordId, fields, purpose: 'account.letter', legalBasis: own ? 'own' : 'gdpr.6.1.e' })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function linesOf(address: unknown): string[] {
  if (typeof address === 'string') return address.split('\n').filter((line) => line.trim() !== '')
  if (typeof address !== 'object' || address === null) return []
  const part = (name: string): string => textOf(Object.entries(address).find(([key]) => key === name)?.[1])
  return [part('line1'), part('line2'), [part('postcode'), part('town')].filter(Boolean).join(' ')].filter(Boolean)
}
