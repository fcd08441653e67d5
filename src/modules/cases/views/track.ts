import {
  button,
  cardGrid,
  type Content,
  day,
  errorSummary,
  html,
  type Html,
  instant,
  linkButton,
  linkList,
  textField,
  type View,
  words,
} from '../../../ui/index.ts'
import type { ListedCase } from '../read.ts'
import { agencyName, outcomeText, stateText } from './words.ts'

/** The form for coming to a case with its reference and code. `error` is the same for everything that does not fit. */
export function trackPage(view: View, typed: { reference: string; code: string }, error: string | null): Html {
  const { t } = view
  return html` ${error ? errorSummary(view, [{ href: '#reference', text: error }]) : null}
    <h1>${t('cases.track.title')}</h1>
    <p class="st-lead">${t('cases.track.lead')}</p>
    <form method="post" novalidate class="st-form" id="track" action="/track">
      ${textField({
        id: 'reference',
        name: 'reference',
        label: t('cases.reference'),
        hint: t('cases.track.reference_hint'),
        error: error ?? undefined,
        value: typed.reference,
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${textField({
        id: 'code',
        name: 'code',
        label: t('cases.track.code'),
        hint: t('cases.track.code_hint'),
        value: typed.code,
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${button(t('cases.track.submit'))}
    </form>
    <p>${t('cases.track.account')} <a class="ds-link" href="/sign-in?next=/my">${t('ui.sign_in')}</a></p>`
}

/** A signed-in person's cases and drafts. */
export function myPage(view: View, cases: readonly ListedCase[], drafts: Content): Html {
  const { t } = view
  const open = cases.filter((each) => each.current.closed_at === null)
  const closed = cases.filter((each) => each.current.closed_at !== null)
  return html` <h1>${t('cases.my.title')}</h1>
    ${
      cases.length === 0
        ? html`<p>${t('cases.my.none')}</p>
            <p>${linkButton('/services', t('cases.my.services'))}</p>`
        : null
    }
    ${
      open.length > 0
        ? html`<section class="st-flow" aria-labelledby="open">
            <h2 id="open">${t('cases.my.open')}</h2>
            ${cards(view, open)}
          </section>`
        : null
    }
    ${drafts}
    ${
      closed.length > 0
        ? html`<section class="st-flow" aria-labelledby="closed">
            <h2 id="closed">${t('cases.my.closed')}</h2>
            ${cards(view, closed)}
          </section>`
        : null
    }
    ${
      view.acting && view.acting.state !== 'ended'
        ? null
        : html`<section class="st-flow" aria-labelledby="more">
            <h2 id="more">${t('cases.my.more')}</h2>
            ${linkList([
              { href: '/my/data', title: t('cases.my.data') },
              { href: '/my/access', title: t('cases.my.access') },
              { href: '/my/mandates', title: t('cases.my.mandates') },
              { href: '/my/help', title: t('cases.my.help') },
              { href: '/account', title: t('cases.my.account') },
            ])}
          </section>`
    }
    <p><a class="ds-link" href="/track">${t('cases.my.track')}</a></p>`
}

function cards(view: View, cases: readonly ListedCase[]): Html {
  return cardGrid(
    cases.map(({ current, service }) => ({
      href: `/cases/${current.reference}`,
      title: words(view, service.definition.title),
      text: current.outcome
        ? outcomeText(view, current.outcome)
        : html`${stateText(view, service, current)} · ${agencyName(view, current.agency)}`,
      meta: html`<bdi>${current.reference}</bdi> · ${cardDate(view, current)}`,
    })),
  )
}

function cardDate(view: View, current: ListedCase['current']): Content {
  if (current.closed_at) return html`${view.t('cases.closed_on')} ${instant(view, current.closed_at)}`
  return current.deadline
    ? html`${view.t('cases.card.deadline')} ${day(view, current.deadline)}`
    : html`${view.t('cases.submitted_on')} ${instant(view, current.submitted_at)}`
}
