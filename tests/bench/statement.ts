import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addDays } from '../../src/kernel/time.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { writeCamt053Chunks } from '../../src/modules/iso20022/index.ts'
import { importFile, issueMany, type Treasury, within } from '../../src/modules/payments/index.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { sampleEntries, statementOf } from '../support/statements.ts'
import { costFigure, type Figure } from './figures.ts'
import { environmentOf, type Place, root } from './program.ts'

/** What 100,000 entries may take: 60 s, better 20. */
const MARKS = { must: 0.6, aim: 0.2 }
const program = systemActor('payments')

/** A statement of many entries in the mix that a city sees, checked, matched and booked; its bills are there before. */
export async function measureStatement(place: Place, { entries }: { readonly entries: number }): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const pool = new pg.Pool({ connectionString: place.databaseUrl, max: 2 })
  try {
    const { treasury } = app
    if (!treasury) throw new Error('the city takes no money')
    await seedBills(treasury, entries)
    const file = join(place.dataDir, 'statement.xml')
    await writeFile(treasury, pool, file, entries)
    await pool.query('analyze payments.bill; analyze people.blind')
    const begun = performance.now()
    await importFile(treasury, program, {
      chunks: () => createReadStream(file),
      bytes: () => Promise.reject(new Error('read as a stream')),
    })
    const seconds = (performance.now() - begun) / 1000
    const { rows } = await pool.query<{ n: number; matched: number }>(
      `select count(*)::int as n, count(payment_id)::int as matched from payments.entry e join payments.statement s on s.id = e.statement_id
       where s.statement_id = 'BENCH'`,
    )
    const [{ n, matched } = { n: 0, matched: 0 }] = rows
    if (n < entries * 0.9 || matched < n * 0.6) throw new Error(`only ${matched} of ${n} entries were matched`)
    process.stdout.write(`  ${n} entries in ${seconds.toFixed(1)} s, ${matched} matched\n`)
    return [costFigure(`camt.053 of ${entries} entries matched, per 1,000`, 's', (seconds / entries) * 1_000, MARKS)]
  } finally {
    await pool.end()
    await app.close()
  }
}

async function seedBills(treasury: Treasury, count: number): Promise<void> {
  const due = addDays(today(treasury.platform), 20)
  for (let from = 0; from < count; from += 2_000)
    await transact(treasury.platform, (tx) =>
      issueMany(
        within(treasury, tx),
        program,
        Array.from({ length: Math.min(2_000, count - from) }, (_, at) => ({
          key: `agency:bench/${from + at}`,
          source: 'agency',
          sourceId: `bench-${from + at}`,
          agency: 'transport',
          revenue: 'fee',
          payer: null,
          language: 'en',
          currency: 'EUR',
          title: { en: 'Permit' },
          dueOn: due,
          lines: [{ title: { en: 'Permit' }, amount: BigInt(1_000 + ((from + at) % 9_000)) }],
        })),
      ),
    )
}

async function writeFile(treasury: Treasury, pool: pg.Pool, path: string, entries: number): Promise<void> {
  const { rows } = await pool.query<{ creditor_reference: string; total: string }>(
    `select creditor_reference, total::text from payments.bill where source_key like 'agency:bench/%' order by id`,
  )
  const owed = (n: number) => ({
    reference: rows[n % rows.length]?.creditor_reference ?? '',
    amount: BigInt(rows[n % rows.length]?.total ?? 0),
  })
  const all = [...sampleEntries({ count: entries, owed, day: today(treasury.platform) })].map(({ entry }) => entry)
  const { entries: _entries, ...head } = statementOf(all, {
    id: 'BENCH',
    iban: treasury.rules.creditor.iban,
    day: today(treasury.platform),
  })
  const handle = await open(path, 'w')
  try {
    for await (const chunk of writeCamt053Chunks(head, all)) await handle.write(chunk)
  } finally {
    await handle.close()
  }
}
