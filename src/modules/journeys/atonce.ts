import { invariant } from '../../kernel/invariant.ts'
import { addDays } from '../../kernel/time.ts'
import { record } from '../../platform/journal/journal.ts'
import { today } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { type Case, type House, openCase } from '../cases/index.ts'
import { createRecord, seal } from '../people/index.ts'
import type { Evaluation, Service } from '../servicefile/index.ts'
import { DRAFT_DAYS } from './service.ts'
import * as store from './store.ts'

/** A journey that is complete from the start: whose it is, how it came, and what follows from its answers. */
export type Complete = {
  readonly service: Service
  readonly version: string
  readonly evaluation: Evaluation
  readonly personId: string
  readonly accountId: string | null
  readonly language: string
  readonly channel: string
}

/** Begins and submits a journey in one go, in the caller's transaction; returns its case. */
export async function submitAtOnce(house: House, actor: Actor, complete: Complete): Promise<Case> {
  const tx = house.platform
  invariant(tx.inTransaction && complete.evaluation.complete, 'a complete journey is submitted in a transaction')
  const { service, version, evaluation, personId, accountId, language, channel } = complete
  const [journeyId, caseId] = [tx.newId(), tx.newId()]
  const recordId = await createRecord(tx, personId, 'journey')
  await seal(tx, recordId, evaluation.answers)
  const now = tx.now()
  await store.insertJourney(tx.db, {
    id: journeyId,
    service_id: service.definition.id,
    version,
    person_id: personId,
    record_id: recordId,
    account_id: accountId,
    acting_id: null,
    channel,
    language,
    state: 'submitted',
    prefilled: {},
    submission_key: tx.newId(),
    seen: service.definition.form.pages.map((page) => page.id),
    case_id: caseId,
    revision: 1,
    created_at: now,
    saved_at: now,
    expires_on: addDays(today(tx), service.definition.retention?.draft_days ?? DRAFT_DAYS),
  })
  await record(tx, actor, { type: 'journeys.journey.started', stream: journeyId, data: { service: service.definition.id, version } })
  const opened = await openCase(house, actor, {
    caseId,
    journeyId,
    service,
    version,
    evaluation,
    personId,
    accountId,
    recordId,
    language,
    channel,
  })
  await record(tx, actor, { type: 'journeys.journey.submitted', stream: journeyId, data: { case: caseId } })
  return opened
}
