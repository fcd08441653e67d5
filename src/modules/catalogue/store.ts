import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = {
  'catalogue.version': { service_id: string; version: string; hash: string; source: string; first_seen_at: Date }
}

const tables = (db: Db) => tablesOf<Tables>(db)

/** Keeps a version; returns the hash that is kept for it (another one when the version was used before). */
export async function keepVersion(
  db: Db,
  row: { service_id: string; version: string; hash: string; source: string; first_seen_at: Date },
): Promise<string> {
  await tables(db)
    .insertInto('catalogue.version')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute()
  return (await hashOf(db, row.service_id, row.version)) ?? row.hash
}

/** The hash that is kept for a version; null when it was never offered. */
export async function hashOf(db: Db, serviceId: string, version: string): Promise<string | null> {
  const row = await tables(db)
    .selectFrom('catalogue.version')
    .select('hash')
    .where('service_id', '=', serviceId)
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.hash ?? null
}

export async function sourceOf(db: Db, serviceId: string, version: string): Promise<string | null> {
  const row = await tables(db)
    .selectFrom('catalogue.version')
    .select('source')
    .where('service_id', '=', serviceId)
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.source ?? null
}
