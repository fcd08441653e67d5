import { button, errorSummary, html, type Html, linkButton, textField, type View } from '../../../../ui/index.ts'

/** The form for coming to a bill with its reference and code. `error` is the same for everything that does not fit. */
export function askPage(view: View, typed: { reference: string }, error: string | null): Html {
  const { t } = view
  return html` ${errorSummary(view, error ? [{ href: '#reference', text: error }] : [])}
    <h1>${t('payments.pay.title')}</h1>
    <p class="st-lead">${t('payments.pay.lead')}</p>
    <form method="post" novalidate class="st-form" action="/pay">
      ${textField({
        id: 'reference',
        name: 'reference',
        label: t('payments.pay.ask.reference'),
        hint: t('payments.pay.ask.reference_hint'),
        error: error ?? undefined,
        value: typed.reference,
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${textField({
        id: 'code',
        name: 'code',
        label: t('payments.pay.ask.code'),
        hint: t('payments.pay.ask.code_hint'),
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${button(t('payments.pay.ask.submit'))}
    </form>
    <section class="st-flow" aria-labelledby="mine">
      <h2 id="mine">${t('payments.pay.ask.account')}</h2>
      <p>${t('payments.pay.ask.account_text')}</p>
      <p>
        ${
          view.viewer
            ? linkButton('/pay/mine', t('payments.pay.mine.title'), { kind: 'secondary' })
            : linkButton('/sign-in?next=/pay/mine', t('ui.sign_in'), { kind: 'secondary' })
        }
      </p>
    </section>`
}
