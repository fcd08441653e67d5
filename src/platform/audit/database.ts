import type pg from 'pg'
import { APP_ROLE } from '../db.ts'
import { type Finding, findingsOf } from './finding.ts'

/** The tables that must be append-only whatever their comments say. */
const ALWAYS = ['journal.event', 'journal.ordered']

/** Whether PostgreSQL itself keeps the application from rewriting what was written. Works as the owner. */
export async function databaseFindings(pool: pg.Pool): Promise<Finding[]> {
  const found = findingsOf('Database')
  const tables = await pool.query<{ name: string; commented: boolean; rights: string[]; owner: boolean }>(
    `select format('%s.%s', n.nspname, c.relname) as name,
       coalesce(obj_description(c.oid, 'pg_class') like 'append-only%', false) as commented,
       array(select p from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p where has_table_privilege($1, c.oid, p)
         or (p = 'UPDATE' and has_any_column_privilege($1, c.oid, p))) as rights,
       pg_has_role($1, c.relowner, 'USAGE') as owner
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'graphile_worker')`,
    [APP_ROLE],
  )
  const guarded = tables.rows.filter((table) => table.commented || ALWAYS.includes(table.name))
  const open = guarded.filter((table) => table.rights.length > 0)
  found.must(
    open.length === 0 && ALWAYS.every((name) => guarded.some((table) => table.name === name)),
    'append-only tables can only be added to',
    open.length === 0
      ? guarded
          .map((table) => table.name)
          .toSorted()
          .join(', ')
      : open.map((table) => `${table.name}: ${table.rights.join(', ')}`).join('; '),
    'Run ./stoa migrate, which sets the rights anew, and find out who changed them.',
  )
  const owned = tables.rows.filter((table) => table.owner).map((table) => table.name)
  found.must(
    owned.length === 0,
    'the application owns no table',
    owned.join(', ') || `${APP_ROLE} owns none of ${tables.rows.length}`,
    `Give the tables back to the owner of the database.`,
  )
  await roleFindings(pool, found)
  return [...found.list]
}

async function roleFindings(pool: pg.Pool, found: ReturnType<typeof findingsOf>): Promise<void> {
  const role = await pool.query<{
    rolsuper: boolean
    rolcanlogin: boolean
    rolcreaterole: boolean
    rolbypassrls: boolean
    member: boolean
  }>(
    `select rolsuper, rolcanlogin, rolcreaterole, rolbypassrls,
       exists (select 1 from pg_auth_members m where m.member = r.oid) as member from pg_roles r where rolname = $1`,
    [APP_ROLE],
  )
  const held = new Map<string, boolean>(Object.entries(role.rows[0] ?? { missing: true }))
  const rights = [...held].flatMap(([name, has]) => (has ? [name] : []))
  found.must(
    rights.length === 0,
    'the role of the application has no further rights',
    rights.join(', ') || APP_ROLE,
    `alter role ${APP_ROLE} nosuperuser nologin nocreaterole nobypassrls, and revoke its memberships.`,
  )
  const state = await pool.query<{ fsync: string; local: boolean; ssl: boolean; superuser: boolean }>(
    `select current_setting('fsync') as fsync, coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as ssl,
       inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1' as local,
       (select rolsuper from pg_roles where rolname = session_user) as superuser`,
  )
  const row = state.rows[0]
  found.must(row?.fsync === 'on', 'what is committed is on disk', `fsync ${row?.fsync ?? 'unknown'}`, 'Switch fsync on.')
  found.must(
    row?.local === true || row?.ssl === true,
    'the way to the database is private',
    row?.local ? 'on this machine' : row?.ssl ? 'TLS' : 'over the network without TLS',
    'Add sslmode=verify-full to DATABASE_URL.',
  )
  found.should(
    row?.superuser === false || row?.local === true,
    'the login of the database is no superuser',
    row?.superuser ? 'superuser' : 'no superuser',
    'Let Stoa log in as a role that owns its database and nothing else.',
  )
}
