import type { FastifyRequest } from 'fastify'
import type { Problem } from '../kernel/problem.ts'
import { ownPath } from '../platform/http/routes.ts'
import { type SentForm, sentForm, wordsOf } from '../platform/http/sentform.ts'
import { pathOf, queryWithoutLanguage } from '../platform/http/visit.ts'
import { isKiosk } from '../modules/identity/index.ts'
import { helpsSomebody } from '../modules/representation/index.ts'
import { alert, button, type Content, element, fileField, html, type Html, type Pages, type View } from '../ui/index.ts'
import { asksToSignIn, drawn } from './pages.ts'

/** Where a refused reader may go on, such as to signing in. */
type Way = (request: FastifyRequest, problem: Problem) => string | null

/**
 * The answer to a form that was refused for want of a session, or of a surer one: the form itself, with what was typed, to
 * be sent again after signing in beside it. Nothing is stored. Where the next person could read it (a shared device, or
 * while helping somebody) it says that it is gone.
 */
export function keptForm(pages: Pages, way: Way) {
  return async (request: FastifyRequest, problem: Problem): Promise<string | null> => {
    const leads = asksToSignIn(request, problem) ? way(request, problem) : null
    const form = leads === null ? null : await sentForm(request)
    if (leads === null || form === null) return null
    const view = pages.view(request)
    const opens = typeof problem.extra['opens'] === 'string' ? ownPath(problem.extra['opens']) : ''
    const gone = isKiosk(request) ? 'ui.kept.gone.shared' : helpsSomebody(request) ? 'ui.kept.gone.helping' : null
    const title = view.t(gone ? 'ui.kept.gone' : 'ui.kept.title')
    const action = `${pathOf(request)}${queryWithoutLanguage(request)}`
    const main = gone
      ? gonePage(view, title, { signIn: signInOf(leads, opens), opens }, gone)
      : keptPage(view, title, { form, action, signIn: signInOf(leads, opens), opens })
    // changing the language would leave the page, and what was typed with it
    return drawn({ ...view, city: { ...view.city, languages: [] } }, { title, main })
  }
}

function signInOf(leads: string, opens: string): string {
  return opens === '' ? leads : '/sign-in'
}

type Ways = Pick<Kept, 'signIn' | 'opens'>

function gonePage(view: View, title: string, { signIn, opens }: Ways, text: 'ui.kept.gone.shared' | 'ui.kept.gone.helping'): Html {
  return html`<h1>${title}</h1>
    ${alert('warning', null, html`<p>${view.t(text)}</p>`)}
    <p><a class="ds-link" href="${signIn}">${view.t('ui.sign_in')}</a></p>
    ${opens === '' ? null : html`<p><a class="ds-link" href="${opens}">${view.t('ui.kept.gone.code')}</a></p>`}`
}

type Kept = { readonly form: SentForm; readonly action: string; readonly signIn: string; readonly opens: string }

function keptPage(view: View, title: string, { form, action, signIn, opens }: Kept): Html {
  const { t } = view
  const words = wordsOf(form)
  const fields: Content[] = [
    form.fields.map(([name, value]) => element('input', { type: 'hidden', name, value })),
    form.files.map(({ field, name }, at) =>
      fileField({ id: `again-${at}`, name: field, label: t('ui.kept.file', { name: name.slice(0, 120) }) }),
    ),
    button(t('ui.kept.send')),
  ]
  const beside = (href: string, text: string): Html => element('a', { class: 'ds-link', href, target: '_blank', rel: 'noopener' }, text)
  return html`<h1>${title}</h1>
    ${alert('warning', null, html`<p>${t('ui.kept.text')}</p>`)}
    <ol>
      <li>${beside(signIn, t('ui.kept.sign_in'))}${opens === '' ? null : html`<br />${beside(opens, t('ui.kept.code'))}`}</li>
      <li>${t('ui.kept.return')}</li>
    </ol>
    ${form.withSecret ? html`<p>${t('ui.kept.secret')}</p>` : null}
    ${
      words.length > 0
        ? html`<h2>${t('ui.kept.words')}</h2>
            ${words.map((text) => html`<blockquote class="st-quote st-typed" dir="auto">${text}</blockquote>`)}`
        : null
    }
    ${element('form', { method: 'post', action, class: 'st-form', novalidate: true, enctype: form.multipart ? 'multipart/form-data' : null }, fields)}`
}
