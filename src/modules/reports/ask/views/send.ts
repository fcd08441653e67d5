import {
  alert, button, type Content, errorSummary, hiddenInputs, html, type Html, radios, type SummaryRow, summaryList, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import { FORM, stepLine } from './frame.ts'

/** What was typed on the last page. */
export type Contact = { readonly how: string; readonly email: string; readonly name: string; readonly phone: string }

/** What the last page shows. */
export type SendParts = {
  readonly draftId: string
  readonly rows: readonly SummaryRow[]
  readonly contact: Contact
  /** Whether the reader's own account can stand for them. */
  readonly account: boolean
  /** The reference of the report that this is added to; null for one of its own. */
  readonly joins: string | null
  readonly wrong: { readonly field: 'email' | 'phone'; readonly text: string } | null
  /** The ticket to come back with, and after how many seconds. */
  readonly wait: { readonly ticket: string; readonly seconds: number } | null
}

/** Looking over what will be sent, saying whom to tell, and sending. */
export function sendPage(view: View, parts: SendParts): Html {
  const { t } = view
  const { wait, wrong } = parts
  const joins = parts.joins !== null
  return html`${errorSummary(view, wrong ? [{ href: `#${wrong.field}`, text: wrong.text }] : [])} ${stepLine(view, 4)}
    ${wait ? waiting(view, wait.seconds) : null}
    <h1>${joins ? t('reports.ask.send.title_join', { reference: parts.joins }) : t('reports.ask.send.title')}</h1>
    ${summaryList(parts.rows)}
    <form method="post" id="${FORM}" novalidate class="st-form st-flow" action="/reports/new/send">
      ${hiddenInputs({ draft: parts.draftId, ticket: wait?.ticket })}
      <h2>${t('reports.ask.send.contact')}</h2>
      <p>${t('reports.ask.send.contact_text')}</p>
      ${parts.account ? own(view, parts.contact) : fields(view, parts)}
      <p>${t('reports.ask.send.public')} <a class="ds-link" href="/privacy">${t('reports.ask.send.privacy')}</a></p>
      ${button(t(joins ? 'reports.ask.send.submit_join' : 'reports.ask.send.submit'))}
    </form>`
}

function waiting(view: View, seconds: number): Html {
  const { t } = view
  return alert(
    'warning',
    t('reports.ask.wait.title'),
    html`<p>${t('reports.ask.wait.text', { n: seconds })}</p>
      ${view.viewer === null ? html`<p>${t('reports.ask.wait.account')} <a class="ds-link" href="/sign-in?next=/reports/new/send">${t('ui.sign_in')}</a></p>` : null}`,
  )
}

function own(view: View, contact: Contact): Html {
  const { t } = view
  return radios({
    id: 'how',
    name: 'how',
    label: t('reports.ask.send.how'),
    value: contact.how === 'anonymous' ? 'anonymous' : 'account',
    options: [
      { value: 'account', label: t('reports.ask.send.account'), hint: t('reports.ask.send.account_hint') },
      { value: 'anonymous', label: t('reports.ask.send.anonymous'), hint: t('reports.ask.send.anonymous_hint') },
    ],
  })
}

function fields(view: View, { contact, wrong, joins }: SendParts): Content {
  const { t } = view
  const error = (field: 'email' | 'phone'): string | undefined => (wrong?.field === field ? wrong.text : undefined)
  return html`${textField({
    id: 'email',
    name: 'email',
    label: optional(view, t('reports.ask.send.email')),
    hint: t(joins === null ? 'reports.ask.send.email_hint' : 'reports.page.follow.email_hint'),
    error: error('email'),
    value: contact.email,
    type: 'email',
    inputmode: 'email',
    autocomplete: 'email',
    spellcheck: false,
    dir: 'ltr',
    width: 'm',
    maxlength: 254,
  })}
    ${joins === null ? callable(view, contact, error('phone')) : null}
    <p>${t('reports.ask.send.sign_in')} <a class="ds-link" href="/sign-in?next=/reports/new/send">${t('ui.sign_in')}</a></p>`
}

/** Name and number, for a crew that does not find it; not of whoever adds to another's report. */
function callable(view: View, contact: Contact, error: string | undefined): Html {
  const { t } = view
  return html`<details class="st-group" ?open="${contact.name !== '' || contact.phone !== ''}">
      <summary>${t('reports.ask.send.more')}</summary>
      <p>${t('reports.ask.send.more_text')}</p>
      ${textField({ id: 'name', name: 'name', label: optional(view, t('reports.ask.send.name')), value: contact.name, autocomplete: 'name', width: 'm', maxlength: 200 })}
      ${textField({
        id: 'phone',
        name: 'phone',
        label: optional(view, t('reports.ask.send.phone')),
        error,
        value: contact.phone,
        type: 'tel',
        inputmode: 'tel',
        autocomplete: 'tel',
        dir: 'ltr',
        width: 'm',
        maxlength: 40,
      })}
    </details>`
}

function optional({ t }: View, label: string): Html {
  return html`${label} <span class="st-optional">${t('ui.field.optional')}</span>`
}
