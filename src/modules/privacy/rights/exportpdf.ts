import { direction, inLanguage } from '../../../kernel/text.ts'
import { formatMoney } from '../../../kernel/money.ts'
import { formatDay } from '../../../kernel/time.ts'
import { today } from '../../../platform/platform.ts'
import { escapeMarkdown, type Letter } from '../../cases/index.ts'
import { type CopyParts, fieldLabel } from './exportjson.ts'
import type { CaseData, DraftData } from './gather.ts'
import { DATA_REQUEST } from '../access.ts'
import { answered, at, caseFacts, plainAnswer, plainValue, type Words } from './plain.ts'

/** The same copy as a document to be read: a tagged PDF by the renderer of letters. */
export function copyAsLetter(parts: CopyParts, reference: string): Letter {
  const { words, house, everything } = parts
  const { t, language, city } = words
  const name = everything.profile.find((each) => each.field === 'full_name')?.value
  const answers = house.catalogue.offers.find((offer) => offer.definition.id === DATA_REQUEST)?.definition.agency
  const agency = city.agencies.find((each) => each.id === answers)
  return {
    language,
    direction: direction(language),
    city: inLanguage(city.name, language).text,
    agency: inLanguage(agency?.name ?? city.name, language).text,
    agencyAddress: inLanguage(agency?.address ?? city.contact.address, language).text,
    title: t('privacy.export.document.title'),
    recipient: typeof name === 'string' && name !== '' ? { name, lines: [] } : null,
    reference,
    date: formatDay(today(house.platform), language),
    body: bodyOf(parts),
    facts: [],
    check: null,
    colour: city.colour,
    logo: city.logo,
    watermark: null,
    words: {
      page: t('cases.letter.page', { page: '{n}', pages: '{m}' }),
      qr: t('cases.letter.qr'),
      reference: t('cases.letter.reference'),
      date: t('cases.letter.date'),
    },
  }
}

function bodyOf(parts: CopyParts): string {
  const { words, everything } = parts
  const { t } = words
  const none = t('privacy.export.document.none')
  const section = (title: string, content: readonly string[]): string[] => [`## ${cell(title)}`, ...(content.length > 0 ? content : [none])]
  const rows = (lines: ReadonlyArray<readonly [string, string]>): string[] => (lines.length === 0 ? [] : [table(words, lines)])
  const people = everything.profile.map((each): [string, string] => [fieldLabel(words, each.field), plainValue(each.value)])
  const files = everything.documents.map((each): [string, string] => [
    each.name,
    `${each.mediaType}, ${each.bytes} B, ${at(words, each.createdAt)}`,
  ])
  const sessions = (parts.account?.sessions ?? []).map((each): [string, string] => [each.device || '–', at(words, each.began)])
  const consents = parts.consents.map((each): [string, string] => [
    each['wording'] ?? '',
    [each['act'], each['at']].filter(Boolean).join(', '),
  ])
  const reports = everything.reports.flatMap(({ holding, fields }): Array<[string, string]> => [
    [holding.reference, `${t(`privacy.data.report.${holding.kind}`)}, ${at(words, holding.openedAt)}`],
    ...Object.entries(fields).map(([field, value]): [string, string] => [
      `${holding.reference}: ${fieldLabel(words, field)}`,
      plainValue(value),
    ]),
  ])
  const alerts = everything.alerts.map(({ holding, place, email }): [string, string] => [
    place,
    `${email}, ${holding.confirmedAt === null ? t('privacy.data.alerts.unconfirmed') : at(words, holding.confirmedAt)}`,
  ])
  const bills = everything.bills.flatMap(({ holding: { bill }, fields }): Array<[string, string]> => [
    [
      bill.reference,
      `${inLanguage(bill.title, words.language).text}, ${formatMoney({ amount: bill.total, currency: bill.currency }, words.language)}`,
    ],
    ...Object.entries(fields).map(([field, value]): [string, string] => [
      `${bill.reference}: ${fieldLabel(words, field)}`,
      plainValue(value),
    ]),
  ])
  const others = everything.others.flatMap((each) =>
    Object.entries(each.fields).map(([field, value]): [string, string] => [`${each.kind}: ${field}`, plainValue(value)]),
  )
  return [
    t('privacy.export.document.lead'),
    ...section(t('privacy.data.profile'), rows(people)),
    ...everything.cases.flatMap((each) => casePart(parts, each)),
    ...everything.drafts.flatMap((each) => draftPart(parts, each)),
    ...section(
      t('privacy.data.messages'),
      everything.messages.map(
        (each) => `**${cell(each.subject)}** – ${cell(at(words, each.holding.createdAt))}, ${cell(each.to)}\n\n${said(each.text)}`,
      ),
    ),
    ...(reports.length > 0 ? section(t('privacy.data.reports'), rows(reports)) : []),
    ...(alerts.length > 0 ? section(t('privacy.data.alerts'), rows(alerts)) : []),
    ...(bills.length > 0 ? section(t('privacy.data.bills'), rows(bills)) : []),
    ...section(t('privacy.data.files'), rows(files)),
    ...section(t('privacy.data.sessions'), rows(sessions)),
    ...section(t('privacy.data.consents'), rows(consents)),
    ...(others.length > 0 ? section(t('privacy.data.others'), rows(others)) : []),
  ].join('\n\n')
}

function casePart({ house, words }: CopyParts, found: CaseData): string[] {
  const { t } = words
  const { current, service } = found.holding
  const facts = caseFacts(house, words, found)
  const about: Array<[string, string]> = [
    [t('privacy.data.state'), facts.state],
    [t('privacy.data.sent'), at(words, current.submitted_at)],
    [t('privacy.data.agency'), facts.agency],
    [t('privacy.data.why'), facts.purpose],
    [t('privacy.data.law'), facts.law],
    [t('privacy.data.from'), facts.from],
    [t('privacy.data.until'), facts.kept],
  ]
  const written = found.entries.map(
    (each) => `**${t(`privacy.data.entry.${each.kind}`)}** – ${cell(at(words, each.at))}\n\n${said(each.text)}`,
  )
  return [
    `## ${cell(`${facts.title}, ${current.reference}`)}`,
    table(words, about),
    `### ${t('privacy.data.answers')}`,
    table(words, answerRows(words, service, found)),
    ...(written.length > 0 ? [`### ${t('privacy.data.written')}`, ...written] : []),
  ]
}

function draftPart({ words }: CopyParts, draft: DraftData): string[] {
  const { t, language } = words
  const { journey, service } = draft.holding
  const rows: Array<[string, string]> = [
    [t('privacy.data.until'), formatDay(journey.expires_on, language)],
    ...answerRows(words, service, draft),
  ]
  return [`## ${t('privacy.data.draft')}: ${cell(inLanguage(service.definition.title, language).text)}`, table(words, rows)]
}

function answerRows(
  words: Words,
  service: CaseData['holding']['service'],
  found: Pick<CaseData, 'answers' | 'files'>,
): Array<[string, string]> {
  return answered(service, found.answers).map((question) => [
    inLanguage(question.label, words.language).text,
    plainAnswer(words, question, found.answers[question.id], found.files),
  ])
}

function table({ t }: Words, rows: ReadonlyArray<readonly [string, string]>): string {
  const head = `| ${t('privacy.data.what')} | ${t('privacy.data.value')} |\n|---|---|`
  return [head, ...rows.map(([what, value]) => `| ${cell(what)} | ${cell(value)} |`)].join('\n')
}

/** Words of one line that read as exactly these words and keep their own direction. */
function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line === '' ? '–' : `\u2068${escapeMarkdown(line)}\u2069`
}

function said(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return escapeMarkdown(lines.map((line) => (line === '' ? '' : `\u2068${line}\u2069`)).join('\n')) || '–'
}
