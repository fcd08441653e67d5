import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import type { Messages } from '../../platform/i18n.ts'
import { cookie } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Pages, View } from '../../ui/index.ts'
import { type PasswordHasher, passwordLength } from './password.ts'
import * as service from './service.ts'
import { type Field, formPage, type FormErrors } from './views.ts'
import { homeOf, sessionCookie, visitOf } from './visit.ts'

const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/)
const password = z.string().min(passwordLength.min).max(passwordLength.max)
const name = z.string().min(1).max(200)

/** What an account needs besides a password, by field. */
export const accountRules = { name, email } as const

/** What the identity pages work with. */
export type IdentityParts = {
  readonly platform: Platform
  readonly hasher: PasswordHasher
  readonly messages: Messages
  readonly pages: Pages
}

type Form = {
  title: string
  lead?: string
  fields: readonly Field[]
  submit: string
  links?: ReadonlyArray<{ href: string; text: string }>
  hidden?: Record<string, string>
}

/** Registration, sign-in, reset and the first set-up. */
export function identityRoutes(parts: IdentityParts): RouteModule {
  const { pages } = parts
  const show: Show = (request, reply, form, errors = {}, status = 200) => {
    const view = pages.view(request)
    return pages.send(request, reply, { title: form.title, main: formPage(view, form, errors), errors: Object.keys(errors).length }, status)
  }
  return (app) => {
    signInRoutes(parts, show)(app)
    registerRoutes(parts, show)(app)
    resetRoutes(parts, show)(app)
    setUpRoutes(parts, show)(app)
  }
}

type Show = (request: FastifyRequest, reply: FastifyReply, form: Form, errors?: FormErrors, status?: number) => FastifyReply

function registerRoutes({ platform, hasher, pages }: IdentityParts, show: Show): RouteModule {
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get('/register', open, (request, reply) => show(request, reply, registerForm(pages.view(request), {})))
    app.post('/register', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const typed = accountOf(form)
      const errors = check(view, { name, email, password }, typed)
      if (Object.keys(errors).length > 0) return show(request, reply, registerForm(view, typed), errors, 422)
      await service.limitAttempts(platform, `register:${request.ip}`, { max: 20, minutes: 15 })
      await service.register(platform, hasher, { ...typed, language: view.locale }, view.t)
      return seeOther(reply, '/register/verify')
    })
    app.get('/register/verify', open, (request, reply) => show(request, reply, codeForm(pages.view(request))))
    app.post('/register/verify', open, async (request, reply) => {
      await service.limitAttempts(platform, `code:${request.ip}`, { max: 20, minutes: 15 })
      const view = pages.view(request)
      return refusedAsForm(
        view,
        (errors) => show(request, reply, codeForm(view), errors, 422),
        'code',
        async () => {
          const accountId = await service.verifyAddress(platform, textOf(formOf(request), 'code') ?? '')
          await beginSession(platform, reply, accountId)
          return seeOther(reply, '/my')
        },
      )
    })
  }
}

function resetRoutes({ platform, hasher, messages, pages }: IdentityParts, show: Show): RouteModule {
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get('/reset', open, (request, reply) => show(request, reply, resetForm(pages.view(request))))
    app.post('/reset', open, async (request, reply) => {
      await service.limitAttempts(platform, `reset:${request.ip}`, { max: 20, minutes: 15 })
      const typed = (textOf(formOf(request), 'email') ?? '').trim()
      if (email.safeParse(typed).success) await service.requestReset(platform, typed, (language) => messages.translator(language))
      return seeOther(reply, '/reset/code')
    })
    app.get('/reset/code', open, (request, reply) => show(request, reply, newPasswordForm(pages.view(request))))
    app.post('/reset/code', open, async (request, reply) => {
      await service.limitAttempts(platform, `code:${request.ip}`, { max: 20, minutes: 15 })
      const view = pages.view(request)
      const form = formOf(request)
      const typed = { password: textOf(form, 'password') ?? '' }
      const errors = check(view, { password }, typed)
      if (Object.keys(errors).length > 0) return show(request, reply, newPasswordForm(view), errors, 422)
      return refusedAsForm(
        view,
        (found) => show(request, reply, newPasswordForm(view), found, 422),
        'code',
        async () => {
          await service.resetPassword(platform, hasher, textOf(form, 'code') ?? '', typed.password)
          return seeOther(reply, '/sign-in')
        },
      )
    })
  }
}

function setUpRoutes({ platform, hasher, pages }: IdentityParts, show: Show): RouteModule {
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get('/setup', open, (request, reply) => show(request, reply, setUpForm(pages.view(request), {})))
    app.post('/setup', open, async (request, reply) => {
      await service.limitAttempts(platform, `code:${request.ip}`, { max: 20, minutes: 15 })
      const view = pages.view(request)
      const form = formOf(request)
      const typed = accountOf(form)
      const errors = check(view, { name, email, password }, typed)
      if (Object.keys(errors).length > 0) return show(request, reply, setUpForm(view, typed), errors, 422)
      return refusedAsForm(
        view,
        (found) => show(request, reply, setUpForm(view, typed), found, 422),
        'code',
        async () => {
          const accountId = await service.setUp(platform, hasher, textOf(form, 'code') ?? '', { ...typed, language: view.locale })
          await beginSession(platform, reply, accountId)
          return seeOther(reply, '/admin/staff')
        },
      )
    })
  }
}

function signInRoutes({ platform, hasher, pages }: IdentityParts, show: Show): RouteModule {
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get('/sign-in', open, (request, reply) => {
      const visit = visitOf(platform, request)
      if (visit.session) return seeOther(reply, homeOf(visit.actor))
      return show(request, reply, signInForm(pages.view(request), '', nextOf(request.query)))
    })
    app.post('/sign-in', open, async (request, reply) => {
      const view = pages.view(request)
      const form = formOf(request)
      const typed = (textOf(form, 'email') ?? '').trim().slice(0, 254)
      const next = nextOf(form)
      const buckets = [`sign-in:${request.ip}`, `sign-in:${typed.toLowerCase()}`]
      await service.limitAttempts(platform, buckets[0] ?? '', { max: 60, minutes: 15 })
      await service.limitAttempts(platform, buckets[1] ?? '', { max: 8, minutes: 15 })
      return refusedAsForm(
        view,
        (errors) => show(request, reply, signInForm(view, typed, next), errors, 422),
        'email',
        async () => {
          const token = await service.signIn(platform, hasher, typed, (textOf(form, 'password') ?? '').slice(0, passwordLength.max))
          await service.forgetAttempts(platform, buckets[1] ?? '')
          setSession(platform, reply, token)
          const session = await service.sessionOf(platform, token)
          return seeOther(reply, next || (session ? homeOf(session.actor) : '/my'))
        },
      )
    })
    app.get('/account', { config: { access: 'signed-in' } }, (request, reply) => seeOther(reply, homeOf(visitOf(platform, request).actor)))
    app.post('/sign-out', open, async (request, reply) => {
      const visit = visitOf(platform, request)
      if (visit.token) await service.signOut(platform, visit.token, visit.actor)
      appendCookie(reply, cookie(sessionCookie(platform), '', { https: platform.publicOrigin.startsWith('https:'), maxAge: 0 }))
      // the tokens of this person's drafts lie in cookies too: the next one at this device must not come in by them
      void reply.header('clear-site-data', '"cookies"')
      return seeOther(reply, `/?lang=${visit.language}`)
    })
    app.post('/session/extend', open, async (request, reply) => {
      const next = nextOf(formOf(request))
      if (next) return seeOther(reply, next)
      return reply.code(204).send()
    })
  }
}

async function beginSession(platform: Platform, reply: FastifyReply, accountId: string): Promise<void> {
  setSession(platform, reply, await service.startSession(platform, accountId))
}

function setSession(platform: Platform, reply: FastifyReply, token: string): void {
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(sessionCookie(platform), token, { https, maxAge: service.sessionLimits.absoluteMs / 1000 }))
}

/** What was typed to make an account. */
function accountOf(form: unknown): { name: string; email: string; password: string } {
  return {
    name: cleanText(textOf(form, 'name') ?? ''),
    email: (textOf(form, 'email') ?? '').trim(),
    password: textOf(form, 'password') ?? '',
  }
}

/** Where to go on after signing in: only a path of our own. */
function nextOf(source: unknown): string {
  const next = textOf(source, 'next') ?? ''
  return /^\/(?![/\\])[\x21-\x7E]{0,500}$/.test(next) ? next : ''
}

/** What of the typed values breaks its rule, in words, by field. */
export function check(view: View, rules: Readonly<Record<string, z.ZodType>>, typed: Readonly<Record<string, string>>): FormErrors {
  const errors: Record<string, string> = {}
  for (const [field, rule] of Object.entries(rules)) {
    if (!rule.safeParse(typed[field]).success)
      errors[field] = view.t(`identity.error.${field}`, { min: passwordLength.min, max: passwordLength.max })
  }
  return errors
}

/** A refusal that the person can mend is shown on the form. */
async function refusedAsForm(
  view: View,
  show: (errors: FormErrors) => FastifyReply,
  field: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error
    return show({ [field]: view.t(`problem.${error.code}`) })
  }
}

function signInForm(view: View, typed: string, next: string): Form {
  const { t } = view
  return {
    title: t('identity.sign_in.title'),
    fields: [
      { name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'username', value: typed },
      { name: 'password', label: t('identity.password'), type: 'password', autocomplete: 'current-password' },
    ],
    submit: t('identity.sign_in.submit'),
    hidden: next ? { next } : {},
    links: [
      { href: '/register', text: t('identity.register.link') },
      { href: '/reset', text: t('identity.reset.link') },
      { href: '/track', text: t('identity.track.link') },
    ],
  }
}

function registerForm(view: View, typed: Readonly<Record<string, string>>): Form {
  const { t } = view
  return {
    title: t('identity.register.title'),
    lead: t('identity.register.lead'),
    fields: accountFields(view, typed),
    submit: t('identity.register.submit'),
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
    {
      name: 'password',
      label: t('identity.password'),
      type: 'password',
      autocomplete: 'new-password',
      hint: t('identity.password.hint', { min: passwordLength.min }),
    },
  ]
}

function codeForm(view: View): Form {
  const { t } = view
  return {
    title: t('identity.verify.title'),
    lead: t('identity.verify.lead'),
    fields: [{ name: 'code', label: t('identity.verify.code'), type: 'text', autocomplete: 'one-time-code' }],
    submit: t('identity.verify.submit'),
  }
}

function resetForm(view: View): Form {
  const { t } = view
  return {
    title: t('identity.reset.title'),
    lead: t('identity.reset.lead'),
    fields: [{ name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'username' }],
    submit: t('identity.reset.submit'),
  }
}

function newPasswordForm(view: View): Form {
  const { t } = view
  return {
    title: t('identity.new_password.title'),
    lead: t('identity.verify.lead'),
    fields: [
      { name: 'code', label: t('identity.verify.code'), type: 'text', autocomplete: 'one-time-code' },
      {
        name: 'password',
        label: t('identity.new_password'),
        type: 'password',
        autocomplete: 'new-password',
        hint: t('identity.password.hint', { min: passwordLength.min }),
      },
    ],
    submit: t('identity.new_password.submit'),
  }
}
