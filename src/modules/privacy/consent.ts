import { notFound, Problem } from '../../kernel/problem.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { City } from '../../platform/city.ts'
import { sha256 } from '../../platform/crypto.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { ownPerson } from './access.ts'
import { choicesOf, type Signals } from './choices.ts'
import * as store from './store.ts'

/** Something that a person may consent to, as the city declares it. */
export type Consent = City['consents'][number]

/** Where a person stands: never said anything, said so of these very words, of other words than today's, or took it back. */
export type Standing = 'open' | 'given' | 'changed' | 'withdrawn'

/** A consent with where the person stands. */
export type ConsentState = { readonly consent: Consent; readonly standing: Standing; readonly at: Date | null }

/** A line of a person's ledger. */
export type LedgerLine = {
  readonly consent: string
  readonly act: 'asked' | 'given' | 'withdrawn'
  readonly version: number
  readonly wording: string
  readonly language: string
  readonly at: Date
}

/** What tells one wording from another: its version and its words in every language. */
export function wordingHash(consent: Consent): string {
  const sorted = (words: Readonly<Record<string, string>>): string[][] => Object.entries(words).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sha256(JSON.stringify([consent.version, sorted(consent.title), sorted(consent.wording)]))
}

/** Where somebody stands whose newest line about a consent is this one. */
export function standingOf(consent: Consent, newest: Pick<store.ConsentRow, 'act' | 'wording_hash'> | null): Standing {
  if (newest === null || newest.act === 'asked') return 'open'
  if (newest.act === 'withdrawn') return 'withdrawn'
  return newest.wording_hash === wordingHash(consent) ? 'given' : 'changed'
}

/** Every consent of the city with where the actor stands. */
export async function consentStates(platform: Platform, actor: Actor): Promise<ConsentState[]> {
  const personId = ownPerson(actor)
  return Promise.all(
    platform.city.consents.map(async (consent) => {
      const newest = await store.newestConsent(platform.db, personId, consent.id)
      return { consent, standing: standingOf(consent, newest), at: newest && newest.act !== 'asked' ? newest.at : null }
    }),
  )
}

/** The actor's ledger, newest first: what they were asked, in which words, and what they said. */
export async function consentLedger(platform: Platform, actor: Actor): Promise<LedgerLine[]> {
  const rows = await store.consentsOf(platform.db, ownPerson(actor), 200)
  return rows.map(({ consent, act, version, wording, language, at }) => ({ consent, act, version, wording, language, at }))
}

/** Writes down that the actor is asked in these words; once for each wording, and not when they have answered it. */
export async function askedConsent(platform: Platform, actor: Actor, id: string, language: string): Promise<void> {
  const consent = consentBy(platform, id)
  const newest = await store.newestConsent(platform.db, ownPerson(actor), id)
  if (newest?.wording_hash === wordingHash(consent)) return
  // a yes to other words is not a yes to these: from here on it is open
  await write(platform, actor, consent, 'asked', language)
}

/** Gives a consent to the wording that was shown; throws 409 when the words are others by now, 404 for an unknown one. */
export async function giveConsent(platform: Platform, actor: Actor, id: string, shownHash: string, language: string): Promise<void> {
  const consent = consentBy(platform, id)
  if (shownHash !== wordingHash(consent))
    throw new Problem('privacy.consent-changed', 409, 'The wording was changed in the meantime. Read it again.')
  const newest = await store.newestConsent(platform.db, ownPerson(actor), id)
  if (standingOf(consent, newest) !== 'given') await write(platform, actor, consent, 'given', language)
}

/** Takes a consent back, with effect at once; nothing when there is none. */
export async function withdrawConsent(platform: Platform, actor: Actor, id: string, language: string): Promise<void> {
  const consent = consentBy(platform, id)
  const newest = await store.newestConsent(platform.db, ownPerson(actor), id)
  if (newest?.act === 'given') await write(platform, actor, consent, 'withdrawn', language)
}

/**
 * Whether a person consents to the words as they are today: asked at each use, never kept. A choice or a signal not to
 * share wins over a yes to sharing.
 */
export async function consentOf(platform: Platform, personId: string, id: string, signals?: Signals): Promise<boolean> {
  const consent = platform.city.consents.find((each) => each.id === id)
  if (!consent || standingOf(consent, await store.newestConsent(platform.db, personId, id)) !== 'given') return false
  if (!consent.sharing) return true
  return !(signals?.gpc || signals?.kept.no_sharing || (await choicesOf(platform, personId)).no_sharing)
}

/** The lines that a mail about the end of a case has for this person, by what they consented to; null without any. */
export async function closingLine(platform: Platform, personId: string, language: string): Promise<string | null> {
  const lines: string[] = []
  for (const consent of platform.city.consents)
    if (consent.closing_line && (await consentOf(platform, personId, consent.id)))
      lines.push(inLanguage(consent.closing_line, language).text)
  return lines.length === 0 ? null : lines.join('\n\n')
}

function consentBy(platform: Platform, id: string): Consent {
  const consent = platform.city.consents.find((each) => each.id === id)
  if (!consent) throw notFound('consent')
  return consent
}

async function write(platform: Platform, actor: Actor, consent: Consent, act: store.ConsentRow['act'], language: string): Promise<void> {
  const personId = ownPerson(actor)
  const shown = inLanguage(consent.wording, language)
  await transact(platform, async (tx) => {
    await store.insertConsent(tx.db, {
      id: tx.newId(),
      person_id: personId,
      consent: consent.id,
      version: consent.version,
      act,
      language: shown.lang,
      wording: shown.text,
      wording_hash: wordingHash(consent),
      channel: actor.channel,
      at: tx.now(),
    })
    await record(tx, actor, {
      type: `privacy.consent.${act}`,
      stream: personId,
      counted: false,
      data: { consent: consent.id, version: consent.version },
    })
  })
}
