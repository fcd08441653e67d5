import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { readParts } from '../../../platform/http/parts.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { allow } from '../../access/index.ts'
import { idOf, type OfficeParts, officerOf, type Refused, refusedBy, sendPage, staff } from '../office.ts'
import { amountOf } from '../till/count.ts'
import { agreeDebit, debitStory, type DebitWish, sayDebit } from './debits.ts'
import { assignEntry, countEntry, entryStory, findBills, findEntries, openEntry, sendBack, terminalPaidOut } from './entries.ts'
import { acceptFile } from './import.ts'
import { fetchFile, fileStory, makeFile, transferRefused, waitingRefunds } from './orders.ts'
import * as store from './store.ts'
import { deskPage, statementPage } from './views/desk.ts'
import { entryPage } from './views/entry.ts'
import { filePage } from './views/file.ts'
import { foundPage } from './views/found.ts'

const PATH = '/officer/money/transfers'
const upload = { config: { access: 'staff', upload: true } } as const
/** The largest file that a page takes: about 25,000 entries; larger ones come by the command or the folder. */
const LARGEST = 24 * 1024 * 1024
const PAGE = 50

type IdRoute = { Params: { id: string } }

/** The treasury's pages about bank statements and transfers. */
export function transferRoutes(parts: OfficeParts): RouteModule {
  return (app) => {
    deskRoutes(parts)(app)
    entryRoutes(parts)(app)
    fileRoutes(parts)(app)
  }
}

/** Leads whoever reloads what they sent back to its page; nobody else learns that there is one. */
async function leadTo(parts: OfficeParts, request: FastifyRequest, reply: FastifyReply, page: string): Promise<FastifyReply> {
  allow(officerOf(parts, request), 'money.read', { agency: parts.treasury.rules.treasury })
  return seeOther(reply, page)
}

const DONE = ['imported', 'again', 'assigned', 'sent_back', 'counted', 'terminal', 'made', 'refused', 'said', 'agreed'] as const

function doneText(request: FastifyRequest, t: (key: string) => string): string | null {
  const done = DONE.find((each) => each === textOf(request.query, 'done'))
  return done === undefined ? null : t(`payments.transfers.done.${done}`)
}

async function showDesk(parts: OfficeParts, request: FastifyRequest, reply: FastifyReply, refused: Refused | null): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const { db } = treasury.platform
  const actor = officerOf(parts, request)
  const refunds = await waitingRefunds(treasury, actor)
  const after = textOf(request.query, 'after')
  const rows = await store.waitingEntries(db, after === null ? null : await store.entryById(db, idOf(after)), PAGE + 1)
  const entries = rows.slice(0, PAGE)
  const [statements, files, candidates] = await Promise.all([
    store.statements(db, 20),
    store.files(db, 20),
    store.candidatesOf(db, entries.map((entry) => entry.id)), // prettier-ignore
  ])
  const view = pages.view(request)
  const next = rows.length > PAGE ? `${PATH}?after=${entries.at(-1)?.id ?? ''}` : null
  const main = deskPage(view, {
    entries,
    next,
    candidates,
    statements,
    files,
    refunds,
    refused,
    done: doneText(request, view.t),
    largest: LARGEST,
  })
  return sendPage(parts, request, reply, { title: view.t('payments.transfers.title'), main, refused })
}

function deskRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => showDesk(parts, request, reply, null))
    app.post(PATH, upload, async (request, reply) => {
      const actor = officerOf(parts, request)
      try {
        const { files } = await readParts(request)
        const [file] = files.filter((each) => each.bytes.length > 0)
        if (!file) throw new Problem('payments.no-file', 422, 'Choose the file of the statement.')
        const done = await acceptFile(treasury, actor, file.bytes)
        return seeOther(reply, `${PATH}?done=${done.every((each) => each.again) ? 'again' : 'imported'}`)
      } catch (error) {
        return showDesk(parts, request, reply, refusedBy(parts, pages.view(request), error, 'file'))
      }
    })
    app.get(`${PATH}/find`, staff, (request, reply) => leadTo(parts, request, reply, PATH))
    app.post(`${PATH}/find`, staff, async (request, reply) => {
      const typed = cleanText(textOf(formOf(request), 'q') ?? '').slice(0, 200)
      const found = await findEntries(treasury, officerOf(parts, request), typed)
      const view = pages.view(request)
      return sendPage(parts, request, reply, {
        title: view.t('payments.transfers.found.title'),
        main: foundPage(view, typed, found),
        back: { href: PATH },
      })
    })
    app.get<IdRoute>(`${PATH}/statements/:id`, staff, async (request, reply) => {
      allow(officerOf(parts, request), 'money.read', { agency: treasury.rules.treasury })
      const { db } = treasury.platform
      const statement = await store.statementById(db, idOf(request.params.id))
      if (!statement) throw new Problem('not-found', 404, 'There is no such statement, or it is not yours to see.')
      const view = pages.view(request)
      const main = statementPage(view, statement, await store.countsOf(db, statement.id))
      return sendPage(parts, request, reply, { title: view.t('payments.transfers.statement.title'), main, back: { href: PATH } })
    })
  }
}

type Shown = { readonly refused?: Refused | null; readonly search?: string; readonly payer?: boolean }

async function showEntry(
  parts: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  shown: Shown,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const actor = officerOf(parts, request)
  const story = await entryStory(treasury, actor, id)
  const told = shown.payer ? await openEntry(treasury, actor, story.entry) : null
  const found = shown.search === undefined ? null : await findBills(treasury, actor, shown.search)
  const view = pages.view(request)
  const { refused = null, search = '' } = shown
  const debit = await debitStory(treasury, actor, story.entry)
  const main = entryPage(view, {
    ...story,
    debit,
    told,
    opened: shown.payer === true,
    found,
    search,
    refused,
    done: doneText(request, view.t),
  })
  return sendPage(parts, request, reply, { title: view.t('payments.transfers.entry.title'), main, refused, back: { href: PATH } })
}

function entryRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  const path = `${PATH}/entries/:id`
  return (app) => {
    app.get<IdRoute>(path, staff, (request, reply) =>
      showEntry(parts, request, reply, idOf(request.params.id), { payer: textOf(request.query, 'payer') === '1' }),
    )
    app.post<IdRoute>(`${path}/find`, staff, (request, reply) =>
      showEntry(parts, request, reply, idOf(request.params.id), { search: cleanText(textOf(formOf(request), 'q') ?? '').slice(0, 200) }),
    )
    const act = (name: string, done: string, field: string, work: (id: string, request: FastifyRequest) => Promise<unknown>): void => {
      app.get<IdRoute>(`${path}/${name}`, staff, (request, reply) =>
        leadTo(parts, request, reply, `${PATH}/entries/${idOf(request.params.id)}`),
      )
      app.post<IdRoute>(`${path}/${name}`, staff, async (request, reply) => {
        const id = idOf(request.params.id)
        try {
          await work(id, request)
        } catch (error) {
          return showEntry(parts, request, reply, id, { refused: refusedBy(parts, pages.view(request), error, field) })
        }
        return seeOther(reply, `${PATH}/entries/${id}?done=${done}`)
      })
    }
    app.get<IdRoute>(`${path}/find`, staff, (request, reply) => leadTo(parts, request, reply, `${PATH}/entries/${idOf(request.params.id)}`))
    act('assign', 'assigned', 'bill', (id, request) => {
      const { bill = [] } = formOf(request)
      return assignEntry(treasury, officerOf(parts, request), id, [bill].flat())
    })
    act('back', 'sent_back', 'words', (id, request) => {
      const words = cleanText(textOf(formOf(request), 'words') ?? '').slice(0, 2_000)
      if (words === '') throw new Problem('payments.words', 422, 'Say why, in a sentence.')
      return sendBack(treasury, officerOf(parts, request), id, words)
    })
    act('out', 'said', 'as', (id, request) =>
      sayDebit(treasury, officerOf(parts, request), id, debitOf(textOf(formOf(request), 'as') ?? '')),
    )
    act('agree', 'agreed', 'agree', (id, request) =>
      agreeDebit(treasury, officerOf(parts, request), id, textOf(formOf(request), 'agree') === 'yes'),
    )
    act('count', 'counted', 'count', (id, request) => countEntry(treasury, officerOf(parts, request), id))
    act('terminal', 'terminal', 'fees', (id, request) => {
      const typed = textOf(formOf(request), 'fees') ?? ''
      const fees = typed.trim() === '' ? 0n : amountOf(typed, treasury.platform.city.currency)
      if (fees === null) throw new Problem('payments.amount', 422, 'Enter an amount of money.')
      return terminalPaidOut(treasury, officerOf(parts, request), id, fees)
    })
  }
}

/** What was chosen that money was: `fee`, or `file` or `refund` with an id. */
function debitOf(text: string): DebitWish {
  const [kind, about = ''] = text.split(':')
  if (kind === 'fee') return { kind }
  return { kind: kind === 'file' ? kind : 'refund', about }
}

async function showFile(
  parts: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  refused: Refused | null,
): Promise<FastifyReply> {
  const story = await fileStory(parts.treasury, officerOf(parts, request), id)
  const view = parts.pages.view(request)
  const main = filePage(view, { ...story, refused, done: doneText(request, view.t) })
  return sendPage(parts, request, reply, { title: view.t('payments.transfers.file.title'), main, refused, back: { href: PATH } })
}

function fileRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.post(`${PATH}/files`, staff, async (request, reply) => {
      try {
        const file = await makeFile(treasury, officerOf(parts, request))
        return seeOther(reply, `${PATH}/files/${file.id}?done=made`)
      } catch (error) {
        return showDesk(parts, request, reply, refusedBy(parts, pages.view(request), error, 'refunds'))
      }
    })
    app.get(`${PATH}/files`, staff, (request, reply) => leadTo(parts, request, reply, PATH))
    app.get<IdRoute>(`${PATH}/files/:id`, staff, (request, reply) => showFile(parts, request, reply, idOf(request.params.id), null))
    // by POST: each time names and accounts are opened, which is noted
    app.post<IdRoute>(`${PATH}/files/:id/fetch`, staff, async (request, reply) => {
      const { name, xml } = await fetchFile(treasury, officerOf(parts, request), idOf(request.params.id))
      return reply.type('application/xml; charset=utf-8').header('content-disposition', `attachment; filename="${name}"`).send(xml)
    })
    app.get<IdRoute>(`${PATH}/files/:id/refused`, staff, (request, reply) =>
      leadTo(parts, request, reply, `${PATH}/files/${idOf(request.params.id)}`),
    )
    app.post<IdRoute>(`${PATH}/files/:id/refused`, staff, async (request, reply) => {
      const id = idOf(request.params.id)
      try {
        await transferRefused(treasury, officerOf(parts, request), id, idOf(textOf(formOf(request), 'refund') ?? ''))
      } catch (error) {
        return showFile(parts, request, reply, id, refusedBy(parts, pages.view(request), error, 'refunds'))
      }
      return seeOther(reply, `${PATH}/files/${id}?done=refused`)
    })
  }
}
