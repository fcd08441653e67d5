import { alert, button, type Content, dataTable, html, type Html, instant, selectField, tag, type View } from '../../../ui/index.ts'
import type { ListedEmergency, Names } from '../service.ts'
import { agencyText, auditNav, staffName } from './parts.ts'

type Reader = { readonly accountId: string | null; readonly audits: boolean; readonly now: Date }

/** Break-glass accesses: who opened which case for which reason; each is reviewed by somebody else. */
export function emergenciesPage(
  view: View,
  found: { items: readonly ListedEmergency[]; names: Names },
  reader: Reader,
  done: boolean,
): Html {
  const { t } = view
  const rows = found.items.map(({ emergency, reference }) => [
    html`<bdi>${reference}</bdi><br />${agencyText(view, emergency.agency)}`,
    staffName(emergency.accountId, found.names),
    t(`cases.emergency.reason.${emergency.reason}`),
    html`${instant(view, emergency.began)} ${emergency.ends > reader.now ? tag(t('audit.emergencies.now'), 'danger') : null}`,
    review(view, { emergency, reference }, found.names, reader),
  ])
  return html` ${done ? alert('success', null, html`<p>${t('audit.emergencies.done')}</p>`) : null}
    <h1>${t('audit.emergencies.title')}</h1>
    ${reader.audits ? auditNav(view) : null}
    <p class="st-lead">${t('audit.emergencies.lead')}</p>
    ${
      rows.length === 0
        ? html`<p>${t('audit.emergencies.none')}</p>`
        : dataTable({
            caption: t('audit.emergencies.title'),
            captionHidden: true,
            head: [
              t('audit.emergencies.case'),
              t('audit.who'),
              t('audit.emergencies.reason'),
              t('audit.emergencies.began'),
              t('audit.emergencies.review'),
            ],
            rows,
          })
    }`
}

function review(view: View, { emergency, reference }: ListedEmergency, names: Names, reader: Reader): Content {
  const { t } = view
  if (emergency.reviewed !== null) {
    const { outcome, by, at } = emergency.reviewed
    return html`${t(`audit.emergencies.${outcome}`)}<br />${staffName(by, names)}, ${instant(view, at)}`
  }
  if (emergency.accountId === reader.accountId) return t('audit.emergencies.own')
  return html`<form method="post" action="${`/audit/emergencies/${emergency.id}`}" class="st-inline">
    ${selectField({
      id: `outcome-${emergency.id}`,
      name: 'outcome',
      label: t('audit.emergencies.review'),
      options: (['justified', 'follow_up'] as const).map((each) => ({ value: each, label: t(`audit.emergencies.${each}`) })),
    })}
    ${button(t('audit.access.save'), { kind: 'secondary', about: html`<bdi>${reference}</bdi>` })}
  </form>`
}
