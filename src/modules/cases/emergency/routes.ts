import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import type { Pages } from '../../../ui/index.ts'
import { allow } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'
import type { House } from '../house.ts'
import { breakGlass, type TypedEmergency } from './emergency.ts'
import { emergencyPage } from './views.ts'

const staff = { config: { access: 'staff' } } as const

const FIELDS: Readonly<Record<string, string>> = {
  'cases.emergency-reason': 'reason',
  'cases.emergency-reference': 'reference',
  'identity.explanation-needed': 'explanation',
}

/** Where an officer opens a case that is not theirs, for a reason that the resident and the auditor see. */
export function emergencyRoutes(house: House, pages: Pages): RouteModule {
  const { platform } = house
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: TypedEmergency,
    errors: Readonly<Record<string, string>> = {},
    status = 200,
  ): FastifyReply => {
    const view = pages.view(request)
    const count = Object.keys(errors).length
    const page = {
      title: view.t('cases.emergency.title'),
      main: emergencyPage(view, typed, errors),
      errors: count,
      back: { href: '/officer' },
    }
    return pages.send(request, reply, page, status)
  }
  return (app) => {
    app.get('/officer/emergency', staff, async (request, reply) => {
      allow(visitOf(platform, request).actor, 'identity.emergency')
      const reference = parseReference(textOf(request.query, 'reference') ?? '') ?? ''
      return show(request, reply, { reference, reason: '', explanation: '' })
    })
    app.post('/officer/emergency', staff, async (request, reply) => {
      const form = formOf(request)
      const typed: TypedEmergency = {
        reference: (textOf(form, 'reference') ?? '').trim().slice(0, 40),
        reason: textOf(form, 'reason') ?? '',
        explanation: cleanText(textOf(form, 'explanation') ?? ''),
      }
      try {
        return seeOther(reply, `/officer/cases/${await breakGlass(house, visitOf(platform, request).actor, typed)}`)
      } catch (error) {
        const field = error instanceof Problem ? FIELDS[error.code] : undefined
        if (!(error instanceof Problem) || field === undefined) throw error
        return show(request, reply, typed, { [field]: pages.view(request).t(`problem.${error.code}`) }, error.status)
      }
    })
  }
}
