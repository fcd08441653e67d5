import assert from 'node:assert/strict'
import { Webhook } from 'standardwebhooks'
import { query } from '../../src/platform/db.ts'
import { subjectBalance } from '../../src/modules/ledger/index.ts'
import { type Bill, getBill } from '../../src/modules/payments/index.ts'
import type { Paying } from '../support/bank.ts'
import { send } from '../support/client.ts'

/** What tests of attempts ask of the program and send to it; `paying` is asked for only when something is used. */
export function attemptStage(paying: () => Paying) {
  const now = (bill: Bill): Promise<Bill> => getBill(paying().treasury.platform, bill.id)
  const owed = (bill: Bill): Promise<bigint> => subjectBalance(paying().treasury.platform, 'receivable', bill.id)
  const rows = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(paying().treasury.platform.db, text, values)
  const paymentsOf = (attempt: string) =>
    rows<{ amount: bigint; unapplied: bigint; taken_back: bigint }>('select * from payments.payment where key = $1', [`attempt:${attempt}`])
  const items = async (attempt: string): Promise<string[]> =>
    (await rows<{ kind: string }>('select kind from payments.item where attempt_id = $1 order by kind', [attempt])).map((row) => row.kind)
  const stateOf = async (attempt: string): Promise<string> =>
    (await rows<{ state: string }>('select state from payments.attempt where id = $1', [attempt]))[0]?.state ?? 'none'

  /** Waits until webhooks have done their work. */
  const until = async (fits: () => Promise<boolean>, what: string): Promise<void> => {
    for (let turn = 0; turn < 100; turn += 1) {
      if (await fits()) return
      await new Promise((done) => setTimeout(done, 50))
    }
    assert.fail(what)
  }

  /** Sends a webhook with the bank's signature. */
  const hook = async (data: unknown, id: string, over: { secret?: string; at?: Date; type?: string } = {}): Promise<number> => {
    const at = over.at ?? paying().treasury.platform.now()
    const body = JSON.stringify({ type: over.type ?? 'payment.captured', timestamp: at.toISOString(), data })
    const signature = new Webhook(over.secret ?? paying().bank.webhookSecret).sign(id, at, body)
    const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)), 'webhook-signature': signature } // prettier-ignore
    return (await send(paying().test.url, { method: 'POST', path: '/pay/webhooks/harbourbank', headers, body })).status
  }

  return { hook, items, now, owed, paymentsOf, rows, stateOf, until }
}
