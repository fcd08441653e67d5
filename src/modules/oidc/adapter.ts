import type { Adapter, AdapterPayload } from 'oidc-provider'
import { Problem } from '../../kernel/problem.ts'
import { isUuid } from '../../kernel/id.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ItemRow } from './store.ts'
import * as store from './store.ts'

/** What the adapter works with; asked for at each call. */
export type AdapterParts = {
  /** The pool, or the transaction that the caller is in. */
  readonly platform: () => Platform
  /** The session of an account under which the request came; null outside of one. */
  readonly holder: () => string | null
  /** Whether a session of an account is still good. */
  readonly isGood: (holder: string) => Promise<boolean>
  /** How a registered application is described to the library; undefined when there is none or it is disabled. */
  readonly client: (id: string) => Promise<AdapterPayload | undefined>
  /** What is thrown for something that was used already. */
  readonly used: (model: string) => Error
}

/** Keeps what the library makes in PostgreSQL: found by keyed hash, its content wrapped, gone when it has expired. */
export function adapterOf(parts: AdapterParts): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clientAdapter(parts) : itemAdapter(parts, model))
}

function itemAdapter(parts: AdapterParts, model: string): Adapter {
  const hash = (id: string): Buffer => itemKey(parts.platform(), model, id)
  const read = (row: ItemRow | null): AdapterPayload | undefined => (row ? unwrapItem(parts.platform(), row) : undefined)
  return {
    async upsert(id, payload, expiresIn) {
      const platform = parts.platform()
      const now = platform.now()
      const key = hash(id)
      const { version, wrapped } = platform.keys.wrap(
        Buffer.from(JSON.stringify(payload)),
        store.itemContext(`${model}/${key.toString('hex')}`),
      )
      await store.putItem(platform.db, {
        model,
        id: key,
        wrapped_payload: wrapped,
        key_version: version,
        // a grant stands under itself, so that it goes with all that was made under it
        grant_id: model === 'Grant' ? id : (payload.grantId ?? null),
        uid: model === 'Session' ? (payload.uid ?? null) : null,
        account_id: payload.accountId !== undefined && isUuid(payload.accountId) ? payload.accountId : null,
        client_id: payload.clientId ?? null,
        holder: model === 'Session' ? parts.holder() : null,
        expires_at: new Date(now.getTime() + (expiresIn ?? 60) * 1000),
        consumed_at: null,
      })
    },
    find: async (id) => read(await store.itemById(parts.platform().db, model, hash(id), parts.platform().now())),
    async findByUid(uid) {
      const row = await store.itemByUid(parts.platform().db, model, uid, parts.platform().now())
      // what lasts as long as a session ends with it, at once
      if (row?.model === 'Session' && !(row.holder && (await parts.isGood(row.holder)))) return undefined
      return read(row)
    },
    findByUserCode: async () => undefined,
    async consume(id) {
      const { db, now } = parts.platform()
      if (!(await store.consumeItem(db, model, hash(id), now()))) throw parts.used(model)
    },
    destroy: (id) => store.deleteItem(parts.platform().db, model, hash(id)),
    revokeByGrantId: (grantId) => store.deleteUnderGrant(parts.platform().db, grantId, model),
  }
}

/** The keyed hash by which an item is found. */
export function itemKey(platform: Platform, model: string, id: string): Buffer {
  return platform.keys.token(`oidc:${model}:${id}`)
}

/** What an item holds, with the second at which it was used. */
export function unwrapItem(platform: Platform, row: ItemRow): AdapterPayload {
  const bytes = platform.keys.unwrap(row.key_version, row.wrapped_payload, store.itemContext(`${row.model}/${row.id.toString('hex')}`))
  const payload: AdapterPayload = JSON.parse(bytes.toString())
  return row.consumed_at ? { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) } : payload
}

/** Applications are registered by administrators only; the library reads them and nothing else. */
function clientAdapter(parts: AdapterParts): Adapter {
  const refuse = async (): Promise<never> => {
    throw new Problem('oidc.registered-elsewhere', 500, 'Applications are registered by administrators.')
  }
  return {
    find: (id) => parts.client(id),
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  }
}
