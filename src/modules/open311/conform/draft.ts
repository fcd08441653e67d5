import { writeRequestForm } from '../form.ts'
import type { Format, NewRequest } from '../shapes.ts'
import { type Context, itemsOf, requests, services } from './context.ts'
import { type Item, shapes } from './document.ts'
import type { Answer } from './probe.ts'
import { stop } from './verdict.ts'
import { definitions } from './rules/definition.ts'
import { coordinate } from './rules/requests.ts'

/** Words of a request that a check makes: they say so, and hold what servers get wrong (Encoding, XML Support). */
export const WORDS = 'Test of the Open311 interface, please close it. Größe, señal, مرحبا: 5 < 6 & 7 > 2 "as told".'

/** What to send, and whether its service has questions. */
export type Draft = { readonly form: Partial<NewRequest>; readonly service: string; readonly attributes: readonly Item[] }

type Place = { readonly lat: number; readonly long: number }

async function placeOf(context: Context, format: Format): Promise<Place> {
  if (context.place) return context.place
  const { items } = await requests(context, format)
  for (const item of items) {
    const [lat, long] = [coordinate(item, 'lat'), coordinate(item, 'long')]
    if (lat !== null && long !== null && (lat !== 0 || long !== 0)) return { lat, long }
  }
  return stop('there is no request whose place could be used: give one with --at LAT,LONG')
}

/** A request that asks nothing more: of a service without required questions. */
export async function plainDraft(context: Context, format: Format): Promise<Draft> {
  const { items } = await services(context, format)
  const plain = items.find((item) => item.text('metadata') === 'false' && item.text('service_code') !== null)
  if (!plain) return askedDraft(context, format, () => true)
  return draftOf(context, format, plain.text('service_code') ?? '', [])
}

/** A request of a service with a question that `wanted` picks, and all that is required answered. */
export async function askedDraft(context: Context, format: Format, wanted: (attribute: Item) => boolean): Promise<Draft> {
  const found = (await definitions(context, format)).find(({ attributes }) => attributes.some(wanted))
  return found ? draftOf(context, format, found.code, found.attributes) : stop('no service that was looked at asks such a question')
}

async function draftOf(context: Context, format: Format, service: string, attributes: readonly Item[]): Promise<Draft> {
  const { lat, long } = await placeOf(context, format)
  const needed = attributes.filter((attribute) => isRequired(attribute))
  return {
    service,
    attributes,
    form: {
      jurisdiction_id: context.probe.options.jurisdiction,
      service_code: service,
      lat: String(lat),
      long: String(long),
      description: WORDS,
      attributes: new Map(needed.map((attribute) => [attribute.text('code') ?? '', [answerTo(context, attribute)]])),
    },
  }
}

/** Whether a question must be answered. */
export function isRequired(attribute: Item): boolean {
  return attribute.text('required') === 'true' && attribute.text('variable') !== 'false'
}

/** The keys of a list question. */
export function keysOf(attribute: Item): string[] {
  return (attribute.list('values', 'value') ?? []).flatMap((value) => value.text('key') ?? [])
}

function answerTo(context: Context, attribute: Item): string {
  const [first] = keysOf(attribute)
  if (first !== undefined) return first
  const type = attribute.text('datatype')
  if (type === 'number') return '1'
  return type === 'datetime' ? `${context.probe.options.now().toISOString().slice(0, 19)}Z` : 'Test'
}

/** Sends a form with the run's key, with another one, or with none. */
export function send(
  context: Context,
  format: Format,
  form: Partial<NewRequest>,
  key: string | null = context.probe.options.key,
): Promise<Answer> {
  return context.probe.post('requests', format, writeRequestForm(form, key))
}

/** The draft without some of its fields. */
export function without(form: Partial<NewRequest>, ...names: ReadonlyArray<keyof NewRequest>): Partial<NewRequest> {
  return { ...form, ...Object.fromEntries(names.map((name) => [name, name === 'attributes' ? new Map() : null])) }
}

/** What making a request came to. */
export type Made = {
  readonly draft: Draft
  readonly answer: Answer
  readonly item: Item | null
  readonly id: string | null
  readonly token: string | null
}

/** Makes the run's one plain request in a format. */
export function made(context: Context, format: Format): Promise<Made> {
  return context.once(`made ${format}`, async () => {
    const draft = await plainDraft(context, format)
    return receiptOf(context, draft, await send(context, format, draft.form), format)
  })
}

/** Reads what a POST answered; nothing in it is taken for granted. */
export function receiptOf(context: Context, draft: Draft, answer: Answer, format: Format): Made {
  let item: Item | null = null
  try {
    item = created(answer) ? (itemsOf(context, answer, format, shapes.requests)[0] ?? null) : null
  } catch {
    item = null
  }
  return { draft, answer, item, id: item?.text('service_request_id') ?? null, token: item?.text('token') ?? null }
}

/** Whether a POST was accepted. */
export function created(answer: Answer): boolean {
  return answer.fault === null && (answer.status === 200 || answer.status === 201)
}

const TRIES = 5

/** The id of the run's request: at once, or by its token, which is asked for a few times. */
export function madeId(context: Context, format: Format): Promise<string> {
  return context.once(`id ${format}`, async () => {
    const { id, token } = await made(context, format)
    if (id !== null) return id
    if (token === null) return stop('no request could be made')
    for (let turn = 0; turn < TRIES; turn += 1) {
      if (turn > 0) await context.probe.options.wait(1_000 * turn)
      const answer = await context.probe.get(`tokens/${encodeURIComponent(token)}`, format, {}, true)
      const found = receiptOf(context, { form: {}, service: '', attributes: [] }, answer, format).id
      if (found !== null) return found
    }
    return stop('the token did not lead to an id yet')
  })
}
