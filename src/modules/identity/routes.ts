import type { FastifyReply, FastifyRequest } from 'fastify'
import { cleanText } from '../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { View } from '../../ui/index.ts'
import { delayAttempts } from './factors/attempts.ts'
import { passwordLength } from './password.ts'
import * as service from './service.ts'
import { askByMail } from './signin/bymail.ts'
import { check, type Form, type IdentityParts, refusedAsForm, rules, showForm } from './signin/forms.ts'
import { nextOf, wayOn, withNext } from './signin/next.ts'
import type { Field, FormErrors } from './views.ts'
import { beginSession } from './visit.ts'

export { check, type IdentityParts } from './signin/forms.ts'

/** What an account needs besides a password, by field. */
export const accountRules = { name: rules.name, email: rules.email } as const

const open = { config: { access: 'public' } } as const

/** How often a network may ask for e-mails. */
const MAIL_LIMIT = { max: 20, minutes: 15 }

/** Registration, reset, the first set-up, and signing in with a code that came by e-mail or on paper. */
export function accountRoutes(parts: IdentityParts): RouteModule {
  return (app) => {
    registerRoutes(parts)(app)
    resetRoutes(parts)(app)
    setUpRoutes(parts)(app)
    linkRoutes(parts)(app)
    letterRoutes(parts)(app)
  }
}

function registerRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, pages } = parts
  return (app) => {
    app.get('/register', open, (request, reply) =>
      showForm(parts, request, reply, registerForm(pages.view(request), {}, nextOf(request.query))),
    )
    app.post('/register', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const next = nextOf(form)
      const typed = accountOf(form)
      const errors = check(view, rules, typed)
      if (Object.keys(errors).length > 0) return showForm(parts, request, reply, registerForm(view, typed, next), errors, 422)
      await service.limitAttempts(platform, `register:${request.ip}`, MAIL_LIMIT)
      const passwordHash = await hasher.hash(typed.password)
      await askByMail(platform, { kind: 'register', name: typed.name, email: typed.email, passwordHash, language: view.locale, next })
      return seeOther(reply, withNext('/register/verify', next))
    })
    codePage(parts, {
      path: '/register/verify',
      form: (view, next) => codeForm(view, next),
      method: 'email_link',
      take: (code) => service.verifyAddress(platform, code),
    })(app)
  }
}

function resetRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, pages } = parts
  return (app) => {
    app.get('/reset', open, (request, reply) => showForm(parts, request, reply, resetForm(pages.view(request), nextOf(request.query))))
    app.post('/reset', open, async (request, reply) => {
      const form = formOf(request)
      await service.limitAttempts(platform, `reset:${request.ip}`, MAIL_LIMIT)
      const typed = (textOf(form, 'email') ?? '').trim()
      if (rules.email.safeParse(typed).success) await askByMail(platform, { kind: 'reset', email: typed, next: nextOf(form) })
      return seeOther(reply, withNext('/reset/code', nextOf(form)))
    })
    app.get('/reset/code', open, (request, reply) =>
      showForm(parts, request, reply, newPasswordForm(pages.view(request), nextOf(request.query))),
    )
    app.post('/reset/code', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const next = nextOf(form)
      const typed = { password: textOf(form, 'password') ?? '' }
      const errors = check(view, { password: rules.password }, typed)
      const show = (found: FormErrors): FastifyReply => showForm(parts, request, reply, newPasswordForm(view, next), found, 422)
      if (Object.keys(errors).length > 0) return show(errors)
      return refusedAsForm(parts, request, reply, { field: 'code', next, show }, async () => {
        const counted = await delayAttempts(platform, { account: null, ip: request.ip })
        await service.resetPassword(platform, hasher, textOf(form, 'code') ?? '', typed.password)
        await counted.succeeded()
        return seeOther(reply, withNext('/sign-in', next))
      })
    })
  }
}

function setUpRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, pages } = parts
  return (app) => {
    app.get('/setup', open, (request, reply) => showForm(parts, request, reply, setUpForm(pages.view(request), {})))
    app.post('/setup', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const typed = accountOf(form)
      const errors = check(view, rules, typed)
      const show = (found: FormErrors): FastifyReply => showForm(parts, request, reply, setUpForm(view, typed), found, 422)
      if (Object.keys(errors).length > 0) return show(errors)
      return refusedAsForm(parts, request, reply, { field: 'code', next: '', show }, async () => {
        const counted = await delayAttempts(platform, { account: null, ip: request.ip })
        const accountId = await service.setUp(platform, hasher, textOf(form, 'code') ?? '', { ...typed, language: view.locale })
        await counted.succeeded()
        const session = await beginSession(platform, request, reply, accountId, { level: 'low', methods: ['password'] })
        return seeOther(reply, wayOn(session.actor, '/admin/staff'))
      })
    })
  }
}

/** Signing in with a code that comes by e-mail: enough for services of the low level. */
function linkRoutes(parts: IdentityParts): RouteModule {
  const { platform, pages } = parts
  return (app) => {
    app.get('/sign-in/link', open, (request, reply) =>
      showForm(parts, request, reply, linkForm(pages.view(request), '', nextOf(request.query))),
    )
    app.post('/sign-in/link', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const next = nextOf(form)
      const typed = { email: (textOf(form, 'email') ?? '').trim().slice(0, 254) }
      const errors = check(view, { email: rules.email }, typed)
      if (Object.keys(errors).length > 0) return showForm(parts, request, reply, linkForm(view, typed.email, next), errors, 422)
      await service.limitAttempts(platform, `link:${request.ip}`, MAIL_LIMIT)
      await askByMail(platform, { kind: 'link', email: typed.email, next })
      return seeOther(reply, withNext('/sign-in/link/use', next))
    })
    codePage(parts, {
      path: '/sign-in/link/use',
      form: (view, next) => ({ ...codeForm(view, next), submit: view.t('identity.sign_in.submit') }),
      method: 'email_link',
      take: (code) => service.codeAccount(platform, 'link', code),
    })(app)
  }
}

/** Signing in with the code of a letter that was printed at the counter. */
function letterRoutes(parts: IdentityParts): RouteModule {
  return codePage(parts, {
    path: '/sign-in/letter',
    form: (view, next) => ({
      title: view.t('identity.letter.title'),
      lead: view.t('identity.letter.lead'),
      fields: [{ name: 'code', label: view.t('identity.letter.code'), type: 'text', autocomplete: 'one-time-code' }],
      submit: view.t('identity.sign_in.submit'),
      hidden: hiddenNext(next),
    }),
    method: 'letter',
    take: (code) => service.codeAccount(parts.platform, 'letter', code),
  })
}

type CodePage = {
  readonly path: string
  form(view: View, next: string): Form
  readonly method: 'email_link' | 'letter'
  /** The account that the code was for. Throws 422 when it is not right. */
  take(code: string): Promise<string>
}

/** A page on which a code is typed that signs in at the low level. */
function codePage(parts: IdentityParts, page: CodePage): RouteModule {
  const { platform, pages } = parts
  const shown = (request: FastifyRequest, reply: FastifyReply, next: string, errors: FormErrors = {}, status = 200): FastifyReply =>
    showForm(parts, request, reply, page.form(pages.view(request), next), errors, status)
  return (app) => {
    app.get(page.path, open, (request, reply) => shown(request, reply, nextOf(request.query)))
    app.post(page.path, open, async (request, reply) => {
      const form = formOf(request)
      const next = nextOf(form)
      const show = (errors: FormErrors): FastifyReply => shown(request, reply, next, errors, 422)
      return refusedAsForm(parts, request, reply, { field: 'code', next, show }, async () => {
        const counted = await delayAttempts(platform, { account: null, ip: request.ip })
        const accountId = await page.take((textOf(form, 'code') ?? '').slice(0, 60))
        await counted.succeeded()
        const session = await beginSession(platform, request, reply, accountId, { level: 'low', methods: [page.method] })
        return seeOther(reply, wayOn(session.actor, next))
      })
    })
  }
}

/** What was typed to make an account. */
function accountOf(form: unknown): { name: string; email: string; password: string } {
  return {
    name: cleanText(textOf(form, 'name') ?? ''),
    email: (textOf(form, 'email') ?? '').trim(),
    password: textOf(form, 'password') ?? '',
  }
}

function hiddenNext(next: string): Record<string, string> {
  return next ? { next } : {}
}

function registerForm(view: View, typed: Readonly<Record<string, string>>, next: string): Form {
  const { t } = view
  return {
    title: t('identity.register.title'),
    lead: t('identity.register.lead'),
    fields: accountFields(view, typed),
    submit: t('identity.register.submit'),
    hidden: hiddenNext(next),
    links: [{ href: withNext('/sign-in', next), text: t('identity.register.known') }],
  }
}

function setUpForm(view: View, typed: Readonly<Record<string, string>>): Form {
  const { t } = view
  const code: Field = { name: 'code', label: t('identity.setup.code'), type: 'text', autocomplete: 'one-time-code' }
  return {
    title: t('identity.setup.title'),
    lead: t('identity.setup.lead'),
    fields: [code, ...accountFields(view, typed)],
    submit: t('identity.setup.submit'),
  }
}

function accountFields(view: View, typed: Readonly<Record<string, string>>): Field[] {
  const { t } = view
  return [
    { name: 'name', label: t('identity.name'), type: 'text', autocomplete: 'name', value: typed['name'] ?? '' },
    { name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'email', value: typed['email'] ?? '' },
    newPassword(view, t('identity.password')),
  ]
}

function newPassword({ t }: View, label: string): Field {
  return {
    name: 'password',
    label,
    type: 'password',
    autocomplete: 'new-password',
    hint: t('identity.password.hint', { min: passwordLength.min }),
  }
}

function codeForm(view: View, next: string): Form {
  const { t } = view
  return {
    title: t('identity.verify.title'),
    lead: t('identity.verify.lead'),
    fields: [{ name: 'code', label: t('identity.verify.code'), type: 'text', autocomplete: 'one-time-code' }],
    submit: t('identity.verify.submit'),
    hidden: hiddenNext(next),
  }
}

function linkForm(view: View, typed: string, next: string): Form {
  const { t } = view
  return {
    title: t('identity.link.title'),
    lead: t('identity.link.lead'),
    fields: [{ name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'username', value: typed }],
    submit: t('identity.reset.submit'),
    hidden: hiddenNext(next),
  }
}

function resetForm(view: View, next: string): Form {
  const { t } = view
  return {
    title: t('identity.reset.title'),
    lead: t('identity.reset.lead'),
    fields: [{ name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'username' }],
    submit: t('identity.reset.submit'),
    hidden: hiddenNext(next),
  }
}

function newPasswordForm(view: View, next: string): Form {
  const { t } = view
  return {
    title: t('identity.new_password.title'),
    lead: t('identity.verify.lead'),
    fields: [
      { name: 'code', label: t('identity.verify.code'), type: 'text', autocomplete: 'one-time-code' },
      newPassword(view, t('identity.new_password')),
    ],
    submit: t('identity.new_password.submit'),
    hidden: hiddenNext(next),
  }
}
