import { addWorkingDays, dayIn, type PlainDate } from '../../kernel/time.ts'
import type { Job } from '../../platform/jobs.ts'
import { today, transact } from '../../platform/platform.ts'
import { type Actor, systemActor } from '../access/index.ts'
import { evaluateGuard, type Service, type Transition } from '../servicefile/index.ts'
import { type Case, transitionsFrom, warningDay } from './case.ts'
import { getCase, type House, type OpenedCase, openCaseAnswers, serviceOf, within } from './house.ts'
import { caseContext, take, tell } from './steps.ts'
import * as store from './store.ts'
import { addEntry } from './entries.ts'

const BATCH = 200
const timers = systemActor('timers')

/** The job that does what days bring: steps of the system, warnings, deadlines that pass. */
export function timersJob(house: House): Job {
  return {
    name: 'cases:timers',
    cron: '*/5 * * * *',
    run: (platform) => runTimers({ ...house, platform }),
  }
}

/** Does everything that is due today; doing it again changes nothing. A case that fails does not keep others waiting. */
export async function runTimers(house: House): Promise<void> {
  await eachDue(house, 'timer', (id) => takeTimer(house, id))
  await eachDue(house, 'warn', (id) => warn(house, timers, id))
  await eachDue(house, 'overdue', (id) => noteOverdue(house, id))
}

async function eachDue(house: House, what: 'warn' | 'overdue' | 'timer', work: (id: string) => Promise<void>): Promise<void> {
  const { platform } = house
  const seen = new Set<string>()
  for (;;) {
    const ids = await store.casesDue(platform.db, what, today(platform), BATCH)
    const fresh = ids.filter((id) => !seen.has(id))
    for (const id of fresh) {
      seen.add(id)
      await work(id).catch((error: unknown) => platform.log.error({ err: error, case: id, timer: what }, 'a timer of a case failed'))
    }
    // what is still due after its turn waits for the next run
    if (ids.length < BATCH || fresh.length === 0) return
  }
}

function stands(current: Case): boolean {
  return current.closed_at !== null || current.paused_since !== null
}

/** Warns of a deadline that comes near; a deadline that was moved is warned of on its new day. */
export async function warn(house: House, actor: Actor, id: string): Promise<void> {
  await transact(house.platform, async (tx) => {
    const current = await getCase(tx, id, true)
    const day = today(tx)
    const service = await serviceOf(within(house, tx), current)
    if (stands(current) || current.warned || current.warn_on === null || current.warn_on > day || current.deadline === null) return
    const days = service.definition.deadline?.warn_days ?? 0
    const due = current.deadline > day ? warningDay(current.deadline, days, day, tx.city.calendar) : day
    if (due > day) {
      await store.markCase(tx.db, id, { warn_on: due })
      return
    }
    await store.markCase(tx.db, id, { warned: true })
    await tell(tx, actor, current, 'cases.case.warned', { deadline: current.deadline })
  })
}

async function noteOverdue(house: House, id: string): Promise<void> {
  const before = await getCase(house.platform, id)
  const service = await serviceOf(house, before)
  const silence = service.definition.deadline?.silence ?? 'escalate'
  const approval = silence === 'deemed_approved' ? approvalFrom(service, before.state) : null
  const opened = approval && !stands(before) ? await openCaseAnswers(house, timers, before, 'case.timer') : null
  await noteOverdueOpened(house, timers, id, service, opened)
}

/**
 * Notes that a deadline has passed, and does what silence means: approval, or the supervisors' attention. Without the
 * opened case nothing is approved.
 */
export async function noteOverdueOpened(
  house: House,
  actor: Actor,
  id: string,
  service: Service,
  opened: OpenedCase | null,
): Promise<void> {
  const silence = service.definition.deadline?.silence ?? 'escalate'
  await transact(house.platform, async (tx) => {
    const inside = within(house, tx)
    const current = await getCase(tx, id, true)
    if (stands(current) || current.overdue_noted || current.deadline === null || current.deadline >= today(tx)) return
    await store.markCase(tx.db, id, { overdue_noted: true })
    await tell(tx, actor, current, 'cases.case.overdue', { deadline: current.deadline, silence })
    const transition = opened && silence === 'deemed_approved' ? approvalFrom(service, current.state) : null
    if (!opened || !transition) return
    const t = house.messages.translator(current.language)
    const reason = await addEntry(inside, current, 'reason', null, t('cases.reason.deemed_approved'))
    await take(inside, actor, { ...opened, current }, transition, reason)
  })
}

function approvalFrom(service: Service, state: string): Transition | null {
  const granting = service.workflow.transitions.filter((each) => each.outcome === 'granted')
  return granting.find((each) => each.from.includes(state)) ?? granting[0] ?? null
}

/** Takes the step whose time has come; when its guard does not hold yet, looks again on the next working day. */
async function takeTimer(house: House, id: string): Promise<void> {
  const opened = await openCaseAnswers(house, timers, await getCase(house.platform, id), 'case.timer')
  await transact(house.platform, async (tx) => {
    const inside = within(house, tx)
    const current = await getCase(tx, id, true)
    const day = today(tx)
    if (current.closed_at !== null || current.information_since !== null || current.timer_on === null || current.timer_on > day) return
    const now: OpenedCase = { ...opened, current }
    const steps = timedSteps(inside, now)
    const context = await caseContext(inside, current)
    const due = steps.find((each) => each.on <= day && evaluateGuard(now.service, each.transition.id, now.evaluation, context) === true)
    if (due) {
      await take(inside, timers, now, due.transition, null)
      return
    }
    const later = steps.filter((each) => each.on > day).map((each) => each.on)
    const again = steps.some((each) => each.on <= day) ? [addWorkingDays(day, 1, tx.city.calendar)] : []
    await store.markCase(tx.db, id, { timer_on: [...later, ...again].toSorted()[0] ?? null })
  })
}

function timedSteps(house: House, { current, service }: OpenedCase): Array<{ transition: Transition; on: PlainDate }> {
  const { timeZone, calendar } = house.platform.city
  const since = dayIn(timeZone, current.state_since)
  const timed = transitionsFrom(service.workflow, current.state, 'system').flatMap((transition) =>
    transition.after ? [{ transition, on: addWorkingDays(since, transition.after.working_days, calendar) }] : [],
  )
  return timed.toSorted((a, b) => a.on.localeCompare(b.on))
}
