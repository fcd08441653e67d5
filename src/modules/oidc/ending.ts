import type { Job } from '../../platform/jobs.ts'
import type { Platform } from '../../platform/platform.ts'
import { goodSessions } from '../identity/index.ts'
import { unwrapItem } from './adapter.ts'
import type { Providers } from './parts.ts'
import type { ItemRow } from './store.ts'
import * as store from './store.ts'

/** How many sessions are looked at together. */
const BATCH = 1_000

/** An application that can be told; the library's own types leave this out. */
type Told = { backchannelLogoutUri?: string; backchannelLogout?: (accountId: string, sid: string) => Promise<unknown> }

/**
 * Ends the provider's sessions whose session of Stoa is over, and tells the applications in which the person was signed
 * in by them (OpenID Connect Back-Channel Logout 1.0). An application that does not answer is not asked again: its
 * tokens are worth nothing either way.
 */
async function endSessions(platform: Platform, providers: Providers): Promise<void> {
  for (let after: Buffer | null = null; ;) {
    const rows: ItemRow[] = await store.liveSessions(platform.db, platform.now(), after, BATCH)
    const good = await goodSessions(
      platform,
      rows.flatMap((row) => row.holder ?? []),
    )
    const over = rows.filter((row) => row.holder === null || !good.has(row.holder))
    for (const row of over) await endSession(platform, providers, row)
    after = rows.at(-1)?.id ?? null
    if (rows.length < BATCH) return
  }
}

async function endSession(platform: Platform, providers: Providers, row: ItemRow): Promise<void> {
  const { accountId, authorizations } = unwrapItem(platform, row)
  await store.deleteItem(platform.db, row.model, row.id)
  for (const [clientId, { sid }] of Object.entries(authorizations ?? {})) {
    const { provider } = await providers.current()
    const client: Told | undefined = await provider.Client.find(clientId)
    if (!client?.backchannelLogoutUri || accountId === undefined) continue
    await client.backchannelLogout?.(accountId, sid ?? '').catch(() => {
      platform.log.warn({ part: 'oidc', client: clientId }, 'an application did not take in a sign-out')
    })
  }
}

/** The job that ends sessions, each minute. */
export function endSessionsJob(providers: Providers): Job {
  return {
    name: 'oidc:end_sessions',
    cron: '* * * * *',
    run: (platform) => endSessions(platform, providers),
  }
}
