import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addAccount, grantRole, startSession } from '../../src/modules/identity/index.ts'
import { blindedPerson } from '../../src/modules/people/index.ts'
import { advance } from '../../src/platform/journal/subscribers.ts'
import { sequenceOnce } from '../../src/platform/journal/sequencer.ts'
import { transact } from '../../src/platform/platform.ts'
import { once } from './client.ts'
import { costFigure, type Figure, quantile } from './figures.ts'
import { environmentOf, type Place, type Running, root } from './program.ts'

/** How many openings one person's journal has. */
export const OPENINGS = 100_000

/**
 * Gives one person a journal of openings, set-based and in the shape of the vault's own lines: half by officers, a third
 * by the system, the rest by the person; five years back. The sequencer and the subscribers have taken them in. Returns
 * the person's session.
 */
export async function seedOpenings(place: Place): Promise<string> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const client = new pg.Client({ connectionString: place.databaseUrl })
  await client.connect()
  try {
    const { platform } = app
    const person = await account(app, 'looked.at', false)
    const officers = [await account(app, 'access.1', true), await account(app, 'access.2', true), await account(app, 'access.3', true)]
    const actors = [`account:${person.id}`, ...officers.map(({ id }) => `account:${id}`), 'system:mail', 'system:letters']
    const records = await client.query<{ id: string }>('select record_id as id from cases.case order by submitted_at desc limit 500')
    await client.query(
      `insert into journal.event (id, stream, version, type, actor, channel, subject, cause, data, occurred_at)
       select gen_random_uuid(), $1, null, 'people.record.opened', ($3::text[])[1 + g % 6], 'web', $2, null,
         jsonb_build_object('record', ($4::text[])[1 + g % $5::int], 'purpose', (array['case.read', 'case.decide', 'message.compose', 'case.opine'])[1 + g % 4],
           'legal_basis', 'gdpr.6.1.e', 'fields', jsonb_build_array('full_name', 'email', 'home_address', 'vehicle_registration'), 'count', g),
         now() - ($6::int - g) * interval '26 minutes'
       from generate_series(1, $6::int) g`,
      [person.personId, blindedPerson(platform, person.personId), actors, records.rows.map((row) => row.id), records.rows.length, OPENINGS],
    )
    await client.query('update people.person set opened = $2 where id = $1', [person.personId, OPENINGS])
    while ((await sequenceOnce(platform)) > 0);
    for (const subscriber of app.modules.flatMap((module) => module.subscribers ?? [])) while ((await advance(platform, subscriber)) > 0);
    await client.query('vacuum analyze journal.event')
    return await startSession(platform, person.id, { level: 'substantial', methods: ['passkey'], device: 'bench' })
  } finally {
    await client.end()
    await app.close()
  }
}

async function account(
  app: Awaited<ReturnType<typeof createApp>>,
  name: string,
  staff: boolean,
): Promise<{ id: string; personId: string }> {
  const input = { name, email: `${name}@harbourview.example`, passwordHash: 'none', language: 'en', status: 'active' } as const
  return transact(app.platform, async (tx) => {
    const added = await addAccount(tx, { ...input, staffName: staff ? `Officer ${name}` : null })
    if (staff) await grantRole(tx, { journalName: 'system:seed', channel: 'job' }, added.id, { role: 'officer', agency: null })
    return { id: added.id, personId: added.person_id }
  })
}

/** The page of a person's openings: the newest, pages further on, and filters, one request at a time. */
export async function measureOpenings(program: Running, session: string, rounds: number): Promise<Figure[]> {
  const headers = { accept: 'text/html', 'accept-language': 'en', 'accept-encoding': 'gzip', cookie: `stoa_session=${session}` }
  const plain = { ...headers, 'accept-encoding': 'identity' }
  const first = await once(program.port, { method: 'GET', path: '/my/access', headers: plain })
  if (first.status !== 200 || !first.body.toString().includes(`${OPENINGS.toLocaleString('en')} of`))
    throw new Error(`/my/access: ${first.status}`)
  const next = /rel="next" href="([^"]+)"/.exec(first.body.toString())?.[1]?.replaceAll('&#38;', '&') ?? ''
  const paths = [
    '/my/access',
    next,
    '/my/access?period=year',
    '/my/access?who=system',
    '/my/access?purpose=case.opine',
    '/my/access?own=yes',
  ]
  const samples = new Map<string, number[]>(paths.map((path) => [path, []]))
  for (let round = -3; round < rounds; round += 1) {
    for (const path of paths) {
      const begun = performance.now()
      const answer = await once(program.port, { method: 'GET', path, headers })
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`)
      if (round >= 0) samples.get(path)?.push(performance.now() - begun)
    }
  }
  for (const [path, own] of samples)
    process.stdout.write(
      `  ${path.replace(/before=.*/, 'before=...')}: p50 ${quantile(own, 0.5).toFixed(2)} ms, p95 ${quantile(own, 0.95).toFixed(2)} ms\n`,
    )
  const all = [...samples.values()].flat()
  return [
    costFigure(`who looked at my data, ${OPENINGS.toLocaleString('en')} openings, p95`, 'ms', quantile(all, 0.95), { must: 50, aim: 20 }),
  ]
}
