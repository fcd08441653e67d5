import {
  alert, button, type Content, errorSummary, html, type Html, instant, linkButton, radios, summaryList, tag, textField, type View,
} from '../../../ui/index.ts' // prettier-ignore
import type { ShownCode } from '../codes.ts'
import type { ShownHelp } from '../help.ts'
import { helpMinutes, purposes } from '../mandate.ts'
import { actsList, organisationText } from './words.ts'

/** The page of a presence code: as text, as a square to be scanned, and for printing. */
export function codePage(view: View, code: ShownCode | null, o: { image: string | null; action: string }): Html {
  const { t } = view
  return html`<h1>${t('representation.presence.title')}</h1>
    <p class="st-lead">${t('representation.presence.lead')}</p>
    ${code === null ? null : codeCard(view, code, o.image)}
    <form method="post" action="${o.action}" class="st-no-print">
      ${button(t(code === null ? 'representation.presence.make' : 'representation.presence.again'), { kind: code === null ? 'primary' : 'secondary' })}
    </form>
    <p class="st-no-print">${t('representation.presence.sms')}</p>`
}

/** A code, large, with its square and how long it is good. */
export function codeCard(view: View, code: ShownCode, image: string | null): Html {
  const { t } = view
  return html`<section class="st-code" aria-label="${t('representation.presence.code')}">
    <p class="st-reference"><bdi>${code.text}</bdi></p>
    ${image === null ? null : html`<img src="${image}" width="200" height="200" alt="${t('representation.presence.image')}" />`}
    <p>${t('representation.code.until')} ${instant(view, code.expires)}</p>
  </section>`
}

/** Every helped session of a resident with what was done in it. */
export function helpPage(view: View, helps: readonly ShownHelp[], said: string | null): Html {
  const { t } = view
  return html` ${said === null ? null : alert('success', null, html`<p>${said}</p>`)}
    <h1>${t('representation.help.title')}</h1>
    <p class="st-lead">${t('representation.help.lead')}</p>
    <p>${linkButton('/my/presence-code', t('representation.presence.title'), { kind: 'secondary' })}</p>
    ${helps.length === 0 ? html`<p>${t('representation.help.none')}</p>` : helps.map((each) => helpSection(view, each))}`
}

function helpSection(view: View, { help, helperName, goesOn, acts }: ShownHelp): Content {
  const { t } = view
  const id = `help-${help.id}`
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}"><bdi>${helperName}</bdi> · ${instant(view, help.began_at)}</h2>
    ${summaryList([
      {
        key: t('representation.status'),
        value: goesOn ? tag(t('representation.help.on'), 'info') : tag(t('representation.help.over'), 'neutral'),
      },
      { key: t('representation.organisation'), value: organisationText(view, help.organisation) },
      { key: t('representation.purpose'), value: t(`representation.purpose.${help.purpose}`) },
      { key: t('representation.until'), value: instant(view, help.ended_at ?? help.ends_at) },
    ])}
    ${goesOn ? html`<form method="post" action="${`/my/help/${help.id}/end`}">${button(t('representation.help.end'), { kind: 'danger' })}</form>` : null}
    <details>
      <summary>${t('representation.acts')} (${t('ui.number', { n: acts.length })})</summary>
      ${actsList(view, acts)}
    </details>
  </section>`
}

/** What a helper typed. */
export type TypedHelp = { readonly code: string; readonly purpose: string; readonly minutes: string }

/** The page on which a helper begins to help somebody who is there. */
export function assistPage(view: View, typed: TypedHelp, errors: Readonly<Record<string, string>>, said: string | null): Html {
  const { t } = view
  const summary = Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text }))
  return html` ${errorSummary(view, summary)} ${said === null ? null : alert('success', null, html`<p>${said}</p>`)}
    <h1>${t('representation.assist.title')}</h1>
    <p class="st-lead">${t('representation.assist.lead')}</p>
    <form method="post" action="/assist" novalidate class="st-form" autocomplete="off">
      ${textField({ id: 'code', name: 'code', label: t('representation.assist.code'), hint: t('representation.assist.code.hint'), error: errors['code'], value: typed.code, width: 'm', dir: 'ltr', spellcheck: false })}
      ${radios({
        id: 'purpose',
        name: 'purpose',
        label: t('representation.assist.purpose'),
        error: errors['purpose'],
        value: typed.purpose,
        options: purposes.map((value) => ({ value, label: t(`representation.purpose.${value}`) })),
      })}
      ${radios({
        id: 'minutes',
        name: 'minutes',
        label: t('representation.assist.minutes'),
        error: errors['minutes'],
        value: typed.minutes,
        options: helpMinutes.map((n) => ({ value: String(n), label: t('representation.assist.minutes.n', { n }) })),
        inline: true,
      })}
      ${button(t('representation.assist.submit'))}
    </form>`
}
