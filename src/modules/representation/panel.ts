import { textIn } from '../../platform/journal/event.ts'
import { today } from '../../platform/platform.ts'
import { type Content, day, html, instant, summaryList, type View } from '../../ui/index.ts'
import { type Actor, isStaff } from '../access/index.ts'
import type { Case, House } from '../cases/index.ts'
import { staffNames } from '../identity/index.ts'
import { openMany } from '../people/index.ts'
import { isGood } from './mandate.ts'
import * as store from './store.ts'
import type { Assistance, Mandate } from './store.ts'
import { organisationText } from './views/words.ts'

/** Who acts for the person of a case, or acted in sending it; for its page, for the resident and for officers. Nothing when nobody does. */
export async function standInsPanel(house: House, actor: Actor, view: View, current: Case): Promise<Content> {
  const { platform } = house
  const given = await store.mandatesOfPerson(platform.db, current.person_id)
  const day = today(platform)
  const mandates = given.filter((each) => each.id === current.acting_id || isGood(each, day, current.service_id))
  const sent = current.acting_id === null ? null : await store.assistanceById(platform.db, current.acting_id)
  const help = sent?.person_id === current.person_id ? sent : null
  if (mandates.length === 0 && help === null) return null
  const names = await holderNames(house, actor, current, mandates)
  const helpers = help === null ? new Map<string, string>() : await staffNames(platform, [help.helper_account])
  return html`<section class="st-flow" aria-labelledby="stand-ins">
    <h2 id="stand-ins">${view.t('representation.panel')}</h2>
    ${mandates.map((each) => mandateRows(view, each, names.get(each.id) ?? ''))} ${help === null ? null : helpRows(view, help, helpers)}
  </section>`
}

/** The names of those who hold the mandates, opened for the represented person, an officer, or the holder themselves. */
async function holderNames(house: House, actor: Actor, current: Case, mandates: readonly Mandate[]): Promise<Map<string, string>> {
  // whoever only holds the case's code, or helps, learns that there is a mandate, and not whose
  const knows = isStaff(actor) || (actor.personId === current.person_id && actor.acting?.kind !== 'assistance')
  const legalBasis = isStaff(actor) ? 'gdpr.6.1.e' : 'own'
  const asks = mandates.flatMap(({ person_record: record }) =>
    record === null || !knows ? [] : [{ record, fields: ['holder_name'], purpose: 'case.follow', legalBasis }],
  )
  if (asks.length === 0) return new Map()
  const opened = await openMany(house.platform, actor, asks)
  return new Map(mandates.map((each) => [each.id, textIn(opened.get(each.person_record ?? '') ?? {}, 'holder_name')]))
}

function mandateRows(view: View, mandate: Mandate, name: string): Content {
  const { t } = view
  return summaryList([
    { key: t('representation.panel.by'), value: name === '' ? t('representation.somebody') : html`<bdi>${name}</bdi>` },
    { key: t('representation.kind'), value: t(`representation.kind.${mandate.kind}`) },
    { key: t('representation.reference'), value: html`<bdi>${mandate.reference}</bdi>` },
    {
      key: t('representation.until'),
      value:
        mandate.ended_at === null
          ? day(view, mandate.ends_on)
          : html`${t('representation.status.ended')} ${instant(view, mandate.ended_at)}`,
    },
  ])
}

function helpRows(view: View, help: Assistance, helpers: ReadonlyMap<string, string>): Content {
  const { t } = view
  return summaryList([
    {
      key: t('representation.panel.help'),
      value: html`<bdi>${helpers.get(help.helper_account) ?? ''}</bdi> · ${organisationText(view, help.organisation)}`,
    },
    { key: t('representation.purpose'), value: t(`representation.purpose.${help.purpose}`) },
    { key: t('representation.began'), value: instant(view, help.began_at) },
  ])
}
