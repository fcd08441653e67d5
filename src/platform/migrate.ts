import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { APP_ROLE } from './db.ts'
import { orderAfterRestore } from './journal/restore.ts'

/** A folder of numbered `.sql` files that belongs to a module. */
export type Migrations = { readonly module: string; readonly folder: string }

type File = { module: string; name: string; text: string; hash: string }

const LOCK = 7_480_001

/** The application role may ask for work and nothing else of the queue, whose rows only their owner sees. */
const ADD_JOB = `
  create or replace function platform.add_job(task text, payload json, at timestamptz, attempts integer, key text) returns void
  language sql security definer set search_path = pg_catalog as $$
    select graphile_worker.add_job(task, payload => payload, run_at => at, max_attempts => attempts, job_key => key) $$`

/**
 * Brings the database to the program's state: every file once, in floor order, each in its own transaction, one
 * process at a time. Throws when a file that was run has changed since. Returns how many were run.
 */
export async function migrate(url: string, all: readonly Migrations[]): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'stoa migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await prepare(client)
    const done = await doneFiles(client)
    let count = 0
    for (const file of await filesOf(all)) {
      const before = done.get(`${file.module}/${file.name}`)
      if (before === file.hash) continue
      if (before !== undefined) throw new Error(`Migration ${file.module}/${file.name} was changed after it was run.`)
      await runFile(client, file)
      count += 1
    }
    const { runMigrations } = await import('graphile-worker')
    await runMigrations({ connectionString: url })
    await client.query(ADD_JOB)
    await orderAfterRestore(client)
    await grant(
      client,
      all.map((entry) => entry.module),
    )
    return count
  } finally {
    await client.end()
  }
}

/** The migrations that are not run yet; empty when the database is ready for this program. */
export async function pendingMigrations(pool: pg.Pool, all: readonly Migrations[]): Promise<string[]> {
  const rows = await pool.query<{ id: string }>('select id from platform.migration')
  const done = new Set(rows.rows.map((row) => row.id))
  return (await filesOf(all)).map((file) => `${file.module}/${file.name}`).filter((id) => !done.has(id))
}

async function prepare(client: pg.Client): Promise<void> {
  await client.query(`
    do $$ begin
      create role ${APP_ROLE} nologin;
    exception when duplicate_object or unique_violation then null; end $$;
    do $$ begin
      execute format('grant ${APP_ROLE} to %I', current_user);
    exception when others then null; end $$;
    create schema if not exists platform;
    create table if not exists platform.migration (
      id text primary key, hash text not null, run_at timestamptz not null default now()
    );`)
}

async function doneFiles(client: pg.Client): Promise<Map<string, string>> {
  const rows = await client.query<{ id: string; hash: string }>('select id, hash from platform.migration')
  return new Map(rows.rows.map((row) => [row.id, row.hash]))
}

async function filesOf(all: readonly Migrations[]): Promise<File[]> {
  const files: File[] = []
  for (const { module, folder } of all) {
    const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).toSorted()
    for (const name of names) {
      const text = await readFile(join(folder, name), 'utf8')
      files.push({ module, name, text, hash: createHash('sha256').update(text).digest('hex') })
    }
  }
  return files
}

async function runFile(client: pg.Client, file: File): Promise<void> {
  await client.query('begin')
  try {
    await client.query(`create schema if not exists ${client.escapeIdentifier(file.module)}`)
    await client.query(file.text)
    await client.query('insert into platform.migration (id, hash) values ($1, $2)', [`${file.module}/${file.name}`, file.hash])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`Migration ${file.module}/${file.name} failed.`, { cause: error })
  }
}

/** The application may read and write, but only add to tables whose comment begins with `append-only`. */
async function grant(client: pg.Client, modules: readonly string[]): Promise<void> {
  const schemas = ['platform', ...new Set(modules)]
  await client.query(
    `do $$ declare s text; t record; begin
      foreach s in array string_to_array('${schemas.join(',')}', ',') loop
        continue when not exists (select 1 from pg_namespace where nspname = s);
        execute format('grant usage on schema %I to ${APP_ROLE}', s);
        execute format('grant select, insert, update, delete on all tables in schema %I to ${APP_ROLE}', s);
        execute format('grant usage, select on all sequences in schema %I to ${APP_ROLE}', s);
        execute format('grant execute on all functions in schema %I to ${APP_ROLE}', s);
      end loop;
      for t in select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and obj_description(c.oid, 'pg_class') like 'append-only%' loop
        execute format('revoke update, delete, truncate on %I.%I from ${APP_ROLE}', t.nspname, t.relname);
      end loop;
      revoke insert, update, delete on platform.migration from ${APP_ROLE};
    end $$`,
  )
}
