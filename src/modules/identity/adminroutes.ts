import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { Actor } from '../access/index.ts'
import { chosenDays, USUAL_DAYS } from './grants/grant.ts'
import { endGrant, renewGrant } from './grants/service.ts'
import { accountRules, check, type IdentityParts } from './routes.ts'
import { staffNames } from './service.ts'
import {
  addStaff, closeAccount, factorsOf, giveRole, removeFactors, reopenAccount, type RoleAsk, staffMember, staffMembers,
} from './staff.ts' // prettier-ignore
import { memberPage, NOTHING_TYPED, type StaffErrors, staffPage, type TypedStaff } from './staffviews.ts'
import { visitOf } from './visit.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/admin/staff'
const DONE = new Set(['added', 'given', 'ended', 'renewed', 'closed', 'reopened', 'factors'])

type MemberRoute = { Params: { id: string } }
type GrantRoute = { Params: { id: string; grant: string } }
type Form = ReturnType<typeof formOf>

/** Where administrators make members of staff, give, renew and take their roles, and close accounts. */
export function staffRoutes(parts: IdentityParts): RouteModule {
  return (app) => {
    listRoutes(parts)(app)
    memberRoutes(parts)(app)
  }
}

function listRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, messages } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => showList(parts, request, reply, {}))
    // an official name is searched for by POST: names stay out of addresses
    app.post(`${PATH}/find`, staff, (request, reply) =>
      showList(parts, request, reply, { named: cleanText(textOf(formOf(request), 'q') ?? '').slice(0, 100) }),
    )
    app.post(PATH, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const view = parts.pages.view(request)
      const form = formOf(request)
      const typed: TypedStaff = {
        name: cleanText(textOf(form, 'name') ?? ''),
        email: (textOf(form, 'email') ?? '').trim(),
        role: textOf(form, 'role') ?? '',
        agency: textOf(form, 'agency') ?? '',
        days: textOf(form, 'days') ?? String(USUAL_DAYS),
      }
      const errors = check(view, accountRules, { name: typed.name, email: typed.email })
      if (Object.keys(errors).length > 0) return showList(parts, request, reply, { typed, errors, status: 422 })
      const refused = (found: StaffErrors, status: number): Promise<FastifyReply> =>
        showList(parts, request, reply, { typed, errors: found, status })
      return orShown(parts, request, refused, async () => {
        await addStaff(
          platform,
          hasher,
          actor,
          { ...roleIn(form), name: typed.name, email: typed.email, language: view.locale },
          (language) => messages.translator(language),
        )
        return seeOther(reply, `${PATH}?done=added`)
      })
    })
  }
}

function memberRoutes(parts: IdentityParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.get<MemberRoute>(`${PATH}/:id`, staff, (request, reply) => showMember(parts, request, reply, {}))
    const act = (
      path: string,
      done: string,
      work: (actor: Actor, id: string, form: Form, params: GrantRoute['Params']) => Promise<void>,
    ): void => {
      app.post<GrantRoute>(`${PATH}/:id/${path}`, staff, async (request, reply) => {
        const id = idOf(request.params.id)
        const refused = (errors: StaffErrors, status: number): Promise<FastifyReply> =>
          showMember(parts, request, reply, { errors, status })
        return orShown(parts, request, refused, async () => {
          await work(visitOf(platform, request).actor, id, formOf(request), request.params)
          return seeOther(reply, `${PATH}/${id}?done=${done}`)
        })
      })
    }
    act('role', 'given', (actor, id, form) => giveRole(platform, actor, id, roleIn(form)))
    act('grants/:grant/renew', 'renewed', (actor, id, form, { grant }) =>
      renewGrant(platform, actor, id, idOf(grant), chosenDays(textOf(form, 'days'))),
    )
    act('grants/:grant/end', 'ended', (actor, id, _form, { grant }) => endGrant(platform, actor, id, idOf(grant)))
    act('close', 'closed', (actor, id) => closeAccount(platform, actor, id))
    act('reopen', 'reopened', (actor, id) => reopenAccount(platform, actor, id))
    act('factors', 'factors', (actor, id, form) => removeFactors(platform, actor, id, textOf(form, 'checked') === 'yes'))
  }
}

type Shown = { readonly errors?: StaffErrors; readonly status?: number }

async function showList(
  { platform, pages }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { typed = NOTHING_TYPED, errors = {}, named = '', status = 200 }: Shown & { typed?: TypedStaff; named?: string },
): Promise<FastifyReply> {
  const after = textOf(request.query, 'after') ?? ''
  const { actor } = visitOf(platform, request)
  const found = await staffMembers(platform, actor, { named, after: isUuid(after) ? after : null })
  const view = pages.view(request)
  const main = staffPage(view, { ...found, named }, { path: PATH, now: platform.now(), typed, errors, said: said(request, view.t, status) })
  return pages.send(request, reply, { title: view.t('identity.staff.title'), main, errors: Object.keys(errors).length, wide: true }, status)
}

async function showMember(
  { platform, pages }: IdentityParts,
  request: FastifyRequest<MemberRoute>,
  reply: FastifyReply,
  { errors = {}, status = 200 }: Shown,
): Promise<FastifyReply> {
  const { actor } = visitOf(platform, request)
  const id = idOf(request.params.id)
  const member = await staffMember(platform, actor, id)
  const mentioned = member.grants.flatMap((grant) => [grant.grantedBy, grant.reviewedBy]).filter((each) => each !== null)
  const view = pages.view(request)
  const main = memberPage(view, member, {
    path: PATH,
    now: platform.now(),
    own: actor.accountId === id,
    names: await staffNames(platform, [...new Set(mentioned)]),
    factors: await factorsOf(platform, actor, id),
    errors,
    said: said(request, view.t, status),
  })
  const back = { href: PATH, label: view.t('identity.staff.title') }
  return pages.send(request, reply, { title: member.name, main, errors: Object.keys(errors).length, back, wide: true }, status)
}

function said(request: FastifyRequest, t: (key: string) => string, status: number): string | null {
  const done = textOf(request.query, 'done') ?? ''
  return status === 200 && DONE.has(done) ? t(`identity.staff.done.${done}`) : null
}

const FIELDS: Readonly<Record<string, string>> = {
  'identity.role-needed': 'role',
  'identity.agency-needed': 'agency',
  'identity.term-needed': 'days',
  'identity.duties-warned': 'knowingly',
  'identity.check-first': 'checked',
}

/** Does what was asked; a refusal that can be mended stands on the page again with what was typed. */
async function orShown(
  { pages }: IdentityParts,
  request: FastifyRequest,
  refused: (errors: StaffErrors, status: number) => Promise<FastifyReply>,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 409 && error.status !== 422)) throw error
    return refused({ [FIELDS[error.code] ?? 'page']: pages.view(request).t(`problem.${error.code}`) }, error.status)
  }
}

function roleIn(form: Form): RoleAsk {
  return {
    role: textOf(form, 'role') ?? '',
    agency: textOf(form, 'agency') ?? '',
    days: chosenDays(textOf(form, 'days')),
    knowingly: textOf(form, 'knowingly') === 'yes',
  }
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('account')
  return text
}
