import { Problem } from '../../../kernel/problem.ts'
import { transact } from '../../../platform/platform.ts'
import * as store from '../store.ts'
import { type Board, within } from './board.ts'

/** What an act did: to which report, of which kind, and what is answered (ids and codes only), also when it comes again. */
export type Done<T> = { readonly report: string; readonly act: string; readonly answer: T }

/**
 * Does an act that came with an id of its own, once: when it comes again, also at the same moment, the first answer is
 * given again and nothing is done. Throws 409 when the id is somebody else's.
 */
export async function once<T>(
  board: Board,
  actId: string,
  accountId: string | null,
  work: (inside: Board) => Promise<Done<T>>,
): Promise<{ readonly answer: T; readonly repeated: boolean }> {
  return transact(board.platform, async (tx) => {
    await store.holdAct(tx.db, actId)
    const known = await store.actById(tx.db, actId)
    if (known) {
      if (known.account_id !== accountId) throw new Problem('reports.act-taken', 409, 'This act is another account’s.')
      return { answer: known.answer as T, repeated: true }
    }
    const { report, act, answer } = await work(within(board, tx))
    await store.insertAct(tx.db, { id: actId, report_id: report, account_id: accountId, act, answer, done_at: tx.now() })
    return { answer, repeated: false }
  })
}
