import { createDecipheriv, createSecretKey } from 'node:crypto'
import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createPerson, createRecord, openMany, seal } from '../../src/modules/people/index.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import type { Keys } from '../../src/platform/crypto.ts'
import { transact } from '../../src/platform/platform.ts'
import { type Figure, rateFigure } from './figures.ts'
import { environmentOf, type Place, root } from './program.ts'

const PERSONS = 400
const FIELDS = 12

/** What the limit writes and reads for an opening: the same rows, one statement for each kind, in one durable transaction. */
const COUNT = {
  name: 'count',
  text: `update people.person p set opened = opened + 1 from people.record r
    where r.id = any($1::uuid[]) and p.id = r.person_id returning r.id as record, p.id, p.key_version, p.wrapped_key, p.opened`,
}
const FIELDS_OF = { name: 'fields', text: 'select record_id, field, ciphertext from people.sealed where record_id = any($1::uuid[])' }
const LINE = {
  name: 'line',
  text: `insert into journal.event (id, stream, version, type, actor, channel, subject, data, occurred_at)
    select gen_random_uuid(), stream, null, 'people.record.opened', 'system:bench', 'job', 'bench', data::jsonb, now()
    from unnest($1::text[], $2::text[]) as l (stream, data)`,
}

/**
 * Openings of the vault, of one record and of fifty at once, each beside a bare loop that reads the same rows, decrypts
 * the same bytes and writes the same lines, as durably, one after another on one connection.
 */
export async function measureVault(place: Place, seconds: number): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  const client = new pg.Client({ connectionString: place.databaseUrl })
  await client.connect()
  try {
    const { platform } = app
    const records = await transact(platform, async (tx) => {
      const ids: string[] = []
      for (let n = 0; n < PERSONS; n += 1) {
        const id = await createRecord(tx, await createPerson(tx), 'bench')
        await seal(tx, id, Object.fromEntries(Array.from({ length: FIELDS }, (_, at) => [`field_${at}`, `answer ${at} of person ${n}`])))
        ids.push(id)
      }
      return ids
    })
    const { keys } = platform
    const actor = systemActor('bench')
    const figures: Figure[] = []
    for (const [size, must, aim] of [
      [1, 0.3, 0.5],
      [50, 0.3, 0.5],
    ] as const) {
      const batch = (turn: number): string[] => Array.from({ length: size }, (_, at) => records[(turn * size + at) % records.length] ?? '')
      const open = (turn: number) =>
        openMany(
          platform,
          actor,
          batch(turn).map((record) => ({ record, purpose: 'bench', legalBasis: 'gdpr.6.1.e' })),
        )
      const bare = (turn: number) => openBare(client, keys, batch(turn))
      // in turns, so that both see the same machine
      const half = seconds / 2
      const [a, limitA, b, limitB] = [await rate(half, open), await rate(half, bare), await rate(half, open), await rate(half, bare)]
      figures.push(rateFigure(`vault, open of ${size} at once`, '1/s', (a + b) / 2, (limitA + limitB) / 2, { must, aim }))
    }
    return figures
  } finally {
    await client.end()
    await app.close()
  }
}

async function rate(seconds: number, work: (turn: number) => Promise<unknown>): Promise<number> {
  for (let turn = 0; turn < 20; turn += 1) await work(turn)
  const begun = performance.now()
  let turns = 0
  for (; performance.now() - begun < seconds * 1000; turns += 1) await work(turns)
  return turns / ((performance.now() - begun) / 1000)
}

type Counted = { record: string; id: string; key_version: number; wrapped_key: Buffer; opened: string }

async function openBare(client: pg.Client, keys: Keys, records: readonly string[]): Promise<number> {
  await client.query('begin')
  const counted = await client.query<Counted>({ ...COUNT, values: [records] })
  const fields = await client.query<{ record_id: string; field: string; ciphertext: Buffer }>({ ...FIELDS_OF, values: [records] })
  const names = Map.groupBy(fields.rows, (row) => row.record_id)
  const data = counted.rows.map((row) =>
    JSON.stringify({
      record: row.record,
      purpose: 'bench',
      legal_basis: 'gdpr.6.1.e',
      fields: (names.get(row.record) ?? []).map((each) => each.field),
      count: Number(row.opened),
    }),
  )
  await client.query({ ...LINE, values: [counted.rows.map((row) => row.id), data] })
  await client.query('commit')
  let read = 0
  for (const row of counted.rows) {
    const key = createSecretKey(keys.unwrap(row.key_version, row.wrapped_key, row.id))
    for (const { field, ciphertext } of names.get(row.record) ?? []) {
      const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, 12))
      decipher.setAuthTag(ciphertext.subarray(12, 28))
      decipher.setAAD(Buffer.from(`${row.record}/${field}`))
      const text = Buffer.concat([decipher.update(ciphertext.subarray(28)), decipher.final()]).toString()
      read += String(JSON.parse(text)).length
    }
  }
  return read
}
