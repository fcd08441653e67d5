import { element, html, type Html, icon, type View } from '../../../../ui/index.ts'
import { actKinds } from '../act.ts'

const STATES = ['waiting', 'conflict', 'refused', 'broken'] as const
const SAYS = ['offline', 'online', 'kept', 'sign_in', 'full'] as const
const MISSING = ['note_needed', 'crew_needed', 'crew_same', 'evidence_needed', 'day_needed', 'day_to_come', 'why_needed', 'authority_needed', 'of_needed', 'programme_needed', 'programme_day_needed'] as const // prettier-ignore

/**
 * What the device keeps and what waits for a connection; the script fills it in, without it there is nothing to show. All
 * words that the script needs come from here. `who` is the name under which the device keeps things; null in the frame that
 * stands in for pages without a connection.
 */
export function crewBox(view: View, { who }: { who: string | null }): Html {
  const { t } = view
  const words: Record<string, string> = {}
  for (const state of STATES) words[`data-state-${state}`] = t(`reports.crew.outbox.${state}`)
  for (const say of SAYS) words[`data-say-${say.replaceAll('_', '-')}`] = t(`reports.crew.say.${say}`)
  for (const kind of actKinds) words[`data-act-${kind.replaceAll('_', '-')}`] = t(`reports.crew.act.${kind}`)
  for (const key of MISSING) words[`data-missing-${key.replaceAll('_', '-')}`] = t(`reports.crew.issue.${key}`)
  const attributes = { id: 'crew', class: 'st-outbox', 'data-crew': '', 'data-who': who ?? '', ...words, hidden: true }
  return element('div', attributes, [
    html`<p class="st-outbox-line" role="status">${icon('clock')}<span data-line></span></p>`,
    html`<p data-sign-in hidden><a class="ds-link" href="/sign-in?next=/officer/crew">${t('reports.crew.sign_in')}</a></p>`,
    html`<section data-pending hidden aria-labelledby="pending">
      <h2 id="pending">${t('reports.crew.outbox')}</h2>
      <ul class="st-plain st-flow" data-acts></ul>
    </section>`,
    html`<template id="pending-act">${pendingAct(view)}</template>`,
  ])
}

/** One act that waits; of a conflict both versions, with what can be done. */
function pendingAct(view: View): Html {
  const { t } = view
  const press = (choice: string): Html =>
    element(
      'button',
      { type: 'button', class: 'ds-button', 'data-variant': 'secondary', 'data-choice': choice },
      t(`reports.crew.choice.${choice}`),
    )
  return html`<li class="st-outbox-act" tabindex="-1">
    <p><strong data-slot="act"></strong> <bdi data-slot="reference"></bdi> <span data-slot="category"></span></p>
    <p class="st-meta" data-slot="state"></p>
    <p class="st-error" data-slot="error"></p>
    <dl class="st-inner" data-versions>
      <div>
        <dt>${t('reports.crew.mine')}</dt>
        <dd dir="auto" data-slot="mine"></dd>
      </div>
      <div data-now>
        <dt>${t('reports.crew.now')}</dt>
        <dd dir="auto" data-slot="now"></dd>
      </div>
    </dl>
    <div class="st-buttons" data-choices>${['again', 'note', 'retry', 'drop'].map(press)}</div>
  </li>`
}
