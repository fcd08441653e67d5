import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../../kernel/problem.ts'
import { refusalLine } from '../../../platform/http/server.ts'
import type { Messages } from '../../../platform/i18n.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Html, Pages, View } from '../../../ui/index.ts'
import type { Actor } from '../../access/index.ts'
import { passkeysPossible } from '../factors/passkeys.ts'
import { type PasswordHasher, passwordLength } from '../password.ts'
import { isAboutThem, isBreached } from '../passwords/breached.ts'
import { type Field, formPage, type FormErrors } from '../views.ts'
import { waitPage } from './views.ts'

/** What the identity pages work with. */
export type IdentityParts = {
  readonly platform: Platform
  readonly hasher: PasswordHasher
  readonly messages: Messages
  readonly pages: Pages
  /** The ways of outside providers, for the sign-in page; null when there are none. */
  readonly providers?: (view: View, next: string, level: string | null) => Promise<Html | null>
  /** Takes out of the browser what modules above have left in it for whoever signs out. */
  readonly leaving?: (actor: Actor, reply: FastifyReply) => Promise<void>
}

/** A short form on a page of its own. */
export type Form = {
  title: string
  lead?: string
  fields: readonly Field[]
  submit: string
  links?: ReadonlyArray<{ href: string; text: string }>
  hidden?: Record<string, string>
}

const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/)
const password = z.string().min(passwordLength.min).max(passwordLength.max)
const name = z.string().min(1).max(200)

/** What typed values have to be, by field. */
export const rules = { name, email, password } as const

/** What of the typed values breaks its rule, in words, by field. */
export function check(view: View, checked: Readonly<Record<string, z.ZodType>>, typed: Readonly<Record<string, string>>): FormErrors {
  const errors: Record<string, string> = {}
  for (const [field, rule] of Object.entries(checked)) {
    if (!rule.safeParse(typed[field]).success)
      errors[field] = view.t(`identity.error.${field}`, { min: passwordLength.min, max: passwordLength.max })
  }
  if (checked['password'] && !errors['password'] && isEasy(view, typed)) errors['password'] = view.t('identity.error.password_easy')
  return errors
}

/** Whether a new password is one that everybody tries: from a breach, or made of the person's name and the city's. */
function isEasy(view: View, typed: Readonly<Record<string, string>>): boolean {
  const password = typed['password'] ?? ''
  const words = [typed['name'] ?? '', typed['email'] ?? '', ...Object.values(view.city.name)]
  return isBreached(password) || isAboutThem(password, words, passwordLength.min)
}

/** Sends a short form. */
export function showForm(
  { pages }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form,
  errors: FormErrors = {},
  status = 200,
): FastifyReply {
  const view = pages.view(request)
  return pages.send(request, reply, { title: form.title, main: formPage(view, form, errors), errors: Object.keys(errors).length }, status)
}

/** A refusal that the person can mend is shown on the form; one that has to wait says how long, and which ways stay open. */
export async function refusedAsForm(
  parts: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  o: { field: string; next: string; show: (errors: FormErrors) => FastifyReply | Promise<FastifyReply> },
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || (error.code !== 'identity.wait' && error.status !== 422)) throw error
    parts.platform.log.warn(refusalLine(request, error), 'refused')
    const view = parts.pages.view(request)
    if (error.code === 'identity.wait') {
      const seconds = Number(error.extra['retryAfter'])
      void reply.header('retry-after', String(seconds))
      const main = waitPage(view, Math.ceil(seconds / 60), o.next, passkeysPossible(parts.platform))
      return parts.pages.send(request, reply, { title: view.t('identity.wait.title'), main }, 429)
    }
    const field = { 'identity.passkey-refused': 'passkey', 'identity.password-wrong': 'password' }[error.code] ?? o.field
    return o.show({ [field]: view.t(`problem.${error.code}`) })
  }
}
