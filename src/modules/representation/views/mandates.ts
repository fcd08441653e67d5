import type { JournalEvent } from '../../../platform/journal/event.ts'
import {
  alert, button, buttonRow, cardGrid, type Content, day, errorSummary, html, type Html, instant, linkButton, summaryList, textField, type View,
} from '../../../ui/index.ts' // prettier-ignore
import type { Catalogue } from '../../catalogue/index.ts'
import type { ShownCode } from '../codes.ts'
import type { MandateStatus } from '../mandate.ts'
import type { ShownMandate } from '../service.ts'
import type { Mandate } from '../store.ts'
import { actsList, servicesText, statusTag } from './words.ts'

/** The page of a resident's mandates: those for others, those for themselves. */
export function mandatesPage(
  view: View,
  found: { held: readonly ShownMandate[]; given: readonly ShownMandate[] },
  o: { invitation: ShownCode | null; said: string | null; statusOf: (mandate: Mandate) => MandateStatus },
): Html {
  const { t } = view
  return html` ${o.said === null ? null : alert('success', null, html`<p>${o.said}</p>`)}
    <h1>${t('representation.title')}</h1>
    <p class="st-lead">${t('representation.lead')}</p>
    <section class="st-flow" aria-labelledby="held">
      <h2 id="held">${t('representation.held')}</h2>
      ${found.held.length === 0 ? html`<p>${t('representation.held.none')}</p>` : cards(view, found.held, o.statusOf)}
      ${buttonRow(linkButton('/my/mandates/ask', t('representation.ask'), { kind: 'secondary' }))}
    </section>
    <section class="st-flow" aria-labelledby="given">
      <h2 id="given">${t('representation.given')}</h2>
      ${found.given.length === 0 ? html`<p>${t('representation.given.none')}</p>` : cards(view, found.given, o.statusOf)} ${invitation(view, o.invitation)}
    </section>
    <p><a class="ds-link" href="/my/help">${t('representation.help.title')}</a></p>`
}

function cards(view: View, list: readonly ShownMandate[], statusOf: (mandate: Mandate) => MandateStatus): Html {
  return cardGrid(
    list.map(({ mandate, name }) => ({
      href: `/my/mandates/${mandate.id}`,
      title: html`<bdi>${name}</bdi>`,
      text: html`${statusTag(view, statusOf(mandate))} ${view.t(`representation.kind.${mandate.kind}`)}`,
      meta: html`<bdi>${mandate.reference}</bdi> · ${view.t('representation.until')} ${day(view, mandate.ends_on)}`,
    })),
  )
}

/** The code by which somebody can ask without knowing an address. */
function invitation(view: View, code: ShownCode | null): Html {
  const { t } = view
  return html`<h3>${t('representation.invitation')}</h3>
    <p>${t('representation.invitation.text')}</p>
    ${
      code === null
        ? null
        : html`<p class="st-reference"><bdi>${code.text}</bdi></p>
            <p>${t('representation.code.until')} ${instant(view, code.expires)}</p>`
    }
    <form method="post" action="/my/mandates/invitation">${button(t('representation.invitation.make'), { kind: 'secondary' })}</form>`
}

/** The page of one mandate, with what the reader may do about it. */
export function mandatePage(
  view: View,
  catalogue: Catalogue,
  shown: ShownMandate,
  o: { refused: string | null; acts: readonly JournalEvent[]; status: MandateStatus },
): Html {
  const { t } = view
  const { mandate, side } = shown
  return html` ${errorSummary(view, o.refused === null ? [] : [{ href: '#code', text: o.refused }])}
    <h1>${t(`representation.one.${side}`)} <bdi>${shown.name}</bdi></h1>
    ${summaryList([
      { key: t('representation.status'), value: statusTag(view, o.status) },
      { key: t('representation.reference'), value: html`<bdi>${mandate.reference}</bdi>` },
      { key: t('representation.kind'), value: t(`representation.kind.${mandate.kind}`) },
      { key: t('representation.services'), value: servicesText(view, catalogue, mandate.services) },
      { key: t('representation.until'), value: day(view, mandate.ends_on) },
      { key: t('representation.reason'), value: html`<span dir="auto">${shown.reason}</span>` },
      ...(mandate.granted_how ? [{ key: t('representation.how'), value: t(`representation.how.${mandate.granted_how}`) }] : []),
    ])}
    ${side === 'holder' ? holderActs(view, shown, o.status, o.refused) : personActs(view, mandate, o.status)}
    ${
      mandate.decided_at === null
        ? null
        : html`<section class="st-flow" aria-labelledby="acts">
            <h2 id="acts">${t('representation.acts')}</h2>
            ${actsList(view, o.acts)}
          </section>`
    }`
}

function act(mandate: Mandate, name: string, label: string, kind: 'primary' | 'secondary' | 'danger'): Html {
  return html`<form method="post" action="${`/my/mandates/${mandate.id}/${name}`}">${button(label, { kind })}</form>`
}

function holderActs(view: View, { mandate, name }: ShownMandate, status: MandateStatus, refused: string | null): Content {
  const { t } = view
  if (status === 'granted') {
    return html`<p>${t('representation.act.text')}</p>
      ${buttonRow(act(mandate, 'act', t('representation.act', { name }), 'primary'), act(mandate, 'end', t('representation.end'), 'danger'))}`
  }
  if (status !== 'asked') return null
  return html`<section class="st-flow" aria-labelledby="letter">
      <h2 id="letter">${t('representation.letter')}</h2>
      <p>${t('representation.letter.text')}</p>
      <form method="post" action="${`/my/mandates/${mandate.id}/code`}" novalidate class="st-form">
        ${textField({ id: 'code', name: 'code', label: t('representation.letter.code'), error: refused ?? undefined, width: 'm', dir: 'ltr', spellcheck: false })}
        ${button(t('representation.letter.submit'))}
      </form>
    </section>
    ${act(mandate, 'end', t('representation.take_back'), 'secondary')}`
}

function personActs(view: View, mandate: Mandate, status: MandateStatus): Content {
  const { t } = view
  if (status === 'granted')
    return html`<p>${t('representation.end.text')}</p>
    ${act(mandate, 'end', t('representation.end'), 'danger')}`
  if (status !== 'asked') return null
  return html`${alert('warning', null, html`<p>${t('representation.grant.text')}</p>`)}
  ${buttonRow(act(mandate, 'grant', t('representation.grant'), 'primary'), act(mandate, 'refuse', t('representation.refuse'), 'secondary'))}`
}
