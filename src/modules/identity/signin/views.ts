import { alert, button, errorSummary, hiddenInputs, html, type Html, textField, type View } from '../../../ui/index.ts'
import type { Level } from '../../access/index.ts'
import type { Means } from '../factors/factors.ts'
import type { FormErrors } from '../views.ts'
import { withNext } from './next.ts'

/** What the sign-in page shows besides its fields. */
export type SignInShown = {
  readonly typed: string
  readonly next: string
  readonly errors: FormErrors
  readonly passkeys: boolean
  /** The ways of outside providers, when there are any. */
  readonly providers: Html | null
}

/** The script of pages with passkeys. */
export function passkeyScript(view: View): Html {
  return html`<script type="module" src="${view.assets.passkeys}"></script>`
}

function summary(view: View, errors: FormErrors): Html {
  return html`${errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )}`
}

/**
 * The form that a script sends with what a passkey has signed. It is drawn for everybody and works with the script; in
 * its place stands a sentence that says so.
 */
export function passkeyForm(
  view: View,
  o: {
    act: 'get' | 'create'
    action: string
    options: string
    label: string
    hint: string
    fields?: Html
    next?: string
    autofill?: boolean
    error?: string
  },
): Html {
  return html`<form
      method="post"
      action="${o.action}"
      class="st-form"
      hidden
      data-passkey="${o.act}"
      data-options="${o.options}"
      data-autofill="${o.autofill ? 'yes' : ''}"
    >
      ${hiddenInputs({ next: o.next || null, answer: '' })} ${o.fields}
      <p class="st-hint" id="passkey-hint">${o.hint}</p>
      <p class="st-error" role="alert" data-passkey-failed data-text="${view.t('identity.passkey.failed')}" id="passkey">${o.error}</p>
      ${button(o.label, { kind: o.act === 'get' && o.autofill ? 'secondary' : 'primary' })}
    </form>
    <p class="st-hint" data-passkey-off>${view.t('identity.passkey.script')}</p>`
}

/** The page on which somebody signs in. */
export function signInPage(view: View, o: SignInShown): Html {
  const { t } = view
  const ways: ReadonlyArray<readonly [string, string]> = [
    ['/sign-in/link', t('identity.link.link')],
    ['/sign-in/letter', t('identity.letter.link')],
    ['/reset', t('identity.reset.link')],
    ['/register', t('identity.register.link')],
  ]
  return html`${summary(view, o.errors)}
    <h1>${t('identity.sign_in.title')}</h1>
    ${
      o.passkeys
        ? passkeyForm(view, {
            act: 'get',
            action: '/sign-in/passkey',
            options: '/sign-in/passkey/options',
            label: t('identity.passkey.sign_in'),
            hint: t('identity.passkey.what'),
            next: o.next,
            autofill: true,
            error: o.errors['passkey'],
          })
        : null
    }
    <form method="post" novalidate class="st-form" action="/sign-in">
      ${hiddenInputs({ next: o.next || null })}
      ${textField({
        id: 'email',
        name: 'email',
        label: t('identity.email'),
        error: o.errors['email'],
        type: 'email',
        autocomplete: o.passkeys ? 'username webauthn' : 'username',
        value: o.typed,
        spellcheck: false,
      })}
      ${textField({ id: 'password', name: 'password', label: t('identity.password'), type: 'password', autocomplete: 'current-password', spellcheck: false })}
      ${button(t('identity.sign_in.submit'))}
    </form>
    ${o.providers}
    <h2>${t('identity.ways.title')}</h2>
    <ul class="st-links">
      ${ways.map(([path, text]) => html`<li><a class="ds-link" href="${withNext(path, o.next)}">${text}</a></li>`)}
      <li><a class="ds-link" href="/track">${t('identity.track.link')}</a></li>
    </ul>`
}

/** A second step or a surer sign-in: what of it the account has. */
export type StepShown = {
  readonly title: string
  readonly lead: string
  readonly means: Means
  readonly errors: FormErrors
  readonly next: string
  readonly level: Level | null
  readonly passkeys: boolean
  /** Where a code is sent, and where what a passkey signed is sent; null when codes do not reach the level. */
  readonly codeAction: string | null
  readonly passkeyAction: string
  readonly passkeyOptions: string
  /** The password is asked for with the code: this session began without it. */
  readonly withPassword: boolean
  readonly more: Html | null
}

/** The page of a second step: passkey, or a code of the app or of the list of recovery codes. */
export function stepPage(view: View, o: StepShown): Html {
  const { t } = view
  return html`${summary(view, o.errors)}
    <h1>${o.title}</h1>
    <p class="st-lead">${o.lead}</p>
    ${
      o.passkeys && o.means.passkeys > 0
        ? passkeyForm(view, {
            act: 'get',
            action: withNext(o.passkeyAction, o.next, o.level),
            options: o.passkeyOptions,
            label: t('identity.passkey.use'),
            hint: t('identity.passkey.what'),
            next: o.next,
            error: o.errors['passkey'],
          })
        : null
    }
    ${
      o.codeAction !== null && (o.means.totp || o.means.recovery > 0)
        ? html`<form method="post" novalidate class="st-form" action="${o.codeAction}">
            ${hiddenInputs({ next: o.next || null, level: o.level })}
            ${
              o.withPassword
                ? textField({
                    id: 'password',
                    name: 'password',
                    label: t('identity.password'),
                    type: 'password',
                    autocomplete: 'current-password',
                    error: o.errors['password'],
                    spellcheck: false,
                  })
                : null
            }
            ${textField({
              id: 'code',
              name: 'code',
              label: t('identity.step.code'),
              hint: t('identity.step.hint'),
              error: o.errors['code'],
              autocomplete: 'one-time-code',
              width: 's',
              dir: 'ltr',
              spellcheck: false,
            })}
            ${button(t('identity.step.submit'))}
          </form>`
        : null
    }
    ${o.more}`
}

/** Where the demo's own authenticator is. */
export function demoHint(view: View): Html | null {
  if (!view.demo) return null
  return alert(
    'info',
    null,
    html`<p>${view.t('identity.step.demo')} <a class="ds-link" href="/demo/authenticator">${view.t('identity.step.demo.link')}</a></p>`,
  )
}

/** What somebody reads who has to wait before the next try, and the ways that stay open. */
export function waitPage(view: View, minutes: number, next: string, passkeys: boolean): Html {
  const { t } = view
  return html`<h1>${t('identity.wait.title')}</h1>
    ${alert('warning', null, html`<p>${t('identity.wait.text', { minutes })}</p>`)}
    <h2>${t('identity.wait.ways')}</h2>
    <ul class="st-links">
      ${passkeys ? html`<li><a class="ds-link" href="${withNext('/sign-in', next)}">${t('identity.wait.passkey')}</a></li>` : null}
      <li><a class="ds-link" href="${withNext('/sign-in/link', next)}">${t('identity.link.link')}</a></li>
      <li><a class="ds-link" href="${withNext('/reset', next)}">${t('identity.reset.link')}</a></li>
      <li><a class="ds-link" href="${withNext('/sign-in/letter', next)}">${t('identity.letter.link')}</a></li>
    </ul>
    <p>${t('identity.wait.counter')}</p>`
}
