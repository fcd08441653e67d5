import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { addDays, parsePlainDate, startOfDay } from '../../kernel/time.ts'
import { csv } from '../../platform/csv.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { JournalAsk } from '../../platform/journal/search.ts'
import { type Platform, today } from '../../platform/platform.ts'
import type { Html, Pages } from '../../ui/index.ts'
import { may } from '../access/index.ts'
import { reviewEmergency, visitOf } from '../identity/index.ts'
import { flagAnswers } from './flags.ts'
import * as service from './service.ts'
import { accessPage } from './views/access.ts'
import { emergenciesPage } from './views/emergencies.ts'
import { grantsPage } from './views/grants.ts'
import { journalPage, type TypedJournal } from './views/journal.ts'
import { overviewPage } from './views/overview.ts'
import { policiesPage } from './views/policies.ts'
import { watchPage } from './views/watch.ts'

/** What the auditor's pages work with; `policies` is the folder of the policy files. */
export type AuditParts = { readonly platform: Platform; readonly pages: Pages; readonly policies: string }

const staff = { config: { access: 'staff' } } as const

type IdRoute = { Params: { id: string } }

/** The pages of the auditor. */
export function auditRoutes(parts: AuditParts): RouteModule {
  return (app) => {
    readingRoutes(parts)(app)
    fileRoutes(parts)(app)
    queueRoutes(parts)(app)
    watchRoutes(parts)(app)
  }
}

type Send = (request: FastifyRequest, reply: FastifyReply, key: string, main: (view: ReturnType<Pages['view']>) => Html) => FastifyReply

function sender({ pages }: AuditParts): Send {
  return (request, reply, key, main) => {
    const view = pages.view(request)
    return pages.send(request, reply, { title: view.t(key), main: main(view), wide: true })
  }
}

function readingRoutes(parts: AuditParts): RouteModule {
  const { platform, policies } = parts
  const send = sender(parts)
  return (app) => {
    app.get('/audit', staff, async (request, reply) => {
      const found = await service.overview(platform, visitOf(platform, request).actor, policies)
      return send(request, reply, 'audit.title', (view) => overviewPage(view, found))
    })
    app.get('/audit/journal', staff, async (request, reply) => {
      const typed = typedJournal(request.query)
      const before = /^\d{1,15}$/.exec(textOf(request.query, 'before') ?? '')?.[0]
      const found = await service.journal(
        platform,
        visitOf(platform, request).actor,
        askOf(platform, typed),
        before === undefined ? null : BigInt(before),
      )
      return send(request, reply, 'audit.journal.title', (view) => journalPage(view, typed, found, [...platform.events.keys()].toSorted()))
    })
    app.get('/audit/policies', staff, async (request, reply) => {
      const found = await service.policies(visitOf(platform, request).actor, policies)
      return send(request, reply, 'audit.policies.title', (view) => policiesPage(view, found))
    })
    app.get('/audit/grants', staff, async (request, reply) => {
      const found = await service.grants(platform, visitOf(platform, request).actor)
      return send(request, reply, 'audit.grants.title', (view) => grantsPage(view, found, platform.now()))
    })
  }
}

function fileRoutes({ platform }: AuditParts): RouteModule {
  const sendFile = (reply: FastifyReply, list: string, text: string): FastifyReply =>
    reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${list}-${today(platform)}.csv"`)
      .send(text)
  return (app) => {
    app.get('/audit/journal.csv', staff, async (request, reply) => {
      const lines = await service.journalExport(platform, visitOf(platform, request).actor, askOf(platform, typedJournal(request.query)))
      const head = ['position', 'occurred_at', 'type', 'actor', 'channel', 'stream', 'subject', 'data']
      const rows = lines.map((line) => [
        line.position.toString(),
        line.occurredAt.toISOString(),
        line.type,
        line.actor,
        line.channel,
        line.stream,
        line.subject,
        JSON.stringify(line.data),
      ])
      return sendFile(reply, 'journal', csv(head, rows))
    })
    app.get('/audit/grants.csv', staff, async (request, reply) => {
      const { grants, names } = await service.grantsExport(platform, visitOf(platform, request).actor)
      const head = ['account', 'official_name', 'role', 'agency', 'granted_at', 'granted_by', 'ends_at', 'reviewed_at', 'reviewed_by']
      const rows = grants.map((grant) => [
        grant.accountId,
        names.get(grant.accountId) ?? null,
        grant.role,
        grant.agency,
        grant.grantedAt.toISOString(),
        grant.grantedBy,
        grant.endsAt?.toISOString() ?? null,
        grant.reviewedAt?.toISOString() ?? null,
        grant.reviewedBy,
      ])
      return sendFile(reply, 'grants', csv(head, rows))
    })
  }
}

function queueRoutes(parts: AuditParts): RouteModule {
  const { platform } = parts
  const send = sender(parts)
  return (app) => {
    app.get('/audit/access', staff, async (request, reply) => {
      const open = textOf(request.query, 'show') !== 'answered'
      const after = textOf(request.query, 'after') ?? ''
      const ask = { open, after: isUuid(after) ? after : null }
      const found = await service.accessPatterns(platform, visitOf(platform, request).actor, ask)
      return send(request, reply, 'audit.access.title', (view) =>
        accessPage(view, found, open, textOf(request.query, 'done') === 'answered'),
      )
    })
    app.post<IdRoute>('/audit/access/:id', staff, async (request, reply) => {
      const answer = flagAnswers.find((each) => each === textOf(formOf(request), 'answer')) ?? null
      await service.answerFlag(platform, visitOf(platform, request).actor, idOf(request.params.id), answer)
      return seeOther(reply, '/audit/access?done=answered')
    })
    app.get('/audit/emergencies', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const found = await service.emergencies(platform, actor)
      const reader = { accountId: actor.accountId, audits: may(actor, 'audit.read'), now: platform.now() }
      const done = textOf(request.query, 'done') === 'reviewed'
      return send(request, reply, 'audit.emergencies.title', (view) => emergenciesPage(view, found, reader, done))
    })
    app.post<IdRoute>('/audit/emergencies/:id', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      service.allowEmergencies(actor)
      const outcome = (['justified', 'follow_up'] as const).find((each) => each === textOf(formOf(request), 'outcome')) ?? null
      await reviewEmergency(platform, actor, idOf(request.params.id), outcome)
      return seeOther(reply, '/audit/emergencies?done=reviewed')
    })
  }
}

function watchRoutes({ platform, pages }: AuditParts): RouteModule {
  const show = async (request: FastifyRequest, reply: FastifyReply, typed: string, code: string | null): Promise<FastifyReply> => {
    const { actor } = visitOf(platform, request)
    const rows = await service.watchList(platform, actor)
    const view = pages.view(request)
    const error = code === null ? null : view.t(`problem.${code}`)
    const main = watchPage(view, rows, typed, error, may(actor, 'audit.read'))
    const page = { title: view.t('audit.watch.title'), main, errors: error === null ? 0 : 1 }
    return pages.send(request, reply, page, error === null ? 200 : 422)
  }
  return (app) => {
    app.get('/audit/watch', staff, (request, reply) => show(request, reply, '', null))
    app.post('/audit/watch', staff, async (request, reply) => {
      const typed = (textOf(formOf(request), 'reference') ?? '').trim().slice(0, 40)
      try {
        await service.watch(platform, visitOf(platform, request).actor, typed)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 422) throw error
        return show(request, reply, typed, error.code)
      }
      return seeOther(reply, '/audit/watch')
    })
    app.post<IdRoute>('/audit/watch/:id/remove', staff, async (request, reply) => {
      await service.unwatch(platform, visitOf(platform, request).actor, idOf(request.params.id))
      return seeOther(reply, '/audit/watch')
    })
  }
}

function typedJournal(query: unknown): TypedJournal {
  const text = (name: string): string => (textOf(query, name) ?? '').trim().slice(0, 80)
  return { type: text('type'), actor: text('actor'), stream: text('stream'), from: text('from'), to: text('to') }
}

/** What was typed as a question to the journal; a day that is none narrows nothing. */
function askOf(platform: Platform, typed: TypedJournal): JournalAsk {
  const { timeZone } = platform.city
  const [from, to] = [parsePlainDate(typed.from), parsePlainDate(typed.to)]
  return {
    type: typed.type || null,
    actor: isUuid(typed.actor) ? `account:${typed.actor}` : typed.actor || null,
    stream: typed.stream || null,
    from: from ? startOfDay(timeZone, from) : null,
    to: to ? startOfDay(timeZone, addDays(to, 1)) : null,
  }
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('line')
  return text
}
