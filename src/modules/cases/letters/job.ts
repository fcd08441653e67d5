import { Problem } from '../../../kernel/problem.ts'
import { dayIn } from '../../../kernel/time.ts'
import type { Job } from '../../../platform/jobs.ts'
import { eventsOf } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { open, putDocument } from '../../people/index.ts'
import { documentValidity, type Outcome, type Service } from '../../servicefile/index.ts'
import type { Case } from '../case.ts'
import { getCase, type House, letterCode, notMetAtDecision, type OpenedCase, openCaseAnswers, serviceOf } from '../house.ts'
import { DECISION_LETTER, MAKE_LETTER } from '../steps.ts'
import * as store from '../store.ts'
import { resourceOf } from '../work.ts'
import { composeLetter, type LetterParts } from './compose.ts'
import { createLetterRenderer, type LetterRenderer } from './render.ts'

/** Why the vault is opened for a letter. */
const PURPOSE = 'letter.make'

/** The job that makes the PDF of an issued letter once, seals it under its person's key and writes down which it is. */
export function letterJob(house: House, renderer: LetterRenderer = createLetterRenderer()): Job {
  return {
    name: MAKE_LETTER,
    async run(platform, payload) {
      const { letter: id } = payload
      if (typeof id === 'string') await makeLetter({ ...house, platform }, id, renderer)
    },
  }
}

/** Makes the PDF of an issued letter unless it is there; returns its document, null when there is nobody to write to any more. */
export async function makeLetter(house: House, id: string, renderer: LetterRenderer = createLetterRenderer()): Promise<string | null> {
  const { platform } = house
  const letter = await store.letterById(platform.db, id)
  if (!letter || letter.document_id !== null) return letter?.document_id ?? null
  const current = await getCase(platform, letter.case_id)
  const opened = await openUnlessErased(house, current)
  if (!opened) return null
  const reason = letter.reason_entry === null ? null : await reasonText(house, current, opened.service, letter.reason_entry)
  const bytes = renderer.render(
    composeLetter({
      ...partsOf(house, opened, letter.template),
      outcome: current.outcome,
      reason,
      notMet: notMetAtDecision(await eventsOf(platform, current.id)),
      issued: dayIn(platform.city.timeZone, letter.issued_at),
      valid: letter.valid_from === null ? null : { from: letter.valid_from, until: letter.valid_until },
      code: letterCode(platform, id),
    }),
  )
  return transact(platform, async (tx) => {
    // two workers may have come this far with one letter
    const locked = await store.letterById(tx.db, id, true)
    if (!locked || locked.document_id !== null) return locked?.document_id ?? null
    const name = `${current.reference}-${letter.template}.pdf`
    const document = await putDocument(tx, current.person_id, { name, mediaType: 'application/pdf', bytes })
    await store.setLetterDocument(tx.db, id, document)
    return document
  })
}

async function openUnlessErased(house: House, current: Case): Promise<OpenedCase | null> {
  // a version that is not there is a fault to be seen; only the vault's 404 may pass below
  await serviceOf(house, current)
  try {
    return await openCaseAnswers(house, systemActor('letters'), current, PURPOSE)
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

/** How an officer sees a letter before it is issued. */
export type PreviewOptions = { readonly renderer?: LetterRenderer; readonly outcome?: Outcome | null }

/**
 * A letter as it would be if it were issued today, marked as a preview and without a code. Without `outcome` it
 * takes the case's own, or what the criteria say. Throws 403 when the actor does not work on the case.
 */
export async function previewLetter(
  house: House,
  actor: Actor,
  opened: OpenedCase,
  template: string,
  reason: string | null,
  options: PreviewOptions = {},
): Promise<Uint8Array> {
  allow(actor, 'cases.work', await resourceOf(house.platform, opened.current))
  const issued = today(house.platform)
  const likely = opened.evaluation.eligible === false ? 'refused' : 'granted'
  const letter = composeLetter({
    ...partsOf(house, opened, template),
    outcome: options.outcome ?? opened.current.outcome ?? likely,
    reason,
    notMet: null,
    issued,
    valid: template === DECISION_LETTER ? null : documentValidity(opened.service, template, opened.evaluation, issued),
    code: null,
  })
  return (options.renderer ?? createLetterRenderer()).render(letter)
}

function partsOf(
  house: House,
  opened: OpenedCase,
  template: string,
): Omit<LetterParts, 'outcome' | 'reason' | 'notMet' | 'issued' | 'valid' | 'code'> {
  const { platform, messages } = house
  const { current, service, evaluation } = opened
  return {
    city: platform.city,
    messages,
    publicOrigin: platform.publicOrigin,
    service,
    evaluation,
    template,
    reference: current.reference,
    agency: current.agency,
    language: current.language,
  }
}

async function reasonText(house: House, current: Case, service: Service, entryId: string): Promise<string | null> {
  const entry = (await store.entriesOf(house.platform.db, current.id)).find((each) => each.id === entryId)
  if (!entry) return null
  const basis = service.definition.legal_basis?.gdpr.replaceAll(/[()]+/g, '.').replace(/\.$/, '') ?? '6.1.e'
  const opened = await open(house.platform, systemActor('letters'), {
    record: entry.record_id,
    purpose: PURPOSE,
    legalBasis: `gdpr.${basis}`,
    fields: ['text'],
  })
  return typeof opened['text'] === 'string' ? opened['text'] : null
}
