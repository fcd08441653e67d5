import { Problem } from '../../kernel/problem.ts'
import { transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { evaluateGuard } from '../servicefile/index.ts'
import { type Case, transitionFor } from './case.ts'
import { followed, getCase, type House, openCaseAnswers, within } from './house.ts'
import { caseContext, take } from './steps.ts'
import { addEntry } from './entries.ts'
import { isDone, noteDone, sentWith } from './once.ts'
import { boundedText } from './work.ts'

/**
 * Takes a step of the workflow that is the resident's to take, such as "it is put right". What they write with it is
 * kept as a message. Throws 409 when the case has moved on, 422 when words are missing or the guard does not hold.
 */
export async function residentStep(
  house: House,
  actor: Actor,
  id: string,
  ask: { transition: string; text: string; key?: string | null },
): Promise<Case> {
  const before = await getCase(house.platform, id)
  allow(actor, 'cases.follow', followed(before))
  const sent = sentWith(ask.key, 'step', ask.transition, ask.text)
  if (await isDone(house.platform, actor, id, sent)) return before
  const opened = await openCaseAnswers(house, actor, before, 'case.follow')
  return transact(house.platform, async (tx) => {
    const inside = within(house, tx)
    const current = await getCase(tx, id, true)
    if (!(await noteDone(tx, actor, id, sent))) return current
    const transition = transitionFor(opened.service.workflow, current, ask.transition, 'resident')
    if (evaluateGuard(opened.service, transition.id, opened.evaluation, await caseContext(inside, current)) !== true) {
      throw new Problem('cases.guard', 422, 'The rules of this service do not allow this step yet.')
    }
    const text = boundedText(ask.text)
    if (transition.reason === 'required' && text === '') throw new Problem('cases.text-needed', 422, 'Write something first.')
    const entry = text === '' ? null : await addEntry(inside, current, 'from_resident', null, text)
    return take(inside, actor, { ...opened, current }, transition, entry)
  })
}
