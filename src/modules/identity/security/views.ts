import {
  alert,
  button,
  buttonRow,
  errorSummary,
  hiddenInputs,
  html,
  type Html,
  instant,
  linkButton,
  tag,
  textField,
  type View,
} from '../../../ui/index.ts'
import { type Actor, isStaff, reaches } from '../../access/index.ts'
import { hasSecondStep } from '../factors/factors.ts'
import type { ListedPasskey } from '../factors/passkeys.ts'
import { passwordLength } from '../password.ts'
import type { ListedSession } from '../sessions.ts'
import { passkeyForm } from '../signin/views.ts'
import type { FormErrors } from '../views.ts'
import type { Security } from './service.ts'

/** What the page of an account's sign-in shows. */
export type SecurityShown = Security & {
  readonly actor: Actor
  /** Whether browsers make passkeys for this address. */
  readonly possible: boolean
  readonly next: string
  readonly said: string | null
  readonly errors: FormErrors
}

/** The page on which people see and change how they sign in. */
export function securityPage(view: View, o: SecurityShown): Html {
  const { t } = view
  const bare = !hasSecondStep(o.means)
  return html`${o.said ? alert('success', null, html`<p>${o.said}</p>`) : null}
    ${errorSummary(
      view,
      Object.entries(o.errors).map(([field, text]) => ({ href: `#${field}`, text })),
    )}
    <h1>${t('identity.security.title')}</h1>
    ${goOn(view, o, bare)} ${passkeys(view, o)} ${app(view, o)} ${bare ? null : recovery(view, o.means.recovery)}
    <h2>${t('identity.password')}</h2>
    <p>${t(o.means.password ? 'identity.security.password' : 'identity.security.no_password')}</p>
    <p>${linkButton('/account/security/password', t('identity.new_password.title'), { kind: 'secondary' })}</p>
    ${isStaff(o.actor) ? null : letter(view)} ${sessions(view, o.sessions)}`
}

/** Where to go on, for whoever came here on the way to something else. */
function goOn(view: View, o: SecurityShown, bare: boolean): Html | null {
  const { t } = view
  if (bare && isStaff(o.actor)) return alert('warning', t('identity.security.staff.title'), html`<p>${t('identity.security.staff')}</p>`)
  if (o.next === '') return null
  if (!reaches(o.actor.level, 'substantial')) return alert('info', null, html`<p>${t('identity.security.needed')}</p>`)
  return html`<p>${linkButton(o.next, t('identity.security.go_on'))}</p>`
}

function passkeys(view: View, o: SecurityShown): Html {
  const { t } = view
  return html`<h2>${t('identity.passkeys.title')}</h2>
    <p>${t('identity.passkey.what')}</p>
    ${
      o.passkeys.length === 0
        ? null
        : html`<ul class="st-plain st-flow">
            ${o.passkeys.map((passkey) => passkeyItem(view, passkey))}
          </ul>`
    }
    ${
      o.possible
        ? passkeyForm(view, {
            act: 'create',
            action: '/account/security/passkeys',
            options: '/account/security/passkeys/options',
            label: t('identity.passkey.add'),
            hint: t('identity.passkey.add.hint'),
            next: o.next,
            error: o.errors['passkey'],
            fields: textField({
              id: 'passkey-name',
              name: 'name',
              label: t('identity.passkey.name'),
              hint: t('identity.passkey.name.hint'),
              width: 'm',
            }),
          })
        : html`<p class="st-hint">${t('identity.passkey.impossible')}</p>`
    }`
}

function passkeyItem(view: View, passkey: ListedPasskey): Html {
  const { t } = view
  const path = `/account/security/passkeys/${passkey.id}`
  const used = passkey.used ? html`${t('identity.used')} ${instant(view, passkey.used)}` : t('identity.used.never')
  return html`<li class="st-flow">
    <p>
      <strong><bdi>${passkey.name}</bdi></strong>
      ${passkey.disabled ? tag(t('identity.passkey.disabled'), 'danger') : passkey.backedUp ? tag(t('identity.passkey.backed_up'), 'neutral') : null}
    </p>
    <p class="st-meta">${t('identity.added')} ${instant(view, passkey.created)} · ${used}</p>
    <details>
      <summary>${t('identity.passkey.rename')}<span class="ds-sr-only"> ${passkey.name}</span></summary>
      <form method="post" action="${`${path}/name`}" class="st-form">
        ${textField({ id: `name-${passkey.id}`, name: 'name', label: t('identity.passkey.name'), value: passkey.name, width: 'm' })}
        ${button(t('identity.passkey.rename.submit'), { kind: 'secondary', about: passkey.name })}
      </form>
    </details>
    <form method="post" action="${`${path}/remove`}">${button(t('identity.remove'), { kind: 'tertiary', about: passkey.name })}</form>
  </li>`
}

function app(view: View, o: SecurityShown): Html {
  const { t } = view
  return html`<h2>${t('identity.app.title')}</h2>
    <p>${t('identity.app.what')}</p>
    ${buttonRow(
      html`<form method="post" action="/account/security/app">
        ${hiddenInputs({ next: o.next || null })} ${button(t(o.means.totp ? 'identity.app.replace' : 'identity.app.add'), { kind: 'secondary' })}
      </form>`,
      o.means.totp
        ? html`<form method="post" action="/account/security/app/remove">
            ${button(t('identity.remove'), { kind: 'tertiary', about: t('identity.app.title') })}
          </form>`
        : null,
    )}`
}

function recovery(view: View, left: number): Html {
  const { t } = view
  return html`<h2>${t('identity.recovery.title')}</h2>
    <p>${t('identity.recovery.what')}</p>
    <p>${t('identity.recovery.left', { count: left })}</p>
    <form method="post" action="/account/security/recovery">${button(t('identity.recovery.make'), { kind: 'secondary' })}</form>`
}

function letter(view: View): Html {
  const { t } = view
  return html`<h2>${t('identity.letter.ask.title')}</h2>
    <p>${t('identity.letter.ask.text')}</p>
    <form method="post" action="/account/security/letter">${button(t('identity.letter.ask'), { kind: 'secondary' })}</form>`
}

function sessions(view: View, list: readonly ListedSession[]): Html {
  const { t } = view
  return html`<h2>${t('identity.sessions.title')}</h2>
    <p>${t('identity.sessions.text')}</p>
    <ul class="st-plain st-flow">
      ${list.map(
        (session) =>
          html`<li class="st-flow">
            <p>
              <strong><bdi>${session.device || t('identity.sessions.unknown')}</bdi></strong>
              ${session.current ? tag(t('identity.sessions.current'), 'success') : null}
            </p>
            <p class="st-meta">
              ${t(`identity.level.${session.level}`)} · ${t('identity.sessions.began')} ${instant(view, session.began)} ·
              ${t('identity.sessions.seen')} ${instant(view, session.seen)}
            </p>
            ${
              session.current
                ? null
                : html`<form method="post" action="${`/account/security/sessions/${session.id}/end`}">
                    ${button(t('identity.sessions.end'), { kind: 'secondary', about: session.device })}
                  </form>`
            }
          </li>`,
      )}
    </ul>
    ${
      list.length > 1
        ? html`<form method="post" action="/account/security/sessions/end-others">${button(t('identity.sessions.end_others'), { kind: 'secondary' })}</form>`
        : null
    }`
}

/** The page that sets up an authenticator app: the code for its camera, the same to type, and the field for its first code. */
export function appPage(view: View, secret: string, next: string, errors: FormErrors): Html {
  const { t } = view
  return html`${errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )}
    <h1>${t('identity.app.title')}</h1>
    <p class="st-lead">${t('identity.app.scan')}</p>
    <p><img class="st-qr" src="/account/security/app/qr.svg" alt="${t('identity.app.qr')}" width="240" height="240" /></p>
    <p>${t('identity.app.type')}</p>
    <p class="st-reference"><bdi>${secret.match(/.{1,4}/g)?.join(' ') ?? secret}</bdi></p>
    <form method="post" novalidate class="st-form" action="/account/security/app/confirm">
      ${hiddenInputs({ next: next || null })}
      ${textField({
        id: 'code',
        name: 'code',
        label: t('identity.app.code'),
        hint: t('identity.app.code.hint'),
        error: errors['code'],
        autocomplete: 'one-time-code',
        inputmode: 'numeric',
        width: 's',
        dir: 'ltr',
        spellcheck: false,
      })}
      ${button(t('identity.app.confirm'))}
    </form>`
}

/** The page that shows new recovery codes, this once. */
export function codesPage(view: View, codes: readonly string[]): Html {
  const { t } = view
  return html`<h1>${t('identity.recovery.title')}</h1>
    ${alert('warning', null, html`<p>${t('identity.recovery.once')}</p>`)}
    <ul class="st-codes">
      ${codes.map((code) => html`<li><bdi>${code}</bdi></li>`)}
    </ul>
    <p><a class="ds-link" href="/account/security">${t('identity.recovery.kept')}</a></p>`
}

/** The page that changes the password. */
export function passwordPage(view: View, withOld: boolean, errors: FormErrors): Html {
  const { t } = view
  const field = (name: string, label: string, autocomplete: string, hint?: string): Html =>
    textField({ id: name, name, label, hint, error: errors[name], type: 'password', autocomplete, spellcheck: false })
  return html`${errorSummary(
    view,
    Object.entries(errors).map(([name, text]) => ({ href: `#${name}`, text })),
  )}
    <h1>${t('identity.new_password.title')}</h1>
    <p class="st-lead">${t('identity.security.password.lead')}</p>
    <form method="post" novalidate class="st-form" action="/account/security/password">
      ${withOld ? field('old', t('identity.security.password.old'), 'current-password') : null}
      ${field('password', t('identity.new_password'), 'new-password', t('identity.password.hint', { min: passwordLength.min }))}
      ${button(t('identity.new_password.submit'))}
    </form>`
}
