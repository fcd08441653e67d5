import { randomUUID } from 'node:crypto'
import { accountActor } from '../../src/modules/access/index.ts'
import { loadPlaces } from '../../src/modules/places/index.ts'
import { openBoard } from '../../src/modules/reports/index.ts'
import { fixReport, getReport } from '../../src/modules/reports/service/index.ts'
import { allMessages } from '../../src/declared.ts'
import { query } from '../../src/platform/db.ts'
import { startApp } from '../support/app.ts'
import { Resident, type SentFile } from '../support/reporting.ts'
import { photo } from '../support/world.ts'

/** The words of a page, without its elements. */
export const words = (html: string): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

/** A city in which problems are reported: `startReporting` opens it. */
export type Reporting = Awaited<ReturnType<typeof startReporting>>

/** Starts a city with its accounts; its clock is the machine's, and `pass` puts it forward by milliseconds. */
export async function startReporting() {
  let ahead = 0
  let nth = 0
  const test = await startApp({
    listen: true,
    accounts: true,
    env: { TRUST_PROXY: '127.0.0.1' },
    overrides: { now: () => new Date(Date.now() + ahead) },
  })
  const { platform } = test.app
  const board = await openBoard({ platform, places: await loadPlaces(platform.city.folder), words: await allMessages() })

  /** Somebody on a network of their own. */
  const somebody = (): Resident => new Resident(test.url, { 'x-forwarded-for': `198.51.100.${(nth += 1)}` })
  /** A house of the city that no other test of this file reports from. */
  const house = (): { lat: number; long: number } => {
    const { lat, long } = board.places?.addresses[(nth += 1) * 37] ?? { lat: 0, long: 0 }
    return { lat, long }
  }
  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
    query<T & Record<string, unknown>>(test.app.platform.db, text, values)
  const jpeg = async (name = 'photo.jpg'): Promise<SentFile> => ({ field: 'photos', name, bytes: await photo() })
  const officer = () =>
    accountActor({
      accountId: randomUUID(),
      personId: null,
      roles: [{ role: 'supervisor', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  const fixed = async (reference: string): Promise<void> => {
    const { id } = await getReport(board, reference)
    await fixReport(board, officer(), id, {
      evidence: { kind: 'work_order', order: `WO-${(nth += 1)}`, on: board.platform.city.dayOf(board.platform.now()) },
    })
  }
  const pass = (milliseconds: number): void => void (ahead += milliseconds)
  return { test, board, somebody, house, rows, jpeg, officer, fixed, pass }
}
