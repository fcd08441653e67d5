import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { accountRules, check, type IdentityParts } from './routes.ts'
import { addStaff, endRole, giveRole, type RoleAsk, staffMembers } from './staff.ts'
import { type StaffErrors, staffPage, type TypedStaff } from './staffviews.ts'
import { visitOf } from './visit.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/admin/staff'
const DONE = new Set(['added', 'given', 'ended'])
const NOTHING: TypedStaff = { name: '', email: '', role: '', agency: '' }

type MemberRoute = { Params: { id: string } }

/** Where administrators make members of staff and give and take their roles. */
export function staffRoutes(parts: IdentityParts): RouteModule {
  const { platform, hasher, messages } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, NOTHING, {}))
    app.post(PATH, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const view = parts.pages.view(request)
      const form = formOf(request)
      const typed: TypedStaff = {
        name: cleanText(textOf(form, 'name') ?? ''),
        email: (textOf(form, 'email') ?? '').trim(),
        ...roleIn(form),
      }
      const errors = check(view, accountRules, { name: typed.name, email: typed.email })
      if (Object.keys(errors).length > 0) return show(parts, request, reply, typed, errors, 422)
      return orShown(parts, request, reply, typed, 'added', () =>
        addStaff(platform, hasher, actor, { ...typed, language: view.locale }, (language) => messages.translator(language)),
      )
    })
    app.post<MemberRoute>(`${PATH}/:id/role`, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const ask = roleIn(formOf(request))
      return orShown(parts, request, reply, NOTHING, 'given', () => giveRole(platform, actor, idOf(request.params.id), ask))
    })
    app.post<MemberRoute>(`${PATH}/:id/role/end`, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const ask = roleIn(formOf(request))
      return orShown(parts, request, reply, NOTHING, 'ended', () => endRole(platform, actor, idOf(request.params.id), ask))
    })
  }
}

async function show(
  { platform, pages }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedStaff,
  errors: StaffErrors,
  status = 200,
): Promise<FastifyReply> {
  const members = await staffMembers(platform, visitOf(platform, request).actor)
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const said = status === 200 && DONE.has(done) ? view.t(`identity.staff.done.${done}`) : null
  const main = staffPage(view, members, { path: PATH, typed, errors, said })
  return pages.send(request, reply, { title: view.t('identity.staff.title'), main, errors: Object.keys(errors).length, wide: true }, status)
}

/** Does what was asked and shows the page again; a refusal that can be mended stands on it with what was typed. */
async function orShown(
  parts: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedStaff,
  done: string,
  work: () => Promise<void>,
): Promise<FastifyReply> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 409 && error.status !== 422)) throw error
    const field = { 'identity.role-needed': 'role', 'identity.agency-needed': 'agency' }[error.code] ?? 'page'
    const text = parts.pages.view(request).t(`problem.${error.code}`)
    return show(parts, request, reply, typed, { [typed === NOTHING ? 'page' : field]: text }, error.status)
  }
  return seeOther(reply, `${PATH}?done=${done}`)
}

function roleIn(form: unknown): RoleAsk {
  return { role: textOf(form, 'role') ?? '', agency: textOf(form, 'agency') ?? '' }
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('account')
  return text
}
