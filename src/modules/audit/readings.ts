import { addDays, type PlainDate } from '../../kernel/time.ts'
import { type JournalEvent, textIn } from '../../platform/journal/event.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Subscriber } from '../../platform/journal/subscribers.ts'
import { type Platform, today } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import { accountFacts, staffNames, staffOfAgencies } from '../identity/index.ts'
import { blindedPerson, namedAmong, neighboursAmong } from '../people/index.ts'
import { familyName, type FlagKind, HISTORY_DAYS, hoursOfCity, isManyForAgency, isManyForOneself, isWork } from './flags.ts'
import * as store from './store.ts'

/** Flags are raised about the last so many days; what a replay meets that is older is only counted. */
const FLAG_DAYS = 60

const watcher = systemActor('audit')

/** Counts what members of staff open, by person and day, and raises a flag where that is unusual. */
export const readingsSubscriber: Subscriber = {
  name: 'audit.readings',
  types: ['people.record.opened', 'people.document.opened'],
  async handle(tx, events) {
    const found = events.flatMap((event) => openingIn(event))
    const names = await staffNames(tx, [...new Set(found.map((each) => each.account))])
    const byStaff = found.filter((each) => names.has(each.account))
    if (byStaff.length === 0) return
    const isLate = hoursOfCity(tx.city)
    const touched = await store.takeReads(
      tx.db,
      byStaff.map(({ account, event, subject }) => ({
        account,
        subject,
        day: tx.city.dayOf(event.occurredAt),
        late: isLate(event.occurredAt),
        position: event.position,
      })),
    )
    const since = addDays(today(tx), -FLAG_DAYS)
    const recent = touched.filter((each) => each.day >= since)
    const persons = new Map(byStaff.map(({ subject, event }) => [subject, event.stream]))
    for (const [account, lines] of Map.groupBy(recent, (each) => each.account_id)) {
      await flagDays(tx, account, [...new Set(lines.map((each) => each.day))])
      const fresh = lines.filter((each) => each.fresh)
      await flagPersons(tx, { account, name: names.get(account) ?? '' }, fresh, persons)
    }
  },
}

type Opening = { readonly account: string; readonly subject: string; readonly event: JournalEvent }

function openingIn(event: JournalEvent): Opening[] {
  const account = /^account:([0-9a-f-]{36})$/.exec(event.actor)?.[1]
  if (account === undefined || event.subject === null) return []
  return isWork(textIn(event.data, 'legal_basis'), textIn(event.data, 'purpose')) ? [{ account, subject: event.subject, event }] : []
}

async function flagDays(tx: Platform, account: string, days: readonly PlainDate[]): Promise<void> {
  const [first, last] = [days.toSorted()[0], days.toSorted().at(-1)]
  if (first === undefined || last === undefined) return
  const counts = await store.dayCounts(tx.db, [account], addDays(first, -HISTORY_DAYS), last)
  for (const count of counts.filter((each) => days.includes(each.day))) {
    if (count.late > 0) await raise(tx, 'out_of_hours', account, count.day, count.late)
    const before = counts.filter((each) => each.day < count.day && each.day >= addDays(count.day, -HISTORY_DAYS))
    const own = before.map((each) => each.persons)
    if (isManyForOneself(count.persons, own) || isManyForAgency(count.persons, await agencyCounts(tx, account, count.day)))
      await raise(tx, 'many_persons', account, count.day, count.persons)
  }
}

/** How many persons were opened on each earlier day by those who work for the same agencies; all of the staff for somebody of no agency. */
async function agencyCounts(tx: Platform, account: string, day: PlainDate): Promise<number[]> {
  const roles = (await accountFacts(tx, account))?.roles.filter(({ role }) => role !== 'resident') ?? []
  const agencies = roles.flatMap(({ agency }) => (agency === null ? [] : [agency]))
  const everywhere = agencies.length === 0 || agencies.length < roles.length
  const colleagues = everywhere ? null : (await staffOfAgencies(tx, agencies)).map(({ id }) => id)
  return (await store.dayCounts(tx.db, colleagues, addDays(day, -HISTORY_DAYS), addDays(day, -1))).map((each) => each.persons)
}

/** Flags about single persons: the officer themselves or their name, their street, the watch list. Compared by keyed hashes only. */
async function flagPersons(
  tx: Platform,
  staff: { account: string; name: string },
  fresh: readonly store.Touched[],
  persons: ReadonlyMap<string, string>,
): Promise<void> {
  if (fresh.length === 0) return
  const own = (await accountFacts(tx, staff.account))?.personId ?? null
  const ids = [...new Set(fresh.flatMap(({ subject }) => persons.get(subject) ?? []))]
  const family = familyName(staff.name)
  const named = new Set(family === null ? [] : await namedAmong(tx, family, ids))
  const near = new Set(own === null ? [] : await neighboursAmong(tx, own, ids))
  const watched = await store.watchedAmong(
    tx.db,
    fresh.map((each) => each.subject),
  )
  const ownSubject = own === null ? null : blindedPerson(tx, own)
  for (const { subject, day } of fresh) {
    const person = persons.get(subject) ?? ''
    if (subject === ownSubject || named.has(person)) await raise(tx, 'own_name', staff.account, day, 1, subject)
    if (near.has(person)) await raise(tx, 'neighbour', staff.account, day, 1, subject)
    if (watched.has(subject)) await raise(tx, 'watched', staff.account, day, 1, subject)
  }
}

async function raise(tx: Platform, kind: FlagKind, account: string, day: PlainDate, count: number, subject = ''): Promise<void> {
  const flag = { id: tx.newId(), kind, account_id: account, day, subject, count, raised_at: tx.now() }
  const raised = await store.raiseFlag(tx.db, flag)
  if (!raised?.fresh) return
  await record(tx, watcher, {
    type: 'audit.flag.raised',
    stream: raised.id,
    ...(subject === '' ? {} : { subject }),
    data: { kind, account, day, count },
  })
}
