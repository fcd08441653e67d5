import { dayIn } from '../../../kernel/time.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import type { FileStore } from '../../../platform/files.ts'
import type { JournalEvent } from '../../../platform/journal/event.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { eraseCases, getCase, type House, within } from '../../cases/index.ts'
import { eraseRecord, notEmpty, notErased } from '../../people/index.ts'
import { type Eraser, eraseWhole, removeLater } from './erase.ts'

/*
 * What was erased is written down outside the database, because a backup of the database still has it: one line for
 * each thing in a file for each month, in the store of files. Lines hold an id and a keyed hash of it, so that nobody
 * who can write there can have somebody erased.
 */

const INDEX = 'erasures-index'
const kinds = ['person', 'case', 'record'] as const
type Kind = (typeof kinds)[number]
type Line = { readonly kind: Kind; readonly id: string }

const fileOf = (month: string): string => `erasures-${month}`

function sign(platform: Platform, { kind, id }: Line): string {
  return platform.keys.token(`erasure:${kind}:${id}`).toString('hex')
}

async function linesOf(files: FileStore, key: string): Promise<string[]> {
  const bytes = await files.get(key)
  return bytes === null
    ? []
    : Buffer.from(bytes)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
}

async function addLines(files: FileStore, key: string, lines: readonly string[]): Promise<void> {
  const known = await linesOf(files, key)
  const missing = [...new Set(lines)].filter((line) => !known.includes(line))
  if (missing.length > 0) await files.put(key, Buffer.from(`${[...known, ...missing].join('\n')}\n`))
}

/** Writes every erasure down outside the database; again when it is told twice, to the same effect. */
export const erasureList: Subscriber = {
  name: 'privacy.erasure_list',
  types: ['people.person.erased', 'privacy.data.erased'],
  async handle(tx, events) {
    const months = Map.groupBy(events, (event) => dayIn('UTC', event.occurredAt).slice(0, 7))
    // the index first: a month that it names and that has no file yet does no harm
    await addLines(tx.files, INDEX, [...months.keys()])
    for (const [month, told] of months) {
      const lines = told.flatMap(erasedIn).map((line) => `${line.kind} ${line.id} ${sign(tx, line)}`)
      await addLines(tx.files, fileOf(month), lines)
    }
  },
}

function erasedIn(event: JournalEvent): Line[] {
  if (event.type === 'people.person.erased') return [{ kind: 'person', id: event.stream }]
  const named = (kind: Kind, name: string): Line[] => {
    const ids = event.data[name]
    return Array.isArray(ids) ? ids.map((id) => ({ kind, id: String(id) })) : []
  }
  return [...named('case', 'cases'), ...named('record', 'records')]
}

/** What a replay did: how much had come back and was erased again, and how many lines were not to be trusted. */
export type Replayed = { readonly persons: number; readonly cases: number; readonly records: number; readonly refused: number }

/**
 * Erases again whatever the list names and the database still has, as after a restore from a backup. When nothing has
 * come back it only reads. Runs before a process serves or works.
 */
export async function replayErasures(eraser: Eraser): Promise<Replayed> {
  const { house } = eraser
  const { platform } = house
  const done = { persons: 0, cases: 0, records: 0, refused: 0 }
  for (const month of await linesOf(platform.files, INDEX)) {
    if (!/^\d{4}-\d{2}$/.test(month)) continue
    const lines = (await linesOf(platform.files, fileOf(month))).map((text) => trusted(platform, text))
    done.refused += lines.filter((line) => line === null).length
    const ids = (kind: Kind): string[] => lines.flatMap((line) => (line?.kind === kind ? [line.id] : []))
    for (const id of await notErased(platform, ids('person'))) {
      await erasePersonAgain(eraser, id)
      done.persons += 1
    }
    done.cases += await eraseCasesAgain(house, ids('case'))
    done.records += await eraseRecordsAgain(platform, ids('record'))
  }
  if (done.refused > 0) platform.log.error({ refused: done.refused }, 'the list of erasures has lines that this program did not write')
  return done
}

function trusted(platform: Platform, text: string): Line | null {
  const [kind, id, hash] = text.split(' ')
  const known = kinds.find((each) => each === kind)
  if (!known || !id || !hash || !/^[0-9a-f-]{36}$/.test(id)) return null
  const line = { kind: known, id }
  return sameBytes(Buffer.from(hash), Buffer.from(sign(platform, line))) ? line : null
}

const again = systemActor('erasures')

async function erasePersonAgain(eraser: Eraser, personId: string): Promise<void> {
  await transact(eraser.house.platform, async (tx) => {
    await removeLater(tx, await eraseWhole({ ...eraser, house: within(eraser.house, tx) }, again, personId, 'restored'))
  })
}

async function eraseCasesAgain(house: House, ids: readonly string[]): Promise<number> {
  let count = 0
  for (const id of ids) {
    // a backup from before the case was sent does not have it
    const current = await getCase(house.platform, id).catch(() => null)
    if (current === null || (await notEmpty(house.platform, [current.record_id])).length === 0) continue
    await transact(house.platform, async (tx) => removeLater(tx, await eraseCases(tx, [current])))
    count += 1
  }
  return count
}

async function eraseRecordsAgain(platform: Platform, ids: readonly string[]): Promise<number> {
  const back = await notEmpty(platform, ids)
  for (const id of back) await transact(platform, async (tx) => removeLater(tx, await eraseRecord(tx, id)))
  return back.length
}
