import { formatInstant } from '../../kernel/time.ts'
import type { Translate } from '../../platform/i18n.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { City } from '../../platform/city.ts'
import type { Opening } from './access.ts'

/** For whom openings are put in words. */
export type Reading = { readonly t: Translate; readonly locale: string; readonly city: City }

/** Why the program opens data; each has words of its own. */
export const purposes = [
  'case.read', 'case.decide', 'case.confirm', 'case.opine', 'case.timer', 'case.follow', 'letter.make', 'letter.preview', 'message.compose',
  'message.send', 'case.emergency', 'journey.fill', 'profile.prefill', 'account.notice', 'account.letter', 'account.secure', 'oidc.claims', 'assistance.begin', 'mandate.list', 'mandate.use', 'mandate.notify',
  'mandate.confirm', 'privacy.my_data', 'privacy.correct', 'privacy.export', 'privacy.download', 'report.read', 'report.restore', 'report.photo', 'report.draft',
  'report.follow',
  'bill.answer',
  'bill.check',
  'bill.decide',
] as const // prettier-ignore

const articles = ['6.1.a', '6.1.b', '6.1.c', '6.1.d', '6.1.e', '6.1.f'] as const
const parts = ['mail', 'letters', 'timers', 'rules', 'seed', 'export', 'requests', 'mandates'] as const
const kinds = [
  'profile',
  'journey',
  'entry',
  'message',
  'document',
  'report',
  'report_words',
  'report_photos',
  'report_draft',
  'report_asked',
  'report_alert',
  'open311_client',
] as const
const profileFields = ['full_name', 'email', 'phone', 'address', 'date_of_birth', 'national_id', 'text', 'to', 'subject', 'iban'] as const

function among<T extends string>(list: readonly T[], value: string): T | undefined {
  return list.find((each) => each === value)
}

/** Why data was opened; a purpose that has no words yet stands as its code. */
export function purposeText({ t }: Reading, purpose: string): string {
  const known = among(purposes, purpose)
  return known ? t(`privacy.purpose.${known}`) : plainCode(purpose)
}

/** Under which law: in words, with the article of the GDPR, and the city's own law where a service names one. */
export function basisText({ t, locale }: Reading, opening: Pick<Opening, 'legalBasis' | 'behind'>): string {
  const { legalBasis: basis, behind } = opening
  if (basis === 'own') return t('privacy.basis.own')
  const article = basis.startsWith('gdpr.') ? basis.slice('gdpr.'.length) : null
  if (article === null) return plainCode(basis)
  const known = among(articles, article)
  const words = known
    ? t(`privacy.basis.${known}`)
    : t('privacy.basis.other', { article: article.replace(/^(\d+)\.(\d+)\.?([a-z])?$/, (_, a, b, c) => `${a}(${b})${c ? `(${c})` : ''}`) })
  const law = behind?.service.definition.legal_basis?.law
  return law ? `${inLanguage(law, locale).text} – ${words}` : words
}

/** Who opened it: role and agency, with the official name where the city shows names. */
export function whoText(reading: Reading, { who }: Pick<Opening, 'who'>): string {
  const { t, city, locale } = reading
  if (who.kind === 'own') return t('privacy.who.own')
  if (who.kind === 'anonymous') return t('privacy.who.anonymous')
  if (who.kind === 'app') return t('privacy.who.app', { app: who.name ? inLanguage(who.name, locale).text : who.part })
  if (who.kind === 'system') {
    const part = among(parts, who.part)
    return part ? t(`privacy.who.system.${part}`) : t('privacy.who.system', { part: plainCode(who.part) })
  }
  const roles = who.account?.roles.filter((binding) => binding.role !== 'resident') ?? []
  const name = city.showStaffNames ? (who.account?.name ?? null) : null
  if (roles.length === 0) return name ? t('privacy.who.named', { name, said: t('privacy.who.formerly') }) : t('privacy.who.account')
  const said = [...new Set(roles.map((binding) => roleText(reading, binding)))].join('; ')
  return name ? t('privacy.who.named', { name, said }) : said
}

function roleText({ t, locale, city }: Reading, binding: { role: string; agency: string | null }): string {
  const agency = city.agencies.find((each) => each.id === binding.agency)
  const place = agency ? inLanguage(agency.name, locale).text : t('privacy.who.city')
  return t('privacy.who.named', { name: t(`privacy.role.${binding.role}`), said: place })
}

/** What was opened: what kind of thing, and of which service. */
export function thingText({ t, locale }: Reading, opening: Opening): string {
  const { behind } = opening
  const known = among(kinds, opening.kind)
  const kind =
    behind && behind.what !== 'about' && opening.kind !== 'document'
      ? t(`privacy.thing.${behind.what}`)
      : known
        ? t(`privacy.thing.${known}`)
        : t('privacy.thing.record')
  return behind ? `${kind}: ${inLanguage(behind.service.definition.title, locale).text}` : kind
}

/** The fields that were opened, as plainly as they are asked for. */
export function fieldTexts({ t, locale }: Reading, opening: Opening): string[] {
  const questions = new Map(
    opening.behind?.what === 'answers'
      ? opening.behind.service.definition.form.pages.flatMap((page) => page.questions.map((each) => [each.id, each.label] as const))
      : [],
  )
  return opening.fields.map((field) => {
    const label = questions.get(field)
    if (label) return inLanguage(label, locale).text
    const known = among(profileFields, field)
    return known ? t(`privacy.field.${known}`) : plainCode(field)
  })
}

/** An opening in one line: when, who, why. */
export function openingText(reading: Reading, opening: Opening): string {
  const when = formatInstant(opening.line.occurredAt, reading.locale, reading.city.timeZone)
  return [when, whoText(reading, opening), purposeText(reading, opening.purpose)].join(', ')
}

function plainCode(code: string): string {
  return code.replaceAll(/[._-]+/g, ' ')
}
