import { textIn } from '../../platform/journal/event.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { foldText } from '../../kernel/text.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { getCaseByReference, type House, mayReadCase } from '../cases/index.ts'
import { accountOfPerson } from '../identity/index.ts'
import { blindedPerson, createPerson, open, profileOf, seal } from '../people/index.ts'
import { letterCode, makeCode, type ShownCode } from './codes.ts'
import { endLocked, grant, notWaiting, tellPerson, waits } from './service.ts'
import * as store from './store.ts'
import type { Mandate } from './store.ts'

const CONFIRM = { purpose: 'mandate.confirm', legalBasis: 'gdpr.6.1.e' } as const

/** A request as an officer sees it at the counter. */
export type CounterMandate = {
  readonly mandate: Mandate
  readonly holderName: string
  /** The represented person's name as the holder typed it. */
  readonly personName: string
  readonly reason: string
  readonly letter: ShownCode | null
}

/** Who the represented person is, as their papers say; for a request of which nobody is known yet. */
export type Papers = {
  readonly name: string
  /** The number in the register of companies; only for a company. */
  readonly register: string
  /** Where a letter goes, one line each. */
  readonly address: string
}

/** A request that an officer looks up by its reference. Throws 404 when there is none. */
export async function counterMandate(platform: Platform, actor: Actor, reference: string): Promise<CounterMandate> {
  allow(actor, 'mandates.confirm')
  const mandate = await store.mandateByReference(platform.db, reference)
  if (!mandate) throw notFound('mandate')
  const words = await open(platform, actor, { record: mandate.holder_record, ...CONFIRM })
  return {
    mandate,
    holderName: textIn(words, 'holder_name'),
    personName: textIn(words, 'person_name'),
    reason: textIn(words, 'reason'),
    letter: mandate.status === 'asked' ? await letterCode(platform, mandate.id) : null,
  }
}

/** What both acts at the counter begin with: the locked request, with its represented person known. */
async function prepared(tx: Platform, actor: Actor, before: CounterMandate, papers: Papers): Promise<Mandate & { person_id: string }> {
  const mandate = await store.mandateById(tx.db, before.mandate.id, true)
  if (!mandate || !waits(tx, mandate)) throw notWaiting()
  if (mandate.holder_account === actor.accountId)
    throw new Problem('representation.own-request', 403, 'You asked for this yourself. A colleague has to confirm it.')
  const personId = mandate.person_id ?? (await personFrom(tx, mandate, papers))
  if (personId === mandate.holder_person) throw new Problem('representation.own-person', 422, 'You do not need a mandate for yourself.')
  const told = { reason: before.reason, holder_name: before.holderName }
  const personRecord = mandate.person_record ?? (await tellPerson(tx, personId, told))
  await store.updateMandate(tx.db, mandate.id, { person_id: personId, person_record: personRecord, officer: actor.accountId })
  return { ...mandate, person_id: personId, person_record: personRecord }
}

/** The person of these papers: a company that is known by its number, else a new person with a profile. */
async function personFrom(tx: Platform, mandate: Mandate, papers: Papers): Promise<string> {
  const register = mandate.kind === 'company' ? tx.keys.blind('company.register_number', foldText(papers.register)) : null
  const known = register === null ? null : await store.companyPerson(tx.db, register)
  if (known !== null) return known
  const personId = await createPerson(tx)
  const address = papers.address === '' ? {} : { postal_address: papers.address }
  const company = register === null ? {} : { register_number: papers.register }
  await seal(tx, await profileOf(tx, personId), { full_name: papers.name, ...address, ...company })
  if (register !== null) await store.insertCompany(tx.db, register, personId)
  return personId
}

/** An officer who has seen the papers grants a request at the counter: a child's, a company's, or of somebody who is there. */
export async function confirmAtCounter(platform: Platform, actor: Actor, reference: string, papers: Papers): Promise<void> {
  const before = await counterMandate(platform, actor, reference)
  await transact(platform, async (tx) => {
    const mandate = await prepared(tx, actor, before, papers)
    await grant(tx, actor, mandate, 'counter', papers.name === '' ? null : papers.name)
  })
}

/** An officer makes the letter with whose code the represented person grants a request; an earlier letter is worth nothing then. */
export async function makeLetter(platform: Platform, actor: Actor, reference: string, papers: Papers): Promise<void> {
  const before = await counterMandate(platform, actor, reference)
  await transact(platform, async (tx) => {
    const mandate = await prepared(tx, actor, before, papers)
    await makeCode(tx, actor, { purpose: 'letter', person: mandate.person_id, mandate: mandate.id, officer: actor.accountId })
  })
}

/** An officer ends a mandate for the represented person, who is at the counter; it is over at once. */
export async function endAtCounter(platform: Platform, actor: Actor, reference: string): Promise<void> {
  allow(actor, 'mandates.confirm')
  await transact(platform, async (tx) => {
    const found = await store.mandateByReference(tx.db, reference)
    const mandate = found ? await store.mandateById(tx.db, found.id, true) : null
    if (!mandate) throw notFound('mandate')
    await endLocked(tx, actor, mandate, 'person')
  })
}

/** The letter as it is printed, with the code; opened through the vault. */
export type Letter = CounterMandate & {
  readonly code: ShownCode
  readonly to: { readonly name: string; readonly lines: readonly string[] }
}

/** The letter of a request, for printing. Throws 404 when none was made or its code was used. */
export async function counterLetter(platform: Platform, actor: Actor, reference: string): Promise<Letter> {
  const found = await counterMandate(platform, actor, reference)
  const personId = found.mandate.person_id
  if (found.letter === null || personId === null) throw notFound('letter')
  const recordId = await transact(platform, (tx) => profileOf(tx, personId))
  const profile = await open(platform, actor, { record: recordId, fields: ['full_name', 'address', 'postal_address'], ...CONFIRM })
  await transact(platform, (tx) =>
    record(tx, actor, {
      type: 'representation.letter.printed',
      stream: found.mandate.id,
      subject: blindedPerson(tx, personId),
      data: { mandate: found.mandate.reference },
    }),
  )
  return { ...found, code: found.letter, to: { name: textIn(profile, 'full_name'), lines: addressLines(profile) } }
}

function addressLines(profile: Readonly<Record<string, unknown>>): string[] {
  const { address, postal_address: typed } = profile
  if (typeof typed === 'string') return typed.split('\n').filter((line) => line.trim() !== '')
  if (typeof address !== 'object' || address === null) return []
  const parts: Readonly<Record<string, unknown>> = { ...address }
  const text = (name: string): string => (typeof parts[name] === 'string' ? parts[name] : '')
  return [text('line1'), text('line2'), `${text('postcode')} ${text('town')}`.trim()].filter((line) => line !== '')
}

/**
 * A presence code on paper for somebody at the counter who has no e-mail or telephone: the officer has seen their papers
 * and names a case of theirs. Throws 404 for a case that is not the officer's to read, 409 for somebody without an account.
 */
export async function paperPresence(house: House, actor: Actor, reference: string): Promise<ShownCode> {
  allow(actor, 'mandates.confirm')
  const { platform } = house
  const current = await getCaseByReference(platform, reference)
  await mayReadCase(house, actor, current)
  if ((await accountOfPerson(platform, current.person_id)) === null)
    throw new Problem('representation.no-account', 409, 'This case was sent without an account. Make an account at the counter first.')
  return transact(platform, (tx) =>
    makeCode(tx, actor, { purpose: 'presence', person: current.person_id, mandate: null, officer: actor.accountId }),
  )
}
