import { Problem } from '../../kernel/problem.ts'
import { transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { evaluateGuard, type FeeTurn, type Service } from '../servicefile/index.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { type Case, type FeeState, transitionsFrom } from './case.ts'
import { feeCancelled, type FeeLine, owedOf } from './fee.ts'
import { type House, type OpenedCase, openCaseAnswers, serviceOf, within } from './house.ts'
import { reinstateLetters, suspendLetters } from './letters/suspend.ts'
import { caseContext, rulesAfter, take, tell } from './steps.ts'
import * as store from './store.ts'

/** What a module above tells of a case's fee; `due`: more is asked for than was paid; `cancelled`: nothing is asked for any more. */
export type FeeNews = 'paid' | 'reversed' | 'overdue' | 'refunded' | 'cancelled' | 'due'

/**
 * What it tells with it: `key` is its own name for this piece of news, and the same key never counts twice; `dueOn` is the
 * last day to pay what is due. Minor units.
 */
export type FeeNewsFacts = { readonly key: string; readonly amount: bigint; readonly currency: string; readonly dueOn?: PlainDate }

/** From which standing a piece of news makes another; from any other it changes nothing. */
const FROM: Readonly<Record<FeeNews, readonly FeeState[]>> = {
  paid: ['recorded', 'due', 'overdue', 'reversed'],
  reversed: ['paid'],
  overdue: ['due', 'reversed'],
  refunded: ['paid'],
  cancelled: ['recorded', 'due', 'overdue', 'reversed'],
  due: ['paid'],
}

const TURNS: Readonly<Record<FeeNews, FeeTurn | null>> = {
  paid: 'fee_paid',
  reversed: 'fee_reversed',
  overdue: 'fee_overdue',
  refunded: null,
  // whoever waits for a fee that is not owed any more need not wait
  cancelled: 'fee_paid',
  due: null,
}

/**
 * Takes in what became of a case's fee: its standing, what was issued (suspended, valid again), and the step of the
 * system that the service file gives for it, when its guard holds. The same key again changes nothing, nor does news
 * that the standing has overtaken; returns whether anything changed. A case that moved on or was erased is no fault.
 * Call it outside of a transaction: guards read answers, which are opened apart.
 */
export async function feeHappened(house: House, actor: Actor, caseId: string, what: FeeNews, facts: FeeNewsFacts): Promise<boolean> {
  allow(actor, 'money.system', { id: caseId })
  const before = await store.caseById(house.platform.db, caseId)
  if (!before || before.fee_state === null) return false
  const service = await serviceOf(house, before)
  const steps = service.workflow.transitions.some((each) => each.on !== undefined && each.on === TURNS[what])
  const opened = steps ? await openedOrErased(house, actor, before) : null
  return takeIn(house, actor, { caseId, service, opened }, what, facts)
}

async function takeIn(
  house: House,
  actor: Actor,
  { caseId, service, opened }: { caseId: string; service: Service; opened: OpenedCase | null },
  what: FeeNews,
  facts: FeeNewsFacts,
): Promise<boolean> {
  return transact(house.platform, async (tx) => {
    const inside = within(house, tx)
    const current = await store.caseById(tx.db, caseId, true)
    if (!current || current.fee_state === null) return false
    const told = await store.insertFeeFact(tx.db, { case_id: caseId, key: facts.key, what, told_at: tx.now() })
    if (!told || !FROM[what].includes(current.fee_state)) return false
    const dueOn = what === 'due' ? facts.dueOn : undefined
    const after = await store.updateCase(tx.db, caseId, { fee_state: what, ...(dueOn ? { fee_due_on: dueOn } : {}) })
    const line = lineOf(current, what, facts)
    await tell(tx, actor, current, line.type, line.data)
    if (what === 'reversed' && service.definition.fee?.on_reversal === 'suspend') await suspendLetters(inside, actor, after, service)
    if (what === 'paid' || what === 'cancelled') await reinstateLetters(inside, actor, after)
    const turn = TURNS[what]
    if (opened && turn) await takeTurn(inside, actor, { ...opened, current: after }, turn)
    return true
  })
}

function lineOf(current: Case, what: FeeNews, { key, amount, currency, dueOn }: FeeNewsFacts): FeeLine {
  if (what === 'cancelled') return feeCancelled(owedOf(current) ?? { amount, currency }, 'bill').line
  const data = { amount: amount.toString(), currency, key }
  if (what === 'due') return { type: 'cases.fee.owed_again', data: { ...data, ...(dueOn ? { due_on: dueOn } : {}) } }
  return { type: `cases.fee.${what}`, data }
}

async function openedOrErased(house: House, actor: Actor, current: Case): Promise<OpenedCase | null> {
  try {
    return await openCaseAnswers(house, actor, current, 'case.fee')
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

async function takeTurn(house: House, actor: Actor, opened: OpenedCase, turn: FeeTurn): Promise<void> {
  const { current, service } = opened
  if (current.closed_at !== null && !isFinal(service, current)) return
  const context = await caseContext(house, current)
  const step = transitionsFrom(service.workflow, current.state, 'system').find(
    (each) => each.on === turn && evaluateGuard(service, each.id, opened.evaluation, context) === true,
  )
  if (step) await take(house, rulesAfter(actor), opened, step, null)
}

/** Whether a closed case ended by its workflow; one that was withdrawn stands where it stood. */
function isFinal(service: Service, current: Case): boolean {
  return service.workflow.states.some((each) => each.id === current.state && each.final)
}
