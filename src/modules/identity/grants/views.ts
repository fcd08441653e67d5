import { alert, button, type Content, dataTable, day, element, html, type Html, tag, type View, words } from '../../../ui/index.ts'
import type { RoleBinding } from '../../access/index.ts'
import type { LookedAt } from './service.ts'

/** A role and where it is held. */
export function roleText(view: View, { role, agency }: RoleBinding): Content {
  const place = agency === null ? view.t('identity.staff.all_agencies') : agencyText(view, agency)
  return html`${view.t(`identity.role.${role}`)} · ${place}`
}

/** The name of an agency; its id when the city has it no more. */
export function agencyText(view: View, id: string): Content {
  const agency = [...view.city.agencies, ...view.city.organisations].find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

/** The queue of "still needed?": one form for all answers. */
export function reviewsPage(
  view: View,
  items: readonly LookedAt[],
  o: { names: ReadonlyMap<string, string>; administers: boolean; said: string | null },
): Html {
  const { t } = view
  const due = items.filter((each) => each.due)
  const ending = items.filter((each) => !each.due)
  return html` ${o.said === null ? null : alert('success', null, html`<p>${o.said}</p>`)}
    <h1>${t('identity.reviews.title')}</h1>
    <p class="st-lead">${t('identity.reviews.lead')}</p>
    ${due.length === 0 ? html`<p>${t('identity.reviews.none')}</p>` : reviewForm(view, due, o.names)}
    ${
      ending.length === 0
        ? null
        : html`<section class="st-flow">
            <h2>${t('identity.reviews.ending')}</h2>
            ${dataTable({
              id: 'ending-list',
              caption: t('identity.reviews.ending'),
              captionHidden: true,
              head: [t('identity.staff.name'), t('identity.staff.role'), t('identity.grant.until')],
              rows: ending.map(({ grant }) => [
                html`<a class="ds-link" href="${`/admin/staff/${grant.accountId}`}"><bdi>${o.names.get(grant.accountId) ?? grant.accountId}</bdi></a>`,
                roleText(view, grant),
                grant.endsAt ? day(view, view.city.dayOf(grant.endsAt)) : null,
              ]),
            })}
          </section>`
    }`
}

function reviewForm(view: View, due: readonly LookedAt[], names: ReadonlyMap<string, string>): Html {
  const { t, city } = view
  const rows = due.map((item) => {
    const { grant } = item
    const name = html`<bdi>${names.get(grant.accountId) ?? grant.accountId}</bdi>`
    return [
      name,
      roleText(view, grant),
      day(view, city.dayOf(grant.grantedAt)),
      grant.endsAt
        ? html`${day(view, city.dayOf(grant.endsAt))} ${item.endsSoon ? tag(t('identity.reviews.soon'), 'warning') : null}`
        : null,
      item.mayAnswer ? answers(view, item, name) : t('identity.reviews.own'),
    ]
  })
  return html`<form method="post" action="/admin/reviews" class="st-form">
    ${dataTable({
      caption: t('identity.reviews.due'),
      captionHidden: true,
      head: [
        t('identity.staff.name'),
        t('identity.staff.role'),
        t('identity.grant.given'),
        t('identity.grant.until'),
        t('identity.reviews.answer'),
      ],
      rows,
    })}
    ${button(t('identity.reviews.send'))}
  </form>`
}

/** Three choices of a row, of which none is made for the reader. */
function answers(view: View, { grant }: LookedAt, name: Content): Html {
  const choice = (value: 'keep' | 'end'): Html => {
    const id = `${value}-${grant.id}`
    const input = element('input', { class: 'ds-input', type: 'radio', id, name: `grant-${grant.id}`, value })
    const label = html`<label class="ds-label" data-weight="regular" for="${id}">${view.t(`identity.reviews.${value}`)}</label>`
    return html`<div class="ds-field">${input}${label}</div>`
  }
  return html`<fieldset class="ds-fieldset">
    <legend class="ds-sr-only">${view.t('identity.reviews.answer')} ${name}, ${roleText(view, grant)}</legend>
    ${choice('keep')} ${choice('end')}
  </fieldset>`
}
