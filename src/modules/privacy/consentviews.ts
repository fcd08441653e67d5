import {
  alert, button, type Content, dataTable, hiddenInputs, html, type Html, instant, plainWords, tag, type Tone, type View, words,
} from '../../ui/index.ts' // prettier-ignore
import { checkboxes } from '../../ui/index.ts'
import { type Choices, choiceNames, type Signals } from './choices.ts'
import { type ConsentState, type LedgerLine, type Standing, wordingHash } from './consent.ts'
import { yourDataNav } from './yourdata.ts'

const TONES: Readonly<Record<Standing, Tone>> = { open: 'neutral', given: 'success', changed: 'warning', withdrawn: 'neutral' }

/** What the city asks, in its very words, with yes and no; below it everything that was said. */
export function consentsView(
  view: View,
  states: readonly ConsentState[],
  ledger: readonly LedgerLine[],
  notShared: boolean,
  done: Content,
): Html {
  const { t } = view
  return html`${done}
    <h1>${t('privacy.consents.title')}</h1>
    <p class="st-lead">${t('privacy.consents.lead')}</p>
    ${yourDataNav(view)} ${states.length === 0 ? html`<p>${t('privacy.consents.none')}</p>` : null}
    ${states.map((state) => consentPart(view, state, notShared))} ${history(view, ledger)}`
}

function consentPart(view: View, { consent, standing, at }: ConsentState, notShared: boolean): Html {
  const { t } = view
  const id = `consent-${consent.id.replaceAll('_', '-')}`
  const given = standing === 'given'
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${words(view, consent.title)}</h2>
    <blockquote class="st-quote"><p>${words(view, consent.wording)}</p></blockquote>
    <p>${tag(t(`privacy.standing.${standing}`), TONES[standing])} ${at ? html`<span class="st-meta">${instant(view, at)}</span>` : null}</p>
    ${standing === 'changed' ? html`<p>${t('privacy.consents.changed')}</p>` : null}
    ${given && consent.sharing && notShared ? alert('info', null, html`<p>${t('privacy.consents.not_shared')} <a class="ds-link" href="/my/privacy-choices">${t('privacy.nav.choices')}</a></p>`) : null}
    <form method="post" action="/my/consents">
      ${hiddenInputs({ consent: consent.id, wording: wordingHash(consent), act: given ? 'withdraw' : 'give' })}
      ${button(t(given ? 'privacy.consents.withdraw' : 'privacy.consents.give'), { kind: 'secondary', about: plainWords(view, consent.title) })}
    </form>
  </section>`
}

function history(view: View, ledger: readonly LedgerLine[]): Content {
  if (ledger.length === 0) return null
  const { t, city } = view
  const rows = ledger.map((line) => {
    const title = city.consents.find((each) => each.id === line.consent)?.title
    return [
      instant(view, line.at),
      title ? words(view, title) : line.consent,
      t(`privacy.act.${line.act}`),
      html`<details>
        <summary>${t('privacy.consents.version', { version: line.version })}</summary>
        <span lang="${line.language}">${line.wording}</span>
      </details>`,
    ]
  })
  return html`<section class="st-flow" aria-labelledby="ledger">
    <h2 id="ledger">${t('privacy.consents.ledger')}</h2>
    ${dataTable({
      caption: t('privacy.consents.ledger'),
      captionHidden: true,
      head: [t('privacy.access.when'), t('privacy.consents.what'), t('privacy.consents.act'), t('privacy.consents.words')],
      rows,
    })}
  </section>`
}

/** What anybody may choose for their data, with an account or without; says so when the browser has spoken already. */
export function choicesView(view: View, now: Choices, signals: Signals, signedIn: boolean, done: Content): Html {
  const { t } = view
  return html`${done}
    <h1>${t('privacy.choices.title')}</h1>
    <p class="st-lead">${t('privacy.choices.lead')}</p>
    ${signedIn ? yourDataNav(view) : null}
    ${signals.gpc ? alert('info', t('privacy.choices.gpc.title'), html`<p>${t('privacy.choices.gpc')}</p>`) : null}
    <form method="post" action="/my/privacy-choices" class="st-form">
      ${checkboxes({
        id: 'choices',
        name: 'choice',
        label: t('privacy.choices.legend'),
        value: choiceNames.filter((name) => now[name]),
        options: choiceNames.map((name) => ({
          value: name,
          label: t(`privacy.choice.${name}`),
          hint: t(`privacy.choice.${name}.hint`),
          disabled: name === 'no_sharing' && signals.gpc,
        })),
      })}
      ${button(t('privacy.choices.save'))}
    </form>
    <p>${t(signedIn ? 'privacy.choices.kept.account' : 'privacy.choices.kept.browser')}</p>
    <p><a class="ds-link" href="/privacy">${t('privacy.page.title')}</a></p>`
}
