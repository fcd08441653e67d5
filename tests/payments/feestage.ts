import { type Bill, getBill } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import { type Paying, payHosted } from '../support/bank.ts'
import { type Answer, formBody, send } from '../support/client.ts'

/** What tests of fees ask of the program and send to it; `paying` is asked for only when something is used. */
export function feeStage(paying: () => Paying) {
  const get = (path: string, cookie = ''): Promise<Answer> =>
    send(paying().test.url, { path, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } })
  const call = (ask: Parameters<typeof send>[1]): Promise<Answer> => send(paying().test.url, ask)
  const post = (path: string, cookie = '', fields: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...(cookie ? { cookie } : {}) }
    return send(paying().test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  const billsOf = async (caseId: string): Promise<Bill[]> => {
    const rows = await query<{ id: string }>(paying().treasury.platform.db, 'select id from payments.bill where source_id = $1', [caseId])
    return Promise.all(rows.map((row) => getBill(paying().treasury.platform, row.id)))
  }
  const mailed = (subject: RegExp): string[] =>
    paying()
      .test.mails.filter((mail) => subject.test(mail.subject))
      .map((mail) => mail.text)
  /** Pays a bill at the bank as whoever shows its code; the browser is closed before it comes back. */
  const payAway = async (bill: Bill): Promise<void> => {
    const { url } = await paying().page([bill.id])
    await payHosted(url)
    await paying().pass(1_000)
    await paying().test.settle()
  }
  const own = ({ id }: { id: string }): unknown => (id === 'email' ? 'noa.placeholder@example.org' : undefined)
  /** Whoever earns with an event pays for its permit. */
  const earning = (question: { id: string }): unknown => (question.id === 'organiser_kind' ? 'business' : own(question))

  return { billsOf, call, earning, get, mailed, own, payAway, post }
}
