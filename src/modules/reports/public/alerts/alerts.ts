import { newCode } from '../../../../kernel/id.ts'
import { notFound, Problem } from '../../../../kernel/problem.ts'
import { foldText, inLanguage } from '../../../../kernel/text.ts'
import type { Job } from '../../../../platform/jobs.ts'
import { type Platform, transact } from '../../../../platform/platform.ts'
import { type Actor, systemActor } from '../../../access/index.ts'
import { accountByAddress, accountOfPerson } from '../../../identity/index.ts'
import { eraseMessagesAbout, queueMessage } from '../../../messages/index.ts'
import { createPerson, createRecord, destroyPerson, eraseRecord, notEmpty, open, removeFiles, seal } from '../../../people/index.ts'
import { metresBetween, type Places } from '../../../places/index.ts'
import type { Report } from '../../report.ts'
import { type Bbox, listReports } from '../../search/store.ts'
import { type Board, codeHash } from '../../service/board.ts'
import * as store from './store.ts'
import { type AlertPlace, placeOf } from './place.ts'

/** The radius around an address, in metres. */
export const ALERT_RADIUS = 300
const DAY = 86_400_000
/** An alert that is not confirmed for so long is forgotten, with the address. */
const CONFIRM_WITHIN = 3 * DAY
/** A street's reports lie so many metres from its line at most. */
const BESIDE = 60
/** The most reports of one mail; it says how many more there are. */
const MOST_IN_MAIL = 30
/** So many unconfirmed alerts of one hour are more than people ask for. */
const MOST_ASKED = 500

/** What a text means: a street of that name, or an address; null when it is neither, with what it may have meant. */
export function findPlace(places: Places, typed: string): AlertPlace | { readonly kind: 'none'; readonly like: readonly string[] } {
  const streets = places.searchNames(typed).filter((each) => each.kind === 'street')
  const named = streets.find((each) => foldText(each.name) === foldText(typed))
  if (named) return { kind: 'street', id: named.id }
  const addresses = places.searchAddresses(typed)
  const [address] = addresses
  if (address && foldText(typed).startsWith(foldText(address.line1)))
    return { kind: 'around', lat: address.lat, long: address.long, radius: ALERT_RADIUS }
  return { kind: 'none', like: [...new Set([...streets.map((each) => each.name), ...addresses.map((each) => each.line1)])].slice(0, 5) }
}

/**
 * Notes that an address wants to hear of a place, and sends it the link that confirms it; until then nothing else is sent.
 * It is kept with the account of whoever asks for their own address, and with nobody known otherwise.
 */
export async function askAlert(
  board: Board,
  actor: Actor,
  ask: { readonly email: string; readonly place: AlertPlace; readonly group: string | null; readonly language: string },
): Promise<void> {
  await transact(board.platform, async (tx) => {
    const now = tx.now()
    if ((await store.alertsAsked(tx.db, new Date(now.getTime() - DAY / 24))) >= MOST_ASKED)
      throw new Problem('reports.alerts-busy', 429, 'Too many alerts are being asked for. Try again in an hour.')
    const personId = (await ownerOf(tx, actor, ask.email)) ?? (await createPerson(tx))
    const recordId = await createRecord(tx, personId, 'report_alert')
    const { place } = ask
    const placeWords = placeOf(board, ask.language, place)
    await seal(tx, recordId, { email: ask.email, place: placeWords })
    const id = tx.newId()
    const around = place.kind === 'around' ? place : null
    const code = alertCode(tx, id)
    await store.insertAlert(tx.db, {
      id,
      person_id: personId,
      record_id: recordId,
      district: place.kind === 'district' ? place.id : null,
      street: place.kind === 'street' ? place.id : null,
      lat: around?.lat ?? null,
      long: around?.long ?? null,
      radius: around?.radius ?? null,
      category_group: ask.group,
      language: ask.language,
      code: codeHash(tx, code),
      created_at: now,
      confirmed_at: null,
      told_until: now,
    })
    const t = board.words.translator(ask.language)
    const link = `${tx.publicOrigin}/reports/alerts/confirm?code=${code}`
    await queueMessage(tx, {
      id: `report-alert:${id}`,
      personId,
      to: ask.email,
      language: ask.language,
      template: 'report_alert_confirm',
      about: id,
      subject: t('reports.public.alerts.mail.confirm.subject'),
      text: t('reports.public.alerts.mail.confirm.text', { place: placeWords, link }),
    })
  })
}

/**
 * The person of an account that asks for the address it signs in with. Any other address may be somebody else's: its link
 * must reach nobody but whoever reads its mail.
 */
async function ownerOf(tx: Platform, actor: Actor, email: string): Promise<string | null> {
  if (actor.accountId === null || actor.acting !== null) return null
  const account = await accountByAddress(tx, email)
  return account?.id === actor.accountId ? account.personId : null
}

/** The code in the links of an alert: made from its id by a key, so that it is kept nowhere. */
function alertCode(platform: Platform, id: string): string {
  const bytes = platform.keys.token(`report-alert:${id}`)
  let at = 0
  return newCode(16, () => bytes[at++] ?? 0)
}

/** The alert of a code as it was typed or followed; throws 404. */
export async function alertOf(platform: Platform, code: string): Promise<store.AlertRow> {
  const found = await store.alertByCode(platform.db, codeHash(platform, code))
  if (!found) throw notFound('alert')
  return found
}

/** The owner of the address says yes; once more changes nothing. */
export async function confirmAlert(platform: Platform, code: string): Promise<store.AlertRow> {
  return transact(platform, async (tx) => {
    const found = await store.alertByCode(tx.db, codeHash(tx, code), true)
    if (!found) throw notFound('alert')
    if (found.confirmed_at === null) await store.changeAlert(tx.db, found.id, { confirmed_at: tx.now(), told_until: tx.now() })
    return found
  })
}

/** Ends an alert and forgets the address with everything of it. One that has ended already is as if it ended now. */
export async function endAlert(platform: Platform, code: string): Promise<void> {
  const found = await store.alertByCode(platform.db, codeHash(platform, code))
  if (found) await forget(platform, found)
}

async function forget(platform: Platform, alert: store.AlertRow): Promise<void> {
  const files = await transact(platform, async (tx) => {
    await store.deleteAlert(tx.db, alert.id)
    await eraseMessagesAbout(tx, alert.id)
    // an account's person has more than this alert
    if (await accountOfPerson(tx, alert.person_id)) return eraseRecord(tx, alert.record_id)
    return destroyPerson(tx, systemActor('alerts'), alert.person_id, 'alert_ended')
  })
  await removeFiles(platform, files)
}

/** What is kept of an alert of somebody: since when, whether it is confirmed, where the place and address are sealed, what ends it. */
export type AlertHolding = {
  readonly record: string
  readonly group: string | null
  readonly askedAt: Date
  readonly confirmedAt: Date | null
  /** The code that ends it. */
  readonly code: string
}

/** Every alert of a person, the newest first. The caller has asked whether the reader may. */
export async function alertHoldings(platform: Platform, personId: string): Promise<AlertHolding[]> {
  return (await store.alertsOf(platform.db, personId)).map((row) => ({
    record: row.record_id,
    group: row.category_group,
    askedAt: row.created_at,
    confirmedAt: row.confirmed_at,
    code: alertCode(platform, row.id),
  }))
}

/** The daily mail of each alert with what came since the last one; and an end to those that nobody confirmed. */
export function digestJob(board: Board): Job {
  return {
    name: 'reports:alerts',
    cron: '0 5 * * *',
    async run(platform) {
      const now = platform.now()
      const inside = { ...board, platform }
      // an alert that was told of something today waits for tomorrow, however often this runs
      const before = new Date(now.getTime() - DAY / 2)
      for (let ids = await store.alertsDue(platform.db, before, 200); ids.length > 0; ids = await store.alertsDue(platform.db, before, 200))
        for (const id of ids) await sendDigest(inside, id, now)
      const forgotten = new Date(now.getTime() - CONFIRM_WITHIN)
      for (let old = await store.alertsForgotten(platform.db, forgotten, 200); old.length > 0;) {
        for (const each of old) await forget(platform, each)
        old = await store.alertsForgotten(platform.db, forgotten, 200)
      }
    },
  }
}

async function sendDigest(board: Board, id: string, now: Date): Promise<void> {
  const { platform } = board
  const alert = await store.alertById(platform.db, id)
  if (!alert || alert.told_until >= now) return
  const reports = await reportsFor(board, alert, now)
  // after a restore an alert can be there whose address was erased
  if ((await notEmpty(platform, [alert.record_id])).length === 0) return forget(platform, alert)
  // opened before the transaction: the line of an opening commits by itself
  const to = reports.length === 0 ? '' : await addressOf(platform, alert)
  await transact(platform, async (tx) => {
    const held = await store.alertById(tx.db, id, true)
    if (!held || held.told_until.getTime() !== alert.told_until.getTime()) return
    await store.changeAlert(tx.db, id, { told_until: now })
    if (reports.length === 0) return
    const t = board.words.translator(alert.language)
    const place = placeOf(board, alert.language, placeIn(alert))
    const lines = reports.slice(0, MOST_IN_MAIL).map((report) => line(board, alert.language, report))
    const more = reports.length - lines.length
    const end = `${platform.publicOrigin}/reports/alerts/end?code=${alertCode(platform, id)}`
    await queueMessage(tx, {
      id: `report-alert:${id}:${platform.city.dayOf(now)}`,
      personId: alert.person_id,
      to,
      language: alert.language,
      template: 'report_alert',
      about: id,
      subject: t('reports.public.alerts.mail.subject', { count: reports.length, place }),
      text: [
        t('reports.public.alerts.mail.text', { count: reports.length, place }),
        ...lines,
        ...(more > 0 ? [t('reports.public.alerts.mail.more', { count: more })] : []),
        t('reports.public.alerts.mail.end', { link: end }),
      ].join('\n\n'),
    })
  })
}

async function addressOf(platform: Platform, alert: store.AlertRow): Promise<string> {
  const fields = await open(platform, systemActor('alerts'), { record: alert.record_id, purpose: 'message.send', legalBasis: 'gdpr.6.1.a' })
  return typeof fields['email'] === 'string' ? fields['email'] : ''
}

function line(board: Board, language: string, report: Report): string {
  const category = inLanguage(board.categories.byId(report.category)?.name ?? {}, language).text || report.category
  const where = report.address === null ? '' : `, ${report.address}`
  return `${category}${where}\n${board.platform.publicOrigin}/reports/${report.reference}`
}

/** The place of an alert. */
export function placeIn({ district, street, lat, long, radius }: store.AlertRow): AlertPlace {
  if (district !== null) return { kind: 'district', id: district }
  if (street !== null) return { kind: 'street', id: street }
  return { kind: 'around', lat: lat ?? 0, long: long ?? 0, radius: radius ?? 0 }
}

/** What the public may see of what came since the last mail, at the place of an alert; the newest first. */
async function reportsFor(board: Board, alert: store.AlertRow, until: Date): Promise<Report[]> {
  const place = placeIn(alert)
  const group = alert.category_group
  const categories =
    group === null ? {} : { categories: board.categories.list.filter((each) => each.group === group).map((each) => each.id) }
  const found = await listReports(
    board.platform.db,
    {
      publicOnly: true,
      openedFrom: alert.told_until,
      openedTo: until,
      district: place.kind === 'district' ? place.id : null,
      bbox: boxOf(board, place),
      ...categories,
    },
    { limit: 500 },
  )
  return found.filter((report) => liesAt(board, place, report))
}

function boxOf({ places }: Board, place: AlertPlace): Bbox | null {
  if (place.kind === 'district') return null
  const points =
    place.kind === 'around'
      ? [place]
      : (places?.streets.find((each) => each.id === place.id)?.line.map(([long, lat]) => ({ lat, long })) ?? [])
  const [lats, longs] = [points.map((point) => point.lat), points.map((point) => point.long)]
  if (points.length === 0) return [0, 0, 0, 0]
  const high = (place.kind === 'around' ? place.radius : BESIDE) / 111_000
  const wide = high / Math.max(0.01, Math.cos((Math.max(...lats) * Math.PI) / 180))
  return [Math.min(...longs) - wide, Math.min(...lats) - high, Math.max(...longs) + wide, Math.max(...lats) + high]
}

function liesAt({ places }: Board, place: AlertPlace, report: Report): boolean {
  if (place.kind === 'district') return true
  if (place.kind === 'around') return metresBetween(place, report) <= place.radius
  const near = places?.nearestStreet(report.lat, report.long)
  return near?.thing.id === place.id && near.metres <= BESIDE
}
