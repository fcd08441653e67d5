import {
  alert,
  button,
  type Content,
  errorSummary,
  html,
  type Html,
  linkButton,
  plainWords,
  selectField,
  textField,
  type View,
} from '../../../../ui/index.ts'
import type { Board } from '../../service/board.ts'

/** What was filled in, and what is wrong with it. */
export type AlertForm = {
  readonly email: string
  readonly district: string
  readonly place: string
  readonly group: string
  readonly issues: ReadonlyArray<{ readonly field: 'email' | 'place'; readonly message: string }>
  /** Names that a place that was not found may have meant. */
  readonly like: readonly string[]
}

/** The page on which somebody asks to hear of new reports. */
export function alertPage(view: View, board: Board, form: AlertForm): Html {
  const { t } = view
  const issue = (field: string): Content => form.issues.find((each) => each.field === field)?.message ?? null
  const districts = board.places?.districts ?? []
  return html`${
    form.issues.length > 0
      ? errorSummary(
          view,
          form.issues.map((each) => ({ href: `#${each.field}`, text: each.message })),
        )
      : null
  }
    <h1>${t('reports.public.alerts.title')}</h1>
    <p class="st-lead">${t('reports.public.alerts.lead')}</p>
    <form method="post" action="/reports/alerts" class="st-flow" novalidate>
      ${selectField({ id: 'district', name: 'district', label: t('reports.public.district'), value: form.district, empty: t('reports.public.alerts.choose'), options: districts.map((each) => ({ value: each.id, label: plainWords(view, each.name) })) })}
      ${textField({ id: 'place', name: 'place', label: t('reports.public.alerts.place'), hint: t('reports.public.alerts.place.hint'), value: form.place, maxlength: 120, error: issue('place') })}
      ${form.like.length > 0 ? html`<p>${t('reports.public.alerts.like')} ${form.like.map((name, at) => html`${at > 0 ? ' · ' : ''}<bdi>${name}</bdi>`)}</p>` : null}
      ${selectField({ id: 'group', name: 'group', label: t('reports.public.group'), value: form.group, empty: t('reports.public.all'), options: board.categories.groups.map((each) => ({ value: each.id, label: plainWords(view, each.name) })) })}
      ${textField({ id: 'email', name: 'email', label: t('reports.public.alerts.email'), type: 'email', autocomplete: 'email', dir: 'ltr', value: form.email, maxlength: 254, error: issue('email') })}
      ${button(t('reports.public.alerts.ask'))}
    </form>
    <p class="st-meta">${t('reports.public.alerts.privacy')}</p>`
}

/** What a page about an alert says, and what can be pressed on it. */
export function alertWord(view: View, what: 'asked' | 'confirm' | 'confirmed' | 'end' | 'ended', place: string | null, code: string): Html {
  const { t } = view
  const asks = what === 'confirm' || what === 'end'
  return html`<h1>${t(`reports.public.alerts.${what}.title`)}</h1>
    ${asks ? html`<p>${t(`reports.public.alerts.${what}.text`, { place: place ?? '' })}</p>` : alert(what === 'asked' ? 'info' : 'success', null, html`<p>${t(`reports.public.alerts.${what}.text`)}</p>`)}
    ${
      asks
        ? html`<form method="post" action="${what === 'confirm' ? '/reports/alerts/confirm' : '/reports/alerts/end'}" class="st-flow">
            <input type="hidden" name="code" value="${code}" />
            ${button(t(`reports.public.alerts.${what}.press`))}
          </form>`
        : html`<p>${linkButton('/reports', t('reports.public.to_list'), { kind: 'secondary' })}</p>`
    }`
}
