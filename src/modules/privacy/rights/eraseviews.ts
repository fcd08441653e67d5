import { alert, button, buttonRow, type Content, dataTable, day, errorSummary, hiddenInputs, html, type Html, linkButton, textField, type View, words } from '../../../ui/index.ts' // prettier-ignore
import { lawOf } from './plain.ts'
import { yourDataNav } from '../yourdata.ts'
import type { ErasurePlan, Kept } from './erase.ts'

/** What the page of erasing is drawn with. */
export type ErasePage = {
  readonly plan: ErasurePlan
  readonly asks: boolean
  /** Why the confirmation was not taken. */
  readonly error: string | null
  /** Whether the reader has to show again who they are. */
  readonly signInFirst: boolean
  readonly done: boolean
}

/** What goes at once, what stays and why; and the form that erases. */
export function erasePage(view: View, { plan, asks, error, signInFirst, done }: ErasePage): Html {
  const { t } = view
  const whole = plan.kept.length === 0
  const something = whole || plan.drafts + plan.cases.length + plan.messages + plan.reports + plan.alerts > 0
  return html` ${error ? errorSummary(view, [{ href: '#word', text: error }]) : null}
    <h1>${t('privacy.erase.title')}</h1>
    ${yourDataNav(view)} ${done ? alert('success', null, html`<p>${t('privacy.erase.part_done')}</p>`) : null}
    <p class="st-lead">${t(whole ? 'privacy.erase.lead.whole' : 'privacy.erase.lead.part')}</p>
    ${goes(view, plan, whole)} ${whole ? moneyFirst(view, plan.money) : null} ${stays(view, plan.kept, asks)} ${something ? confirm(view, whole, error, signInFirst) : null}`
}

function goes(view: View, plan: ErasurePlan, whole: boolean): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="goes">
    <h2 id="goes">${t('privacy.erase.goes')}</h2>
    <ul>
      <li>${t('privacy.erase.goes.drafts', { count: plan.drafts })}</li>
      <li>${t('privacy.erase.goes.cases', { count: plan.cases.length })}</li>
      <li>${t('privacy.erase.goes.messages', { count: plan.messages })}</li>
      ${plan.alerts > 0 ? html`<li>${t('privacy.erase.goes.alerts', { count: plan.alerts })}</li>` : null}
      ${plan.reports > 0 ? html`<li>${t('privacy.erase.goes.reports', { count: plan.reports })}</li>` : null}
      ${whole ? html`<li>${t('privacy.erase.goes.account')}</li>` : null}
    </ul>
    <p>${t('privacy.erase.how')}</p>
  </section>`
}

/** What somebody who goes as a whole should settle first: refunds cannot be sent to a person whose account is erased. */
function moneyFirst({ t }: View, { bills, refunds }: ErasurePlan['money']): Content {
  if (bills + refunds === 0) return null
  return alert(
    'warning',
    t('privacy.erase.money'),
    html`<ul>
      ${refunds > 0 ? html`<li>${t('privacy.erase.money.refunds', { count: refunds })}</li>` : null}
      ${bills > 0 ? html`<li>${t('privacy.erase.money.bills', { count: bills })}</li>` : null}
    </ul>`,
  )
}

function stays(view: View, kept: readonly Kept[], asks: boolean): Content {
  if (kept.length === 0) return null
  const { t } = view
  const rows = kept.map((each) => [
    html`${words(view, each.service.definition.title)}<br /><bdi class="st-meta">${each.current.reference}</bdi>`,
    each.why === 'open' ? t('privacy.erase.why.open') : html`${t('privacy.erase.why.law')} ${lawOf(each.service, view.locale)}`,
    each.until ? day(view, each.until) : t('privacy.erase.until.open'),
    ...(asks
      ? [
          html`<form method="post" action="/my/data/requests">
            ${hiddenInputs({ kind: 'erase', reference: each.current.reference })}
            ${button(t('privacy.erase.ask'), { kind: 'tertiary', about: each.current.reference })}
          </form>`,
        ]
      : []),
  ])
  const head = [
    t('privacy.data.application'),
    t('privacy.erase.why'),
    t('privacy.data.until'),
    ...(asks ? [t('privacy.erase.all_the_same')] : []),
  ]
  return html`<section class="st-flow" aria-labelledby="stays">
    <h2 id="stays">${t('privacy.erase.stays')}</h2>
    <p>${t('privacy.erase.stays.text')}</p>
    ${dataTable({ caption: t('privacy.erase.stays'), captionHidden: true, head, rows, id: 'stays-table' })}
  </section>`
}

function confirm(view: View, whole: boolean, error: string | null, signInFirst: boolean): Html {
  const { t } = view
  const word = t('privacy.erase.word')
  if (signInFirst) {
    return alert(
      'info',
      null,
      html`<p>${t('privacy.erase.sign_in_first')}</p>
        <p>${linkButton('/sign-in?next=/my/data/erase', t('ui.sign_in'))}</p>`,
    )
  }
  return html`<form method="post" class="st-form" novalidate action="/my/data/erase">
    ${alert('warning', null, html`<p>${t(whole ? 'privacy.erase.warning.whole' : 'privacy.erase.warning.part')}</p>`)}
    ${textField({
      id: 'word',
      name: 'word',
      label: t('privacy.erase.confirm', { word }),
      error: error ?? undefined,
      width: 's',
      spellcheck: false,
    })}
    ${buttonRow(button(t(whole ? 'privacy.erase.submit.whole' : 'privacy.erase.submit.part'), { kind: 'danger' }), linkButton('/my/data', t('privacy.erase.keep'), { kind: 'secondary' }))}
  </form>`
}

/** What is said when somebody is gone. */
export function erasedPage(view: View): Html {
  const { t } = view
  return html`<h1>${t('privacy.erase.done.title')}</h1>
    <p class="st-lead">${t('privacy.erase.done.text')}</p>
    <p>${t('privacy.erase.done.journal')}</p>
    <p>${linkButton('/', t('privacy.erase.done.home'))}</p>`
}
