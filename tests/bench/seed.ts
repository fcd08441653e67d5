import pg from 'pg'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addAccount, grantRole } from '../../src/modules/identity/service.ts'
import { type SignIn, startSession } from '../../src/modules/identity/sessions.ts'
import { transact } from '../../src/platform/platform.ts'
import type { RoleBinding } from '../../src/modules/access/index.ts'
import { environmentOf, type Place, root } from './program.ts'

const signedIn: SignIn = { level: 'substantial', methods: ['passkey'], device: 'bench' }

/** Sessions of those who look, and what to look for. */
export type Seeded = { readonly resident: string; readonly officer: string; readonly everywhere: string; readonly agency: string }

type Shape = { service: string; version: string; agency: string; open: string; asked: string; closed: string }

/**
 * Fills the case table set-based in the shapes and distribution of a city: 95 % closed; of the open ones a fifth without an
 * officer, a fifth waiting for the resident, deadlines from ten days ago to two months ahead; three officers in each agency.
 * The answers and the journal of these cases are left out: a queue reads neither.
 */
export async function seedCases(place: Place, count: number): Promise<Seeded> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const client = new pg.Client({ connectionString: place.databaseUrl })
  await client.connect()
  try {
    const agencies = [...new Set(app.catalogue.offers.map((offer) => offer.definition.agency))]
    const agency =
      app.catalogue.offers.find((offer) => offer.definition.id === 'resident_parking_permit')?.definition.agency ?? agencies[0] ?? ''
    const officers: Array<{ id: string; agency: string }> = []
    for (const each of agencies)
      for (let n = 1; n <= 3; n += 1)
        officers.push({ agency: each, id: (await account(app, `${n}.${each}`, [{ role: 'officer', agency: each }])).id })
    const everywhere = await account(app, 'everywhere', [{ role: 'supervisor', agency: null }])
    const resident = await account(app, 'resident', [])
    await insertCases(client, shapesOf(app), officers, count)
    await client.query(
      `update cases.case set person_id = $1, account_id = $2 where id in (select id from cases.case order by submitted_at desc limit 5)`,
      [resident.personId, resident.id],
    )
    await client.query('vacuum analyze')
    const own = officers.find((officer) => officer.agency === agency)
    return {
      resident: await startSession(app.platform, resident.id, signedIn),
      officer: await startSession(app.platform, own?.id ?? '', signedIn),
      everywhere: await startSession(app.platform, everywhere.id, signedIn),
      agency,
    }
  } finally {
    await client.end()
    await app.close()
  }
}

async function account(app: App, name: string, roles: readonly RoleBinding[]): Promise<{ id: string; personId: string }> {
  return transact(app.platform, async (tx) => {
    const staffName = roles.length > 0 ? `Officer ${name}` : null
    const input = {
      name,
      email: `bench.${name}@harbourview.example`,
      passwordHash: 'none',
      language: 'en',
      status: 'active',
      staffName,
    } as const
    const added = await addAccount(tx, input)
    for (const role of roles) await grantRole(tx, { journalName: 'system:seed', channel: 'job' }, added.id, role)
    return { id: added.id, personId: added.person_id }
  })
}

function shapesOf(app: App): Shape[] {
  return app.catalogue.offers.map(({ definition, version, service }) => {
    const states = service.workflow.states
    const open = states.find((state) => !state.final && state.with === 'agency') ?? states[0]
    return {
      service: definition.id,
      version,
      agency: definition.agency,
      open: open?.id ?? '',
      asked: (states.find((state) => !state.final && state.with === 'resident') ?? open)?.id ?? '',
      closed: states.find((state) => state.final)?.id ?? '',
    }
  })
}

async function insertCases(
  client: pg.Client,
  shapes: readonly Shape[],
  officers: ReadonlyArray<{ id: string; agency: string }>,
  count: number,
): Promise<void> {
  await client.query(
    `create temporary table shape (n serial, ${['service', 'version', 'agency', 'open', 'asked', 'closed'].map((name) => `${name} text`).join(', ')}, officers uuid[])`,
  )
  for (const shape of shapes) {
    const staff = officers.filter((officer) => officer.agency === shape.agency).map((officer) => officer.id)
    await client.query('insert into shape (service, version, agency, open, asked, closed, officers) values ($1, $2, $3, $4, $5, $6, $7)', [
      shape.service, shape.version, shape.agency, shape.open, shape.asked, shape.closed, staff,
    ]) // prettier-ignore
  }
  // a row in twenty is open; its hash deals out the rest, so that the same count gives the same city
  await client.query(
    `insert into cases.case (id, reference, journey_id, service_id, version, agency, officer, person_id, account_id, record_id,
       state, state_since, waiting_for, outcome, submitted_at, closed_at, deadline, warn_on, expected_on, warned, language, channel, revision)
     select gen_random_uuid(), 'BEN-' || substr(h, 1, 4) || '-' || upper(lpad(to_hex(g), 8, '0')), gen_random_uuid(), service, version, agency,
       case when open_now and d % 5 = 0 then null else officers[1 + d % 3] end, gen_random_uuid(), null, gen_random_uuid(),
       case when not open_now then closed when asked_now then asked else open end, at, case when not open_now then 'nobody' when asked_now then 'resident' else 'agency' end,
       case when open_now then null when d % 10 = 0 then 'refused' else 'granted' end, at, case when open_now then null else at + (d % 20 + 1) * interval '1 day' end,
       due, due - 5, due - 3, false, (array['en', 'en', 'en', 'es', 'ar'])[1 + d % 5], case when d % 4 = 0 then 'api' else 'web' end, 1 + d % 6
     from (select g, h, d, open_now, open_now and d % 5 = 1 as asked_now,
         case when open_now then now() - (d % 60) * interval '1 day' - (d % 1440) * interval '1 minute'
           else now() - (30 + d % 1400) * interval '1 day' - (d % 1440) * interval '1 minute' end as at,
         case when open_now then (current_date - 10 + d % 70) else (current_date - (d % 1400)) end as due, s.*
       from (select g, md5(g::text) as h, ('x' || substr(md5(g::text), 1, 7))::bit(28)::int as d, g % 20 = 0 as open_now
         from generate_series(1, $1::int) g) numbered
       join shape s on s.n = 1 + (d / 7) % $2) dealt`,
    [count, shapes.length],
  )
  await client.query(
    `insert into cases.consultation (id, case_id, agency, transition, asked_at)
     select gen_random_uuid(), c.id, (select s.agency from shape s where s.agency <> c.agency limit 1), 'bench', now()
     from cases.case c where c.closed_at is null and c.revision = 6 and c.reference like 'BEN-%'`,
  )
}
