import type { JournalEvent } from '../../../platform/journal/event.ts'
import { type Content, html, instant, plainWords, tag, timeline, type Tone, type View, words } from '../../../ui/index.ts'
import type { Catalogue } from '../../catalogue/index.ts'
import type { MandateStatus } from '../mandate.ts'

const TONES: Readonly<Record<MandateStatus, Tone>> = { asked: 'info', granted: 'success', refused: 'danger', ended: 'neutral' }

/** Where a mandate is, as a label. */
export function statusTag(view: View, status: MandateStatus): Content {
  return tag(view.t(`representation.status.${status}`), TONES[status])
}

/** The services of a mandate, by their titles. */
export function servicesText(view: View, catalogue: Catalogue, services: readonly string[] | null): Content {
  if (services === null) return view.t('representation.services.all')
  return html`<ul class="st-plain">
    ${services.map((id) => {
      const offer = catalogue.offers.find((each) => each.definition.id === id)
      return html`<li>${offer ? words(view, offer.definition.title) : html`<bdi>${id}</bdi>`}</li>`
    })}
  </ul>`
}

/** The name of the agency or organisation that a helper comes from; the city when it is none of them. */
export function organisationText(view: View, id: string | null): Content {
  const known = [...view.city.agencies, ...view.city.organisations].find((each) => each.id === id)
  return known ? words(view, known.name) : id === null ? plainWords(view, view.city.name) : html`<bdi>${id}</bdi>`
}

const ACTS: Readonly<Record<string, string>> = {
  'representation.assistance.began': 'representation.act.help_began',
  'representation.assistance.ended': 'representation.act.help_ended',
  'representation.acting.began': 'representation.act.acting_began',
  'representation.acting.ended': 'representation.act.acting_ended',
  'people.record.opened': 'representation.act.opened',
  'people.document.opened': 'representation.act.document',
  'journeys.journey.started': 'representation.act.started',
  'journeys.journey.saved': 'representation.act.saved',
  'journeys.journey.submitted': 'representation.act.submitted',
  'cases.case.submitted': 'representation.act.case',
  'cases.message.written': 'representation.act.message',
  'cases.information.given': 'representation.act.information',
}

/** What somebody did for a person, line by line. */
export function actsList(view: View, acts: readonly JournalEvent[]): Content {
  if (acts.length === 0) return html`<p>${view.t('representation.acts.none')}</p>`
  return timeline(
    acts.map((line) => {
      const key = ACTS[line.type]
      return {
        title: key === undefined ? html`${view.t('representation.act.other')} <bdi>${line.type}</bdi>` : view.t(key),
        at: instant(view, line.occurredAt),
      }
    }),
  )
}
