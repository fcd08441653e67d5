import type { FastifyRequest } from 'fastify'
import { cookieOf } from '../../platform/http/security.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { ownPerson } from './access.ts'
import * as store from './store.ts'

/** What anybody may choose: no sale and no sharing of their data, and sensitive data only for what it was given for (CCPA 1798.120, 1798.121). */
export const choiceNames = ['no_sharing', 'limit_sensitive'] as const
export type ChoiceName = (typeof choiceNames)[number]
export type Choices = Readonly<Record<ChoiceName, boolean>>

/** The cookie that keeps the choices of somebody without an account. */
export const CHOICES_COOKIE = 'stoa_choices'

/** What a request says by itself: the signal of the browser, and what was chosen in it without an account. */
export type Signals = { readonly gpc: boolean; readonly kept: Choices }

/** Reads `Sec-GPC: 1` (Global Privacy Control, W3C) and the cookie of choices. */
export function signalsOf(request: FastifyRequest): Signals {
  const kept = (cookieOf(request, CHOICES_COOKIE) ?? '').split('.')
  return {
    gpc: request.headers['sec-gpc'] === '1',
    kept: { no_sharing: kept.includes('no_sharing'), limit_sensitive: kept.includes('limit_sensitive') },
  }
}

/** The cookie's value for choices. */
export function keptChoices(choices: Choices): string {
  return choiceNames.filter((name) => choices[name]).join('.')
}

/** What a person chose. */
export async function choicesOf(platform: Platform, personId: string): Promise<Choices> {
  const rows = await store.choicesOf(platform.db, personId)
  const chosen = (name: ChoiceName): boolean => rows.some((row) => row.choice === name && row.chosen)
  return { no_sharing: chosen('no_sharing'), limit_sensitive: chosen('limit_sensitive') }
}

/** What holds for a request: a signal and a choice of the browser count as much as one that is stored. */
export function effective(stored: Choices | null, { gpc, kept }: Signals): Choices {
  return {
    no_sharing: gpc || kept.no_sharing || (stored?.no_sharing ?? false),
    limit_sensitive: kept.limit_sensitive || (stored?.limit_sensitive ?? false),
  }
}

/** Writes down what the actor chose on the page; what is the same already is not written again. */
export async function choose(platform: Platform, actor: Actor, wanted: Choices): Promise<void> {
  await write(platform, actor, wanted, 'person')
}

/**
 * Takes over what the browser says for the person who has signed in: it only adds. So a signal also holds where there
 * is no browser, such as in a job.
 */
export async function heed(platform: Platform, actor: Actor, signals: Signals): Promise<void> {
  const before = await choicesOf(platform, ownPerson(actor))
  if (signals.gpc && !before.no_sharing) await write(platform, actor, { no_sharing: true }, 'signal')
  const added = choiceNames.filter((name) => signals.kept[name] && !before[name] && !(name === 'no_sharing' && signals.gpc))
  await write(platform, actor, Object.fromEntries(added.map((name) => [name, true])), 'browser')
}

async function write(platform: Platform, actor: Actor, wanted: Partial<Choices>, source: store.ChoiceRow['source']): Promise<void> {
  const personId = ownPerson(actor)
  const before = await choicesOf(platform, personId)
  const changed = choiceNames.flatMap((choice) => {
    const chosen = wanted[choice]
    return chosen === undefined || chosen === before[choice] ? [] : [{ choice, chosen }]
  })
  if (changed.length === 0) return
  await transact(platform, async (tx) => {
    for (const { choice, chosen } of changed) {
      await store.insertChoice(tx.db, { id: tx.newId(), person_id: personId, choice, chosen, source, at: tx.now() })
      await record(tx, actor, { type: 'privacy.choice.made', stream: personId, counted: false, data: { choice, chosen, source } })
    }
  })
}

/** Whether a person's sensitive data may be used only for what it was given for. */
export async function limitsSensitive(platform: Platform, personId: string): Promise<boolean> {
  return (await choicesOf(platform, personId)).limit_sensitive
}
