import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import type { Actor } from '../../access/index.ts'
import { idOf, type OfficeParts, officerOf, type Refused, refusedBy, sendPage, staff } from '../office.ts'
import { carry, cashRefunds, payOut, receiptOf, takeMoney } from './acts.ts'
import { amountOf, type Count, countOf, piecesOf } from './count.ts'
import { closeTill, openTill, takeOver, takeOverReasons, tillDesk, tillOf, tillStory } from './session.ts'
import { deskPage } from './views/desk.ts'
import { receiptPage } from './views/receipt.ts'
import { type Shown, tillPage } from './views/till.ts'

const PATH = '/officer/money/till'

type IdRoute = { Params: { id: string } }
type Form = ReturnType<typeof formOf>

/** The counter: tills are opened, money is taken and given, tills are closed with a count. */
export function tillRoutes(parts: OfficeParts): RouteModule {
  return (app) => {
    openingRoutes(parts)(app)
    actRoutes(parts)(app)
    receiptRoutes(parts)(app)
  }
}

async function showDesk(
  parts: OfficeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form,
  refused: Refused | null,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const desk = await tillDesk(treasury, officerOf(parts, request))
  const view = pages.view(request)
  const main = deskPage(view, { ...desk, rules: treasury.rules.tills, form, refused })
  return sendPage(parts, request, reply, { title: view.t('payments.till.title'), main, refused })
}

function openingRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => showDesk(parts, request, reply, {}, null))
    app.post(PATH, staff, async (request, reply) => {
      const form = formOf(request)
      try {
        const till = textOf(form, 'till') ?? ''
        if (!treasury.rules.tills.some((each) => each.id === till)) throw new Problem('payments.till-choose', 422, 'Choose a till.')
        const session = await openTill(treasury, officerOf(parts, request), till, counted(parts, form))
        return seeOther(reply, `${PATH}/${session.id}`)
      } catch (error) {
        const field = error instanceof Problem && error.code === 'payments.till-choose' ? 'till' : 'sum'
        return showDesk(parts, request, reply, form, refusedBy(parts, pages.view(request), error, field))
      }
    })
  }
}

/** What was counted; throws 422 when it is no count. */
function counted({ treasury }: OfficeParts, form: Form): Count {
  const { currency } = treasury.platform.city
  const pieces = Object.fromEntries(piecesOf(currency).map((worth) => [String(worth), textOf(form, `piece_${worth}`) ?? '']))
  const count = countOf(currency, { sum: textOf(form, 'sum') ?? '', pieces })
  if (count === null) throw new Problem('payments.till-count', 422, 'Count what is in the till: pieces, or the sum.')
  return count
}

async function showTill(parts: OfficeParts, request: FastifyRequest, reply: FastifyReply, id: string, shown: Shown): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const story = await tillStory(treasury, officerOf(parts, request), id)
  const refunds = story.mine ? await cashRefunds(treasury, story.session) : []
  const view = pages.view(request)
  const till = tillOf(treasury, story.session.till)
  // one key for every form of this page: what is sent twice is done once
  const main = tillPage(view, { ...story, till, refunds, key: treasury.platform.newId(), ...shown })
  return sendPage(parts, request, reply, { title: view.t('payments.till.title'), main, refused: shown.refused, back: { href: PATH } })
}

/** How the fields of these forms are read. */
function fieldsOf({ treasury: { platform } }: OfficeParts) {
  const amount = (form: Form, name: string): bigint => {
    const found = amountOf(textOf(form, name) ?? '', platform.city.currency)
    if (found === null) throw new Problem('payments.amount', 422, 'Enter an amount of money.')
    return found
  }
  const key = (form: Form): string => {
    const typed = textOf(form, 'key') ?? ''
    return isUuid(typed) ? typed : platform.newId()
  }
  const text = (form: Form, name: string): string => (textOf(form, name) ?? '').trim().slice(0, 100)
  return { amount, key, text }
}

function actRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  const { amount, key, text } = fieldsOf(parts)
  return (app) => {
    app.get<IdRoute>(`${PATH}/:id`, staff, (request, reply) => showTill(parts, request, reply, idOf(request.params.id), nothing))
    const act = (name: string, field: string, work: (actor: Actor, id: string, form: Form) => Promise<string>): void => {
      app.get<IdRoute>(`${PATH}/:id/${name}`, staff, async (request, reply) => {
        const { session } = await tillStory(treasury, officerOf(parts, request), idOf(request.params.id))
        return seeOther(reply, `${PATH}/${session.id}`)
      })
      app.post<IdRoute>(`${PATH}/:id/${name}`, staff, async (request, reply) => {
        const id = idOf(request.params.id)
        const form = formOf(request)
        try {
          return seeOther(reply, await work(officerOf(parts, request), id, form))
        } catch (error) {
          return showTill(parts, request, reply, id, { form, refused: refusedBy(parts, pages.view(request), error, field) })
        }
      })
    }
    const receipt = ({ id }: { id: string }): string => `${PATH}/receipts/${id}`
    act('cash', 'cash-bill', async (actor, id, form) => {
      const given = text(form, 'given') === '' ? amount(form, 'amount') : amount(form, 'given')
      return receipt(
        await takeMoney(treasury, actor, id, {
          key: key(form),
          bill: text(form, 'bill'),
          amount: amount(form, 'amount'),
          given,
          slip: null,
          anyway: text(form, 'anyway') === '1',
        }),
      )
    })
    act('card', 'card-bill', async (actor, id, form) =>
      receipt(
        await takeMoney(treasury, actor, id, {
          key: key(form),
          bill: text(form, 'bill'),
          amount: amount(form, 'amount'),
          given: null,
          slip: text(form, 'slip'),
          anyway: text(form, 'anyway') === '1',
        }),
      ),
    )
    act('refund', 'refund', async (actor, id, form) => receipt(await payOut(treasury, actor, id, key(form), idOf(text(form, 'refund')))))
    act('carry', 'carry-amount', async (actor, id, form) =>
      receipt(
        await carry(treasury, actor, id, {
          key: key(form),
          to: text(form, 'to') === 'till' ? 'till' : 'bank',
          amount: amount(form, 'amount'),
        }),
      ),
    )
    act('close', 'sum', async (actor, id, form) => {
      await closeTill(treasury, actor, id, counted(parts, form))
      return `${PATH}/${id}`
    })
    act('take-over', 'reason', async (actor, id, form) => {
      const reason = takeOverReasons.find((each) => each === text(form, 'reason'))
      if (reason === undefined) throw new Problem('payments.till-reason', 422, 'Choose why you take the till over.')
      await takeOver(treasury, actor, id, reason)
      return `${PATH}/${id}`
    })
  }
}

const nothing: Shown = { form: {}, refused: null }

function receiptRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get<IdRoute>(`${PATH}/receipts/:id`, staff, async (request, reply) => {
      const receipt = await receiptOf(treasury, officerOf(parts, request), idOf(request.params.id))
      const view = pages.view(request)
      const main = receiptPage(view, { ...receipt, till: tillOf(treasury, receipt.session.till), creditor: treasury.rules.creditor.name })
      const back = { href: `${PATH}/${receipt.session.id}` }
      return pages.send(request, reply, { title: view.t('payments.till.receipt.title'), main, back })
    })
  }
}
