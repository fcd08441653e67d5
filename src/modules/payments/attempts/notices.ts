import { isUuid } from '../../../kernel/id.ts'
import type { Notice } from '../providers/port.ts'
import { settleRefundsOf } from '../refunds/settle.ts'
import type { Treasury } from '../treasury.ts'
import type { Attempt } from './attempt.ts'
import { askAbout, attemptKey } from './settle.ts'
import * as store from './store.ts'

/** After this long the polling has found out whatever a notice was about. */
const STALE_MS = 3 * 24 * 3_600_000
/** So long a notice is kept after it was handled. */
const KEPT_MS = 90 * 24 * 3_600_000
const BATCH = 500

/** Keeps notices, each event once, and gives those that are not handled yet; committed when it returns. */
export async function keep(treasury: Treasury, provider: string, notices: readonly Notice[]): Promise<store.KeptNotice[]> {
  const { platform } = treasury
  const rows = notices.map(({ event, attempt, payment, refund }) => ({ provider, event, attempt, payment, refund }))
  await store.keepNotices(platform.db, rows.map((row) => ({ ...row, received_at: platform.now(), handled_at: null }))) // prettier-ignore
  return store.unhandled(platform.db, provider, rows.map((row) => row.event)) // prettier-ignore
}

/** Handles notices: asks the provider about what they name. One that could not be answered waits for the next time. */
export async function handleNotices(treasury: Treasury, notices: readonly store.KeptNotice[]): Promise<void> {
  const { platform } = treasury
  for (const notice of notices)
    try {
      if (await handle(treasury, notice)) await store.noteHandled(platform.db, notice.provider, notice.event, platform.now())
    } catch (error) {
      // it waits, and holds up no other
      const name = error instanceof Error ? error.name : 'error'
      platform.log.error({ part: 'payments', err: { name } }, 'a notice of a provider could not be handled')
    }
}

/** Handles what waits, such as after a restart or while the provider did not answer. */
export async function handleWaiting(treasury: Treasury): Promise<void> {
  const { platform } = treasury
  const notices = await store.waitingNotices(platform.db, BATCH)
  for (const notice of notices) {
    const stale = platform.now().getTime() - notice.received_at.getTime() >= STALE_MS
    if (stale) await store.noteHandled(platform.db, notice.provider, notice.event, platform.now())
    else await handleNotices(treasury, [notice])
  }
}

/** Forgets the notices that were handled long ago: their signatures are too old to be taken again. */
export async function forgetNotices({ platform }: Treasury): Promise<void> {
  await store.removeNotices(platform.db, new Date(platform.now().getTime() - KEPT_MS))
}

async function handle(treasury: Treasury, notice: store.KeptNotice): Promise<boolean> {
  const attempt = await attemptOf(treasury, notice)
  if (attempt === null) return true // not one of ours: noted, and nothing follows
  const { answered } = await askAbout(treasury, attempt.id)
  return notice.refund === null ? answered : (await settleRefundsOf(treasury, attemptKey(attempt.id))) && answered
}

async function attemptOf({ platform }: Treasury, notice: store.KeptNotice): Promise<Attempt | null> {
  if (notice.attempt !== null && isUuid(notice.attempt)) return store.attemptById(platform.db, notice.attempt)
  return notice.payment === null ? null : store.attemptByPayment(platform.db, notice.provider, notice.payment)
}
