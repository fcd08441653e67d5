import { alert, type Content, day, html, type Html, linkList, words, type View } from '../../../../ui/index.ts'
import { billPath } from '../../pay/see.ts'
import { owed } from '../../pay/views/words.ts'
import { type HelpWay, helpWays } from '../form.ts'
import type { Help } from '../help.ts'
import type { ProposalKind } from '../proposal.ts'

/** The request behind each way. */
export const asks: Readonly<Record<HelpWay, ProposalKind>> = { parts: 'plan', time: 'defer', wrong: 'objection', waiver: 'waive' }

/** The help on a bill's page: what is agreed or asked, and the ways to it. */
export function helpPanel(view: View, help: Help): Html {
  const { t } = view
  return html`<section class="st-flow st-callout" aria-labelledby="help">
    <h2 id="help">${t('payments.help.title')}</h2>
    <p>${t('payments.help.text')}</p>
    ${standing(view, help)} ${ways(view, help)}
  </section>`
}

/** The page with the ways to get help; `done` says what was just done. */
export function helpPage(view: View, help: Help, done: 'planned' | 'deferred' | 'received' | null): Html {
  const { t } = view
  const { bill } = help
  return html`<h1>${t('payments.help.title')}</h1>
    <p class="st-lead">${words(view, bill.title)} · <bdi>${bill.reference}</bdi> · ${owed(view, bill, bill.outstanding)}</p>
    ${done ? alert('success', t(`payments.help.done.${done}`), html`<p>${t(`payments.help.done.${done}.text`)}</p>`) : null}
    ${
      bill.state === 'open'
        ? html`<p>${t('payments.help.text')}</p>
            ${standing(view, help)} ${ways(view, help)}`
        : html`<p>${t('payments.help.ended')}</p>`
    }
    <p><a class="ds-link" href="${billPath(bill)}">${t('payments.help.back')}</a></p>`
}

function standing(view: View, { waiting, planned, deferred }: Help): Content {
  const { t } = view
  const lines: Content[] = [
    ...(planned ? [t('payments.help.standing.planned')] : []),
    ...(deferred ? [html`${t('payments.help.standing.deferred')} ${day(view, deferred)}`] : []),
    ...waiting.map(({ kind }) => html`${t(`payments.help.asked.${kind}`)}: ${t('payments.help.standing.waits')}`),
  ]
  if (lines.length === 0) return null
  return alert(
    'info',
    null,
    html`<ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`,
  )
}

function ways(view: View, { bill, waiting }: Help): Content {
  const { t } = view
  const free = helpWays.filter((way) => !waiting.some(({ kind }) => kind === asks[way]))
  if (free.length === 0) return null
  return linkList(
    free.map((way) => ({ href: `${billPath(bill)}/${way}`, title: t(`payments.help.${way}`), text: t(`payments.help.${way}.text`) })),
  )
}
