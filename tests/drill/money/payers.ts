import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Ask, cookiesOf, send } from '../../support/client.ts'
import { payerAt } from '../../support/payer.ts'
import { seeded } from '../seeded.ts'

/** A bill that somebody is asked to pay. */
export type Owed = { readonly id: string; readonly reference: string; readonly code: string; readonly amount: bigint }

/** What payers saw. */
export type Street = {
  readonly url: string
  readonly bankUrl: string
  /** Attempts of which a page of ours said that they are paid, and that they are not. */
  readonly toldPaid: Set<string>
  readonly toldFailed: Set<string>
  /** Payments of which the bank let a payer with one tab go as paid. */
  readonly leftPaid: Set<string>
  /** Answers that may never come. */
  readonly wrong: string[]
  retries: number
}

/** How one payer goes about it. */
type Plan = {
  readonly way: 'whole' | 'tabs' | 'part' | 'basket'
  readonly cards: readonly string[]
  /** Whether they come back from the bank's page. */
  readonly returns: boolean
  readonly ip: string
}

type Walk = { readonly street: Street; readonly plan: Plan; readonly stopping: AbortSignal }

const cards = {
  pays: '4111111111111111',
  declined: '4000000000000002',
  insufficient: '4000000000009995',
  unproven: '4000000000000127',
  timeout: '4000000000000119',
  late: '4000000000000341',
  chargedBack: '4000000000000259',
  shuffled: '4000000000003220',
  refundFails: '4000000000005126',
} as const
const likely = ['pays', 'pays', 'pays', 'pays', 'pays', 'shuffled', 'chargedBack', 'refundFails', 'declined', 'insufficient', 'unproven', 'cancel', 'leave'] as const // prettier-ignore
const slowOnes = ['timeout', 'late'] as const
const ways = ['whole', 'whole', 'tabs', 'tabs', 'part', 'basket'] as const
const PATIENCE = 90_000

/** What the seed makes of the payer of a bill; slow cards are those whose outcome takes the bank half a minute and more. */
function planOf(seed: number, index: number, slow: boolean): Plan {
  const random = seeded(seed * 7919 + index)
  const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const first = slow && random() < 0.08 ? one(slowOnes) : one(likely)
  return {
    way: one(ways),
    cards: [first, 'pays', 'pays'],
    returns: random() < 0.8,
    ip: `10.${1 + (index >> 14)}.${(index >> 7) & 127}.${index & 127}`,
  }
}

/** Sends payers out until told to stop; each takes the next bills of the pile. */
export function startPayers(
  street: Street,
  pile: readonly Owed[],
  options: { readonly count: number; readonly seed: number; readonly slow: boolean },
): { taken(): number; stop(): Promise<void> } {
  const stopping = new AbortController()
  let next = 0
  const payers = Array.from({ length: options.count }, async () => {
    while (!stopping.signal.aborted && next < pile.length) {
      const plan = planOf(options.seed, next, options.slow)
      const bills = pile.slice(next, next + (plan.way === 'basket' ? 2 : 1))
      next += bills.length
      await pay({ street, plan, stopping: stopping.signal }, bills)
    }
  })
  return {
    taken: () => next,
    async stop() {
      stopping.abort()
      await Promise.all(payers)
    },
  }
}

async function pay(walk: Walk, bills: readonly Owed[]): Promise<void> {
  const { way } = walk.plan
  const [first] = bills
  if (!first) return
  if (way === 'tabs') await Promise.all([visit(walk, bills), visit(walk, bills)])
  else if (way === 'part') {
    await visit(walk, bills, first.amount / 3n)
    if (!walk.stopping.aborted) await visit(walk, bills)
  } else await visit(walk, bills)
}

/** One tab: shows the codes, presses "pay", pays at the bank, comes back; tries again as the pages say until it is paid. */
async function visit(walk: Walk, bills: readonly Owed[], part?: bigint): Promise<void> {
  const { street, plan, stopping } = walk
  const cookie = await hold(walk, bills)
  const [first] = bills
  if (cookie === null || !first) return
  const paths = bills.length > 1 ? '/pay/basket' : `/pay/bills/${first.reference}/pay`
  const form: Array<[string, string]> =
    bills.length > 1 ? bills.map((bill) => ['bill', bill.reference]) : part === undefined ? [] : [['part', String(part)]]
  for (let turn = 0; turn < 6 && !stopping.aborted; turn += 1) {
    const started = await insist(walk, post(paths, new URLSearchParams(form), cookie, plan.ip))
    if (started === null || [404, 409, 422, 429].includes(started.status)) return // somebody else paid meanwhile, or is at it
    const to = started.headers.location ?? ''
    if (started.status !== 303) return void street.wrong.push(`${paths}: ${started.status} ${started.body.slice(0, 300)}`)
    if (to.startsWith(street.bankUrl)) {
      const outcome = await atBank(walk, to, plan.cards[Math.min(turn, 2)] ?? 'pays')
      if (outcome === 'left' || outcome === 'paid') return
    } else if (to.startsWith('/pay/attempts/')) {
      if ((await look(walk, to, both(cookie, started))) === 'paid') return
      await sleep(300)
    } else return
  }
}

async function hold(walk: Walk, bills: readonly Owed[]): Promise<string | null> {
  let cookie = ''
  for (const { reference, code } of bills) {
    const answer = await insist(walk, post('/pay', new URLSearchParams({ reference, code }), cookie, walk.plan.ip))
    if (answer?.status !== 303) {
      if (answer) walk.street.wrong.push(`/pay ${reference}: ${answer.status}`)
      return null
    }
    cookie = both(cookie, answer)
  }
  return cookie
}

/** Pays on the hosted page with the plan's card, however often the line is cut, and comes back. */
async function atBank(walk: Walk, payUrl: string, card: string): Promise<'paid' | 'left' | 'again'> {
  if (card === 'leave') return 'left'
  const number = cards[card as keyof typeof cards] ?? cards.pays
  for (const until = performance.now() + 20_000; performance.now() < until && !walk.stopping.aborted;)
    try {
      const to = await once(payUrl, card, number)
      if (to === null || !to.startsWith(walk.street.url)) return 'again'
      if (walk.plan.way !== 'tabs' && ['pays', 'chargedBack', 'refundFails'].includes(card))
        walk.street.leftPaid.add(payUrl.split('/').at(-1) ?? '')
      if (!walk.plan.returns) return 'left'
      const { pathname, search } = new URL(to)
      const back = await insist(walk, { path: `${pathname}${search}`, headers: headersOf('', walk.plan.ip) })
      return back?.status === 303 ? await look(walk, String(back.headers.location), both('', back)) : 'left'
    } catch {
      walk.street.retries += 1
      await sleep(200) // the bank is away
    }
  return 'left'
}

async function once(payUrl: string, card: string, number: string): Promise<string | null> {
  const payer = payerAt(payUrl)
  if (card === 'cancel') return payer.send('cancel')
  let next = /id="sent-code"/.test(await payer.look()) ? null : await payer.send('card', { number, expiry: '09/99', security: '123' })
  const code = /id="sent-code">(\d{6})</.exec(await payer.look())?.[1]
  if (code !== undefined) next = await payer.send('code', { code })
  return next
}

/** Looks at the page of an attempt until it says what became of it, for some seconds. */
async function look(walk: Walk, path: string, cookie: string): Promise<'paid' | 'left' | 'again'> {
  const attempt = path.split('/').at(-1)?.split('?')[0] ?? ''
  for (let turn = 0; turn < 5 && !walk.stopping.aborted; turn += 1) {
    const page = await insist(walk, { path, headers: headersOf(cookie, walk.plan.ip) })
    if (page?.status !== 200) {
      if (page) walk.street.wrong.push(`${path}: ${page.status}`)
      return 'left'
    }
    if (page.body.includes('Paid, thank you')) {
      walk.street.toldPaid.add(attempt)
      return 'paid'
    }
    if (page.body.includes('The payment did not work')) {
      walk.street.toldFailed.add(attempt)
      return 'again'
    }
    await sleep(300)
  }
  return 'again'
}

function headersOf(cookie: string, ip: string): Record<string, string> {
  return { accept: 'text/html', 'x-forwarded-for': ip, ...(cookie ? { cookie } : {}) }
}

function post(path: string, form: URLSearchParams, cookie: string, ip: string): Ask {
  const headers = { ...headersOf(cookie, ip), 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', path, headers, body: form.toString() }
}

function both(cookie: string, answer: Answer): string {
  const kept = new Map([...cookie.split('; '), ...cookiesOf(answer)].filter(Boolean).map((line) => [line.split('=')[0], line]))
  return [...kept.values()].join('; ')
}

/** Asks until there is an answer that is not "try again"; null when there is none for long, or the day is over. */
async function insist({ street, stopping }: Walk, ask: Ask): Promise<Answer | null> {
  const until = performance.now() + PATIENCE
  for (let tries = 0; ; tries += 1) {
    if (tries > 0) street.retries += 1
    const answer = await send(street.url, ask).catch(() => null) // the line was cut: nobody knows whether it was taken
    if (answer !== null && answer.status !== 0 && answer.status !== 503) {
      if (answer.status < 500) return answer
      street.wrong.push(`${ask.method ?? 'GET'} ${ask.path.slice(0, 60)}: ${answer.status}`)
      return null
    }
    if (stopping.aborted) return null
    if (performance.now() > until) {
      street.wrong.push(`${ask.method ?? 'GET'} ${ask.path.slice(0, 60)}: no answer for 90 seconds`)
      return null
    }
    await sleep(200)
  }
}
