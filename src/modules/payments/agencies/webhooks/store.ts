import { type Selectable, sql } from 'kysely'
import { type Db, tablesOf } from '../../../../platform/db.ts'
import { wrappedColumn } from '../../../../platform/keysrotate.ts'
import type { HookEvent } from '../client.ts'

type HookTable = {
  id: string
  client_id: string
  url: string
  events: HookEvent[]
  state: 'active' | 'paused'
  failing_since: Date | null
  made_at: Date
}
type SecretTable = { id: string; hook_id: string; key_version: number; wrapped_secret: Buffer; made_at: Date; ends_at: Date | null }
type DeliveryTable = {
  id: string
  hook_id: string
  event: string
  type: HookEvent
  bill_id: string
  body: string
  state: 'waiting' | 'delivered' | 'failed'
  tries: number
  next_at: Date | null
  last_status: number | null
  last_fault: string | null
  made_at: Date
  ended_at: Date | null
}
type Tables = { 'payments.hook': HookTable; 'payments.hook_secret': SecretTable; 'payments.delivery': DeliveryTable }

/** Where a client wants to be told. */
export type Hook = Selectable<HookTable>
/** One message, with how its tries went. */
export type Delivery = Selectable<DeliveryTable>

const tables = (db: Db) => tablesOf<Tables>(db)

/** What a secret is wrapped with. */
export const secretContext = (id: string): string => `money-hook/${id}`

/** The secrets that deliveries are signed with, as the deployment's keys wrap them. */
export const wrappedSecrets = wrappedColumn({ table: 'payments.hook_secret', id: 'id', wrapped: 'wrapped_secret', context: secretContext })

export async function hookOfClient(db: Db, clientId: string): Promise<Hook | null> {
  return (await tables(db).selectFrom('payments.hook').selectAll().where('client_id', '=', clientId).executeTakeFirst()) ?? null
}

export async function hookById(db: Db, id: string): Promise<(Hook & { agency: string; ended: boolean }) | null> {
  const found = await sql<Hook & { agency: string; ended: boolean }>`
    select h.*, c.agency, c.state = 'ended' as ended from payments.hook h join payments.client c on c.id = h.client_id
    where h.id = ${id}::uuid`.execute(db)
  return found.rows[0] ?? null
}

export async function insertHook(db: Db, hook: Hook): Promise<void> {
  await tables(db).insertInto('payments.hook').values(hook).execute()
}

export async function changeHook(
  db: Db,
  id: string,
  change: Partial<Pick<Hook, 'url' | 'events' | 'state' | 'failing_since'>>,
): Promise<void> {
  await tables(db).updateTable('payments.hook').set(change).where('id', '=', id).execute()
}

export async function deleteHook(db: Db, clientId: string): Promise<void> {
  await tables(db).deleteFrom('payments.hook').where('client_id', '=', clientId).execute()
}

/** Marks that deliveries fail from now on, if they did not before; returns since when. */
export async function markFailing(db: Db, id: string, at: Date): Promise<Date> {
  const row = await tables(db)
    .updateTable('payments.hook')
    .set({ failing_since: sql<Date>`coalesce(failing_since, ${at}::timestamptz)` })
    .where('id', '=', id)
    .returning('failing_since')
    .executeTakeFirst()
  return row?.failing_since ?? at
}

export async function insertSecret(db: Db, secret: SecretTable): Promise<void> {
  await tables(db).insertInto('payments.hook_secret').values(secret).execute()
}

/** Lets the secrets there are end, those that end sooner as they would. */
export async function endSecrets(db: Db, hookId: string, at: Date): Promise<void> {
  await tables(db)
    .updateTable('payments.hook_secret')
    .set({ ends_at: sql<Date>`least(ends_at, ${at}::timestamptz)` })
    .where('hook_id', '=', hookId)
    .execute()
}

/** The secrets that sign now, the newest first. */
export async function secretsOf(db: Db, hookId: string, now: Date): Promise<SecretTable[]> {
  const found = tables(db).selectFrom('payments.hook_secret').selectAll().where('hook_id', '=', hookId)
  return found.where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', now)])).orderBy('made_at', 'desc').execute() // prettier-ignore
}

/** Who wants to be told of which bills: the client's number, its bill and its hook. */
export async function hooksOfBills(
  db: Db,
  bills: readonly string[],
): Promise<Array<{ bill_id: string; number: string; hook_id: string; events: HookEvent[]; state: Hook['state'] }>> {
  const found = await sql<{ bill_id: string; number: string; hook_id: string; events: HookEvent[]; state: Hook['state'] }>`
    select c.bill_id, c.number, h.id as hook_id, h.events, h.state from payments.client_bill c
    join payments.hook h on h.client_id = c.client_id join payments.client k on k.id = c.client_id and k.state = 'active'
    where c.bill_id = any(${[...bills]}::uuid[])`.execute(db)
  return found.rows
}

/** False when this line was told to this hook already. */
export async function insertDelivery(db: Db, delivery: Delivery): Promise<boolean> {
  const row = await tables(db)
    .insertInto('payments.delivery')
    .values(delivery)
    .onConflict((c) => c.columns(['hook_id', 'event', 'bill_id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Takes a delivery that is due, and keeps others from it until `until`; null when there is nothing to do. */
export async function takeDelivery(db: Db, id: string, now: Date, until: Date): Promise<Delivery | null> {
  const row = await tables(db)
    .updateTable('payments.delivery')
    .set((eb) => ({ tries: eb('tries', '+', 1), next_at: until }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

export async function changeDelivery(
  db: Db,
  id: string,
  change: Partial<Pick<Delivery, 'state' | 'next_at' | 'last_status' | 'last_fault' | 'ended_at'>>,
): Promise<void> {
  await tables(db).updateTable('payments.delivery').set(change).where('id', '=', id).execute()
}

/** Deliveries whose time has long come: whoever had them is gone. */
export async function lateDeliveries(db: Db, before: Date, limit: number): Promise<string[]> {
  const found = tables(db).selectFrom('payments.delivery').select('id').where('next_at', '<', before).where('state', '=', 'waiting')
  return (await found.orderBy('next_at').limit(limit).execute()).map((row) => row.id)
}

/** Stops the tries of a hook's messages; they wait. */
export async function holdDeliveries(db: Db, hookId: string): Promise<void> {
  await tables(db)
    .updateTable('payments.delivery')
    .set({ next_at: null })
    .where('hook_id', '=', hookId)
    .where('state', '=', 'waiting')
    .execute()
}

/** Lets messages that wait be tried from now on; returns which. */
export async function releaseDeliveries(db: Db, hookId: string, now: Date, limit: number): Promise<string[]> {
  const found = await sql<{ id: string }>`
    update payments.delivery set next_at = ${now} where id in (
      select id from payments.delivery where hook_id = ${hookId}::uuid and state = 'waiting' and next_at is null order by made_at limit ${limit})
    returning id`.execute(db)
  return found.rows.map((row) => row.id)
}

/** One delivery of a hook tried again from now on, whatever became of it; false when there is none. */
export async function retryDelivery(db: Db, hookId: string, id: string, now: Date): Promise<boolean> {
  const row = await tables(db)
    .updateTable('payments.delivery')
    .set({ state: 'waiting', next_at: now, made_at: now, ended_at: null })
    .where('id', '=', id)
    .where('hook_id', '=', hookId)
    .where('state', '<>', 'delivered')
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** The newest first. */
export async function deliveriesOf(db: Db, hookId: string, limit: number): Promise<Delivery[]> {
  const found = tables(db).selectFrom('payments.delivery').selectAll().where('hook_id', '=', hookId)
  return found.orderBy('made_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

export async function forgetDeliveries(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('payments.delivery').where('ended_at', '<', before).execute()
}
