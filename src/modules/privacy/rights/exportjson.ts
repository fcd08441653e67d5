import { inLanguage } from '../../../kernel/text.ts'
import type { House } from '../../cases/index.ts'
import type { AccountHoldings } from '../../identity/index.ts'
import type { BillData, CaseData, DraftData, Everything } from './gather.ts'
import { answered, caseFacts, plainAnswer, plainValue, type Words } from './plain.ts'

/** A file of the person with the digest of its bytes; null when the store does not have it any more. */
export type Digested = Everything['documents'][number] & { readonly sha256: string | null }

/** What a copy is made from. */
export type CopyParts = {
  readonly house: House
  readonly words: Words
  readonly personId: string
  readonly madeAt: Date
  readonly everything: Omit<Everything, 'documents'> & { readonly documents: readonly Digested[] }
  readonly account: AccountHoldings | null
  readonly consents: ReadonlyArray<Readonly<Record<string, string>>>
}

/** The version of the format; docs/reference/data-export.md describes it. */
export const COPY_FORMAT = 'https://stoa.example/formats/my-data/1'

/** Everything that is kept about a person as one JSON text (GDPR, Art. 15(3) and 20). */
export function copyAsJson(parts: CopyParts): string {
  const { everything, words } = parts
  const copy = {
    format: COPY_FORMAT,
    made_at: parts.madeAt.toISOString(),
    language: words.language,
    city: inLanguage(words.city.name, words.language).text,
    profile: everything.profile.map((each) => ({ ...each, label: fieldLabel(words, each.field) })),
    account: parts.account && {
      language: parts.account.language,
      password: parts.account.hasPassword,
      means: parts.account.means.map((each) => ({ kind: each.kind, name: each.name, since: each.since?.toISOString() ?? null })),
      sessions: parts.account.sessions.map((each) => ({
        device: each.device,
        level: each.level,
        began_at: each.began.toISOString(),
        seen_at: each.seen.toISOString(),
      })),
    },
    applications: everything.cases.map((each) => caseCopy(parts, each)),
    drafts: everything.drafts.map((each) => draftCopy(parts, each)),
    messages: everything.messages.map(({ holding, to, subject, text }) => ({
      written_at: holding.createdAt.toISOString(),
      sent_at: holding.sentAt?.toISOString() ?? null,
      about: everything.cases.find((each) => each.holding.current.id === holding.about)?.holding.current.reference ?? null,
      to,
      subject,
      text,
    })),
    reports: everything.reports.map(({ holding, fields }) => ({
      reference: holding.reference,
      category: holding.category,
      as: holding.kind,
      opened_at: holding.openedAt.toISOString(),
      state: holding.state,
      kept: fields,
      page: `${parts.house.platform.publicOrigin}/reports/${holding.reference}`,
    })),
    alerts: everything.alerts.map(({ holding, place, email }) => ({
      place,
      group: holding.group,
      asked_at: holding.askedAt.toISOString(),
      confirmed_at: holding.confirmedAt?.toISOString() ?? null,
      email,
    })),
    bills: everything.bills.map((each) => billCopy(words, each)),
    consents: parts.consents,
    files: everything.documents.map((each) => ({
      id: each.id,
      name: each.name,
      media_type: each.mediaType,
      bytes: each.bytes,
      sha256: each.sha256,
      kept_since: each.createdAt.toISOString(),
      download: `${parts.house.platform.publicOrigin}/my/data/files/${each.id}`,
    })),
    other_records: everything.others.map((each) => ({ kind: each.kind, kept_since: each.createdAt.toISOString(), fields: each.fields })),
  }
  return `${JSON.stringify(copy, null, 2)}\n`
}

function billCopy({ language }: Words, { holding: { bill, page }, fields }: BillData): Record<string, unknown> {
  return {
    reference: bill.reference,
    payment_reference: bill.creditor_reference,
    title: inLanguage(bill.title, language).text,
    agency: bill.agency,
    kind: bill.revenue,
    state: bill.state,
    issued_on: bill.issued_on,
    due_on: bill.due_on,
    closed_at: bill.closed_at?.toISOString() ?? null,
    currency: bill.currency,
    total: bill.total.toString(),
    paid: bill.paid.toString(),
    waived: bill.waived.toString(),
    owed: bill.outstanding.toString(),
    kept: fields,
    page,
  }
}

function caseCopy({ house, words }: CopyParts, found: CaseData): Record<string, unknown> {
  const { current, service, letters } = found.holding
  const facts = caseFacts(house, words, found)
  const { legal_basis: basis } = service.definition
  return {
    reference: current.reference,
    service: current.service_id,
    version: current.version,
    title: facts.title,
    agency: facts.agency,
    state: current.state,
    state_label: facts.state,
    outcome: current.outcome,
    submitted_at: current.submitted_at.toISOString(),
    closed_at: current.closed_at?.toISOString() ?? null,
    deadline: current.deadline,
    channel: current.channel,
    language: current.language,
    from: facts.from,
    purpose: facts.purpose,
    legal_basis: basis ? { law: inLanguage(basis.law, words.language).text, gdpr: basis.gdpr, url: basis.url ?? null } : null,
    kept_until: facts.keptUntil,
    kept_until_text: facts.kept,
    fee:
      current.fee_amount === null
        ? null
        : {
            amount: current.fee_amount.toString(),
            currency: current.fee_currency,
            due: current.fee_due,
            due_on: current.fee_due_on,
            state: current.fee_state,
          },
    answers: answersCopy(words, service, found.answers, found.files),
    written: found.entries.map((each) => ({ kind: each.kind, at: each.at.toISOString(), text: each.text })),
    letters: letters.map((row) => ({
      template: row.template,
      issued_at: row.issued_at.toISOString(),
      valid_from: row.valid_from,
      valid_until: row.valid_until,
      revoked_at: row.revoked_at?.toISOString() ?? null,
      suspended_at: row.suspended_at?.toISOString() ?? null,
      file: row.document_id,
    })),
  }
}

function draftCopy({ words }: CopyParts, { holding, answers, files }: DraftData): Record<string, unknown> {
  return {
    service: holding.journey.service_id,
    title: inLanguage(holding.service.definition.title, words.language).text,
    begun_at: holding.journey.created_at.toISOString(),
    saved_at: holding.journey.saved_at.toISOString(),
    kept_until: holding.journey.expires_on,
    answers: answersCopy(words, holding.service, answers, files),
  }
}

function answersCopy(
  words: Words,
  service: CaseData['holding']['service'],
  answers: Readonly<Record<string, unknown>>,
  files: CaseData['files'],
): Array<Record<string, unknown>> {
  const asked = answered(service, answers)
  const known = new Set(asked.map((question) => question.id))
  return [
    ...asked.map((question) => ({
      question: question.id,
      label: inLanguage(question.label, words.language).text,
      value: answers[question.id],
      text: plainAnswer(words, question, answers[question.id], files),
      from: question.source ? 'profile' : 'you',
    })),
    // an answer that no page asks for any more is kept all the same, so it is told
    ...Object.entries(answers)
      .filter(([id]) => !known.has(id))
      .map(([id, value]) => ({ question: id, label: id, value, text: plainValue(value), from: 'you' })),
  ]
}

/** The name of a field of the profile. */
export function fieldLabel({ t }: Pick<Words, 't'>, field: string): string {
  const known = profileFields.find((each) => each === field)
  return known ? t(`privacy.data.field.${known}`) : field
}

/** The fields of a profile that have words. */
export const profileFields = ['full_name', 'email', 'phone', 'address', 'date_of_birth', 'national_id'] as const
