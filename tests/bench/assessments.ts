import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { accountActor, type Actor } from '../../src/modules/access/index.ts'
import { confirmRun, moveRun, startRun } from '../../src/modules/payments/index.ts'
import { today } from '../../src/platform/platform.ts'
import { costFigure, type Figure } from './figures.ts'
import { environmentOf, type Place, root } from './program.ts'

/** What the run of a million parcels may take: 10 minutes, better 5. */
const MARKS = { must: 0.6, aim: 0.3 }

/** The yearly run of property tax: its dry run, and its bills by the thousand, each with four parts, two entries and its assessment. */
export async function measureAssessments(place: Place, { parcels }: { readonly parcels: number }): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const pool = new pg.Pool({ connectionString: place.databaseUrl, max: 2 })
  try {
    const { treasury } = app
    if (!treasury) throw new Error('the city takes no money')
    await seedParcels(pool, parcels)
    const [one, other] = [officer(app.platform.newId()), officer(app.platform.newId())]
    const run = await startRun(treasury, one, Number(today(app.platform).slice(0, 4)) + 1)
    const looked = await timed(() => moveRun(treasury, run, Number.POSITIVE_INFINITY))
    await confirmRun(treasury, other, run)
    const begun = performance.now()
    let said = 0
    const billed = await timed(() =>
      moveRun(treasury, run, Number.POSITIVE_INFINITY, (now) => {
        const seconds = (performance.now() - begun) / 1000
        if (seconds - said < 10) return
        said = seconds
        process.stdout.write(
          `  ${now.billed.toLocaleString('en')} bills after ${seconds.toFixed(0)} s (${(now.billed / seconds).toFixed(0)} a second)\n`,
        )
      }),
    )
    const { rows } = await pool.query<{ bills: number }>(`select billed as bills from payments.run where id = $1 and state = 'done'`, [run])
    const bills = rows[0]?.bills ?? 0
    if (bills < parcels * 0.9) throw new Error(`only ${bills} of ${parcels} parcels were billed`)
    return [
      costFigure(`yearly run, ${parcels} parcels: dry run, per 1,000`, 's', (looked / parcels) * 1_000, { must: 0.3, aim: 0.1 }),
      costFigure(`yearly run, ${bills} bills, per 1,000`, 's', (billed / bills) * 1_000, MARKS),
    ]
  } finally {
    await pool.end()
    await app.close()
  }
}

function officer(accountId: string): Actor {
  return accountActor({ accountId, personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'high' })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** A register of nobody real, written by the database itself; its owners have no record that anybody opens. */
async function seedParcels(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `insert into payments.parcel (id, number, district, area, use, value, owner, person_id, record_id, language, updated_at)
     select gen_random_uuid(), 'BP-' || lpad(n::text, 8, '0'), 'old_harbour', 40 + n % 500,
       (array['residential', 'residential', 'residential', 'commercial', 'industrial', 'vacant'])[1 + n % 6],
       1000000 + (n::bigint * 7919) % 60000000, 'person', gen_random_uuid(), gen_random_uuid(), (array['en', 'es', 'ar'])[1 + n % 3], now()
     from generate_series(1, $1::int) n`,
    [count],
  )
  await pool.query('analyze payments.parcel')
}
