import pg from 'pg'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addAccount, grantRole, startSession } from '../../src/modules/identity/index.ts'
import { takeIn } from '../../src/modules/payments/desk/figures/store.ts'
import { transact } from '../../src/platform/platform.ts'
import { once } from './client.ts'
import { costFigure, type Figure, quantile } from './figures.ts'
import { environmentOf, type Place, type Running, root, startProgram } from './program.ts'

/** How much is measured: bills that are there, and how often each page is asked for. */
export type BillScale = { readonly bills: number; readonly rounds: number }

/** The officers' list of bills and the dashboard among many bills, for one agency and for the treasury. */
export async function measureBills(place: Place, { bills, rounds }: BillScale): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  try {
    await seedBills(place, app, bills)
    const seats = [
      { who: 'one agency', session: await officer(app, 'transport') },
      { who: 'all agencies', session: await officer(app, null) },
    ]
    const program = await startProgram(place)
    try {
      const figures: Figure[] = []
      for (const { who, session } of seats) figures.push(...(await measureSeat(program, app, { who, session, bills, rounds })))
      return figures
    } finally {
      await program.stop()
    }
  } finally {
    await app.close()
  }
}

async function officer(app: App, agency: string | null): Promise<string> {
  const name = `bills.${agency ?? 'everywhere'}`
  const account = await transact(app.platform, async (tx) => {
    const input = {
      name,
      email: `${name}@harbourview.example`,
      passwordHash: 'none',
      language: 'en',
      status: 'active',
      staffName: name,
    } as const
    const added = await addAccount(tx, input)
    await grantRole(tx, { journalName: 'system:seed', channel: 'job' }, added.id, { role: 'officer', agency })
    return added
  })
  return startSession(app.platform, account.id, { level: 'substantial', methods: ['password', 'totp'], device: 'Bench' })
}

/**
 * Fills the table set-based in the shape of a city: seven in ten are paid, two open, of which half are late, the rest ended;
 * a quarter falls due on one day of the year, as a tax does.
 */
async function seedBills(place: Place, app: App, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: place.databaseUrl })
  await client.connect()
  try {
    const begun = performance.now()
    await client.query(
      `insert into payments.bill (id, reference, creditor_reference, source_key, source, source_id, agency, revenue, payer, language, currency, title,
         total, paid, state, issued_on, due_on, issued_at, closed_at)
       select id, 'BIL-' || lpad(to_hex(g), 8, '0'), 'RF00' || g, 'bench:' || g, 'agency', g::text, agency, revenue, 'reference', 'en', $2, '{"en": "A bill"}',
         case when state = 'cancelled' then 0 else amount end, case when state = 'paid' then amount when state = 'open' and d % 50 = 25 then amount / 2 else 0 end, state, due - 30, due,
         (due - 30)::timestamptz + (d % 86400) * interval '1 second', case when state <> 'open' then due::timestamptz end
       from (select gen_random_uuid() as id, g, d, 500 + d % 200000 as amount,
           (array['transport', 'revenue', 'library', 'parks', 'fire_service'])[1 + d % 5] as agency, (array['fee', 'fine', 'charge', 'tax'])[1 + d % 4] as revenue,
           case when d % 100 < 72 then 'paid' when d % 100 < 92 then 'open' else 'cancelled' end as state,
           current_date + case when d % 4 = 3 then 20 when d % 100 between 72 and 91 then d % 60 - 30 else -(d % 1400) end as due
         from (select g, ('x' || substr(md5(g::text), 1, 7))::bit(28)::int as d from generate_series(1, $1::int) g) numbered) dealt`,
      [count, app.platform.city.currency],
    )
    const { rows } = await client.query<{ id: string }>("select id from payments.bill where source_key like 'bench:%'")
    for (let at = 0; at < rows.length; at += 20_000)
      await takeIn(
        app.platform.db,
        rows.slice(at, at + 20_000).map(({ id }) => id),
      )
    await client.query('vacuum analyze')
    process.stdout.write(`  ${count.toLocaleString('en')} bills in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`)
  } finally {
    await client.end()
  }
}

type Seat = { readonly who: string; readonly session: string; readonly bills: number; readonly rounds: number }

async function measureSeat(program: Running, app: App, { who, session, bills, rounds }: Seat): Promise<Figure[]> {
  const headers = { 'accept-language': 'en', cookie: `stoa_session=${session}` }
  const size = `${bills.toLocaleString('en')} bills, ${who}, p95`
  const p95 = async (ask: ReadonlyArray<{ method: string; path: string; body?: string }>): Promise<number> => {
    const samples: number[] = []
    for (let round = -3; round < rounds; round += 1)
      for (const sent of ask) {
        const form: Record<string, string> = sent.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
        const begun = performance.now()
        const answer = await once(program.port, { ...sent, headers: { ...headers, ...form } })
        if (answer.status !== 200) throw new Error(`${sent.path}: ${answer.status}`)
        if (round >= 0) samples.push(performance.now() - begun)
      }
    return quantile(samples, 0.95)
  }
  const get = (path: string) => ({ method: 'GET', path })
  const due = new Date(app.platform.now().getTime() - 200 * 86_400_000).toISOString().slice(0, 10)
  const lists = ['open', 'overdue', 'part', 'paid', 'cancelled', 'written_off', 'all'].map((state) =>
    get(`/officer/money/bills?state=${state}`),
  )
  const between = get(`/officer/money/bills?state=paid&from=${due}&to=${due}`)
  const searches = ['RF0012345', '12.34', 'Nobody Known'].map((q) => ({
    method: 'POST',
    path: '/officer/money/bills',
    body: new URLSearchParams({ q }).toString(),
  }))
  return [
    costFigure(`list of bills, ${size}`, 'ms', await p95([...lists, between]), { must: 50, aim: 20 }),
    costFigure(`search for bills, ${size}`, 'ms', await p95(searches), { must: 50, aim: 20 }),
    costFigure(`figures of bills, ${size}`, 'ms', await p95([get('/officer/money')]), { must: 250, aim: 50 }),
  ]
}
