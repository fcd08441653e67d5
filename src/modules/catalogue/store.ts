import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = {
  'catalogue.version': { service_id: string; version: string; hash: string; source: string; first_seen_at: Date }
  'catalogue.content': { hash: string; content: unknown }
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

/** What the file with this hash says; undefined when it was never kept. */
export async function contentOf(db: Db, hash: string): Promise<unknown> {
  const row = await tables(db).selectFrom('catalogue.content').select('content').where('hash', '=', hash).executeTakeFirst()
  return row?.content
}

/** Keeps what a file says, unless that is kept already. */
export async function keepContent(db: Db, hash: string, content: unknown): Promise<void> {
  await tables(db)
    .insertInto('catalogue.content')
    .values({ hash, content: JSON.stringify(content) })
    .onConflict((c) => c.doNothing())
    .execute()
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
