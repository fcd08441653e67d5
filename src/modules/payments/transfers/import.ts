import { createHash } from 'node:crypto'
import { Problem } from '../../../kernel/problem.ts'
import { addYears } from '../../../kernel/time.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import type { StatementHead } from '../../iso20022/index.ts'
import { createPerson, destroyPerson, eraseDocument, openDocument, putDocument, removeFiles } from '../../people/index.ts'
import { closeItem, openItem } from '../items.ts'
import { fetchForStatement } from '../reconcile/settlements.ts'
import { type Treasury, within } from '../treasury.ts'
import { bookParts, importer } from './book.ts'
import { gapsOf } from './chain.ts'
import { type Checked, checkFile, type Source, type Taker, walkFile } from './read.ts'
import * as store from './store.ts'

/** The job that books statements which were sent to the page. */
export const IMPORT_JOB = 'payments:statement'

/** A statement of a file, and whether it had been imported before. */
export type Imported = { readonly id: string; readonly entries: number; readonly again: boolean }

/**
 * Imports a file of statements: checks all of it first, then books it in batches, each in a transaction of its own, so that an import that broke
 * off goes on where it stopped when the same file comes again. A statement that is there already books nothing. Throws 422 for a file with a
 * fault, of another account or currency, or with a known statement of other content.
 */
export async function importFile(
  treasury: Treasury,
  actor: Actor,
  source: Source,
  onProgress: (done: number, of: number) => void = () => undefined,
): Promise<Imported[]> {
  mayImport(treasury, actor)
  const checked = await checkFile(source, treasury.schemas)
  const found = await register(treasury, actor, checked, null)
  await bookFile(treasury, source, checked, onProgress)
  return found
}

/** The same for a file that was sent to a page: it is checked now, kept sealed, and booked by a job. */
export async function acceptFile(treasury: Treasury, actor: Actor, bytes: Uint8Array): Promise<Imported[]> {
  mayImport(treasury, actor)
  const checked = await checkFile(sourceOf(bytes), treasury.schemas)
  return register(treasury, actor, checked, bytes)
}

function mayImport({ rules }: Treasury, actor: Actor): void {
  allow(actor, actor.kind === 'system' ? 'money.system' : 'money.work', { agency: rules.treasury })
}

/** Bytes that are there as a file that can be read several times. */
export function sourceOf(bytes: Uint8Array): Source {
  return {
    bytes: () => Promise.resolve(bytes),
    async *chunks() {
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    },
  }
}

/** Writes down the statements of a checked file, all or none; one with bytes waits for the job. */
async function register(treasury: Treasury, actor: Actor, checked: readonly Checked[], bytes: Uint8Array | null): Promise<Imported[]> {
  for (const { head } of checked) mustBeOurs(treasury, head)
  return transact(treasury.platform, async (tx) => {
    const done: Imported[] = []
    for (const each of checked) {
      const named = nameOf(each.head)
      const known = await store.statementByName(tx.db, named)
      if (known && !known.digest.equals(each.digest)) throw otherContent()
      const row = known ?? rowOf(within(treasury, tx), actor, each, await createPerson(tx))
      // somebody else brings the same file at this moment: theirs is booked
      if (!known && !(await store.insertStatement(tx.db, row)))
        throw new Problem('payments.statement-twice', 409, 'Somebody else imports this statement now.')
      if (!known)
        await record(tx, actor, {
          type: 'payments.statement.imported',
          stream: row.id,
          data: { currency: row.currency, entries: row.entries },
        })
      done.push({ id: row.id, entries: row.entries, again: known?.state === 'done' })
    }
    const waiting = done.find((each) => !each.again)
    if (bytes !== null && waiting) await keepFile({ ...treasury, platform: tx }, waiting.id, bytes)
    return done
  })
}

const otherContent = (): Problem =>
  new Problem('payments.statement-differs', 422, 'A statement with this number is there already, and says something else.')

/** Seals the file with its first statement that is not booked yet, until the job has booked it. */
async function keepFile({ platform: tx }: Treasury, id: string, bytes: Uint8Array): Promise<void> {
  const statement = await store.statementById(tx.db, id, true)
  if (!statement || statement.document_id !== null) return
  const document = await putDocument(tx, statement.person_id, { name: 'statement.xml', mediaType: 'application/xml', bytes })
  await store.changeStatement(tx.db, id, { document_id: document })
  await enqueue(tx, IMPORT_JOB, { statement: id }, { key: `${IMPORT_JOB}:${id}` })
}

function mustBeOurs({ rules, platform }: Treasury, head: StatementHead): void {
  if (head.account.iban !== rules.creditor.iban)
    throw new Problem('payments.statement-account', 422, 'This is a statement of another account.')
  const { currency } = platform.city
  if (head.currency !== currency)
    throw new Problem('payments.statement-currency', 422, 'This is a statement in another currency.', {
      currency: head.currency,
      expected: currency,
    })
}

function nameOf(head: StatementHead): store.StatementName {
  return { account: head.account.iban ?? '', currency: head.currency, statement_id: head.id, page: head.page?.number ?? 1 }
}

function rowOf({ platform: tx }: Treasury, actor: Actor, { head, entries, digest }: Checked, person: string): store.Statement {
  return {
    id: tx.newId(),
    ...nameOf(head),
    digest,
    sequence: head.sequence ?? null,
    opening: head.opening.amount,
    opening_day: head.opening.day,
    closing: head.closing.amount,
    closing_day: head.closing.day,
    entries,
    done: 0,
    state: 'waiting',
    person_id: person,
    document_id: null,
    imported_by: actor.accountId,
    imported_at: tx.now(),
    finished_at: null,
    erased_at: null,
  }
}

/** Books what is not booked yet of a file whose statements are written down. */
async function bookFile(
  treasury: Treasury,
  source: Source,
  checked: readonly Checked[],
  onProgress: (done: number, of: number) => void = () => undefined,
): Promise<void> {
  const [first] = checked
  if (!first) return
  const days = checked.flatMap(({ head }) => [head.opening.day, head.closing.day]).toSorted()
  await fetchForStatement(treasury, days[0] ?? first.head.opening.day, days.at(-1) ?? first.head.closing.day)
  const total = checked.reduce((sum, each) => sum + each.entries, 0)
  let before = 0
  let current: store.Statement | null = null
  const taker: Taker = {
    async begin(head) {
      current = await store.statementByName(treasury.platform.db, nameOf(head))
      return current?.done ?? 0
    },
    async take(parts, upTo) {
      if (current === null) return
      await takeBatch(treasury, current.id, parts, upTo)
      onProgress(before + upTo, total)
    },
    async end() {
      if (current === null) return
      before += current.entries
      await finish(treasury, current.id)
    },
  }
  await walkFile(source, taker)
}

/** Books a batch under the lock of its statement: whoever imports the same file at this moment has booked it, or waits. */
async function takeBatch(treasury: Treasury, id: string, parts: Parameters<Taker['take']>[0], upTo: number): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const statement = await store.statementById(tx.db, id, true)
    const left = statement ? parts.filter(({ part }) => part.no > statement.done) : []
    if (!statement || statement.done >= upTo) return
    if (left.length > 0) await bookParts(within(treasury, tx), statement, left)
    await store.changeStatement(tx.db, id, { done: upTo })
  })
}

/** Ends an import and looks whether the statements of the account follow one another. */
async function finish(treasury: Treasury, id: string): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const statement = await store.statementById(tx.db, id, true)
    if (!statement || statement.state === 'done' || statement.done < statement.entries) return
    await store.changeStatement(tx.db, id, { state: 'done', finished_at: tx.now() })
    await record(tx, importer, { type: 'payments.statement.finished', stream: id, data: { entries: statement.entries } })
    await lookForGaps(within(treasury, tx), statement)
  })
}

/** Statements that are looked at for gaps. */
const CHAIN = 400

async function lookForGaps(treasury: Treasury, { account, currency }: store.Statement): Promise<void> {
  const tx = treasury.platform
  const chain = await store.chainOf(tx.db, account, currency, CHAIN)
  const gaps = gapsOf(chain)
  for (const gap of gaps) {
    const { at, ...story } = gap
    await openItem(tx, importer, {
      key: `statement_gap:${at}`,
      kind: 'statement_gap',
      agency: treasury.rules.treasury,
      currency,
      story: { statement: at, ...story },
    })
  }
  const open = new Set(gaps.map((gap) => gap.at))
  for (const { id } of chain) if (!open.has(id)) await closeItem(tx, importer, `statement_gap:${id}`, 'agreed')
}

/** Books the file that waits with a statement and lets go of it; the job's work, which may be done again. */
export async function bookWaiting(treasury: Treasury, id: string): Promise<void> {
  const { platform } = treasury
  const document = (await store.statementById(platform.db, id))?.document_id ?? null
  if (document === null) return
  const { bytes } = await openDocument(platform, importer, document, { purpose: 'payments.import', legalBasis: 'gdpr.6.1.e' })
  const source = sourceOf(bytes)
  await bookFile(treasury, source, await checkFile(source, undefined))
  const files = await transact(platform, async (tx) => {
    await store.changeStatement(tx.db, id, { document_id: null })
    return eraseDocument(tx, document)
  })
  await removeFiles(platform, files)
}

/** Destroys the key of what old statements tell of persons; amounts, days and what they paid stay in the books. */
export async function forgetOldStatements(treasury: Treasury): Promise<void> {
  const { platform, rules } = treasury
  const before = addYears(today(platform), -rules.statements.keep_years)
  for (
    let due = await store.statementsBefore(platform.db, before, 50);
    due.length > 0;
    due = await store.statementsBefore(platform.db, before, 50)
  )
    for (const statement of due) {
      const files = await transact(platform, async (tx) => {
        const gone = await destroyPerson(tx, importer, statement.person_id, 'kept-long-enough')
        await store.changeStatement(tx.db, statement.id, { erased_at: tx.now() })
        await record(tx, importer, { type: 'payments.statement.erased', stream: statement.id })
        return gone
      })
      await removeFiles(platform, files)
    }
}

/** The fingerprint of a file that was refused, for naming the work item about it. */
export function fingerprint(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
