import type { Format } from '../shapes.ts'
import { skip, Stop } from './verdict.ts'

/** What a server answered; `fault` when there was no whole answer, and why. */
export type Answer = {
  /** Method and address as they may be shown: without the key. */
  readonly request: string
  /** The format that was asked for; null for discovery of a place that names none. */
  readonly format: Format | null
  /** 0 when nothing came. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Whether the bytes are UTF-8. */
  readonly utf8: boolean
  readonly fault: string | null
  readonly milliseconds: number
}

/** How a server is asked. */
export type ProbeOptions = {
  /** The API's endpoint, without what comes after `v2`. */
  readonly base: string
  readonly key: string | null
  readonly jurisdiction: string | null
  /** The most requests of one run. */
  readonly most: number
  /** The pause between two requests, in milliseconds. */
  readonly pause: number
  /** How long one answer may take, in milliseconds. */
  readonly patience: number
  /** The most bytes of one answer. */
  readonly bytes: number
  readonly now: () => Date
  readonly wait: (milliseconds: number) => Promise<void>
}

/** The values of a query; null is not sent, an empty text is. */
export type Query = Readonly<Record<string, string | null>>

/** Asks one server, one request at a time. */
export type Probe = {
  readonly options: ProbeOptions
  /** Every answer of this run. */
  readonly answers: readonly Answer[]
  /** GET of `path.format` below the endpoint; the same question is asked once, unless a `fresh` answer is wanted. */
  get(path: string, format: Format, query?: Query, fresh?: boolean): Promise<Answer>
  /** GET of a whole address that may be elsewhere (discovery). */
  fetch(url: string): Promise<Answer>
  /** POST of a form to `path.format`. */
  post(path: string, format: Format, form: URLSearchParams): Promise<Answer>
  /** From now on the key goes along with reading too. */
  readWithKey(): void
}

const REDIRECTS = 3
/** How often a server that is asked too much is asked again, after the pause that it wishes. */
const BUSY_TRIES = 3
const LONGEST_PAUSE = 70_000

function busyFor({ headers }: Answer): number {
  const seconds = Number(headers.get('retry-after') ?? '5')
  return Math.min(Number.isFinite(seconds) ? Math.max(1, seconds) * 1_000 : 5_000, LONGEST_PAUSE)
}

/** A polite way to ask one server: in order, with pauses, limits of time and size, and a cap on all requests together. */
export function createProbe(options: ProbeOptions): Probe {
  const answers: Answer[] = []
  const known = new Map<string, Promise<Answer>>()
  let last: Promise<unknown> = Promise.resolve()
  let keyed = false
  const inTurn = (ask: () => Promise<Answer>): Promise<Answer> => {
    const mine = last.then(async () => {
      if (answers.length >= options.most) throw new Stop(skip(`the limit of ${options.most} requests is reached`))
      if (answers.length > 0 && options.pause > 0) await options.wait(options.pause)
      let answer = await ask()
      answers.push(answer)
      for (let turn = 1; answer.status === 429 && turn <= BUSY_TRIES && answers.length < options.most; turn += 1) {
        await options.wait(busyFor(answer))
        answer = await ask()
        answers.push(answer)
      }
      return answer
    })
    last = mine.catch(() => undefined)
    return mine
  }
  const addressOf = (path: string, format: Format, query: Query): URL => {
    const url = new URL(`${options.base}/${path}.${format}`)
    const all = { jurisdiction_id: options.jurisdiction, ...(keyed ? { api_key: options.key } : {}), ...query }
    for (const [name, value] of Object.entries(all)) if (value !== null) url.searchParams.set(name, value)
    return url
  }
  return {
    options,
    answers,
    get(path, format, query = {}, fresh = false) {
      const url = addressOf(path, format, query)
      const before = fresh ? undefined : known.get(url.href)
      if (before) return before
      const answer = inTurn(() => ask(options, { url, format, method: 'GET', body: null }))
      known.set(url.href, answer)
      return answer
    },
    fetch(href) {
      const before = known.get(href)
      if (before) return before
      const answer = inTurn(() => ask(options, { url: new URL(href), format: formatOf(href), method: 'GET', body: null }))
      known.set(href, answer)
      return answer
    },
    post: (path, format, form) =>
      inTurn(() => ask(options, { url: new URL(`${options.base}/${path}.${format}`), format, method: 'POST', body: form })),
    readWithKey() {
      keyed = true
    },
  }
}

/** A request as it may be shown: the key is left out. */
export function shown(method: string, url: URL): string {
  const copy = new URL(url)
  if (copy.searchParams.has('api_key')) copy.searchParams.set('api_key', '***')
  copy.username = ''
  copy.password = ''
  return `${method} ${copy.href}`
}

type Asked = { readonly url: URL; readonly format: Format | null; readonly method: 'GET' | 'POST'; readonly body: URLSearchParams | null }
type Got = { readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array; readonly fault: string | null }

async function ask(options: ProbeOptions, asked: Asked): Promise<Answer> {
  const begun = options.now().getTime()
  const got = await exchange(options, asked).catch((error: unknown): Got => ({ ...nothing, fault: faultOf(error) }))
  const { text, utf8 } = textOf(got.bytes)
  return {
    request: shown(asked.method, asked.url),
    format: asked.format,
    status: got.status,
    headers: got.headers,
    text,
    utf8,
    fault: got.fault,
    milliseconds: options.now().getTime() - begun,
  }
}

const nothing = { status: 0, headers: new Headers(), bytes: new Uint8Array() }

/** One exchange with the redirects that it leads to; a POST follows none. The time limit is for all of it. */
async function exchange(options: ProbeOptions, { url, method, body }: Asked): Promise<Got> {
  const signal = AbortSignal.timeout(options.patience)
  let at: URL = url
  for (let turn = 0; turn <= REDIRECTS; turn += 1) {
    const response = await fetch(at, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        accept: '*/*',
        'user-agent': 'Stoa Open311 conformance check',
        ...(body ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
      },
      ...(body ? { body: body.toString() } : {}),
    })
    const onward = response.status >= 300 && response.status < 400 && method === 'GET' ? response.headers.get('location') : null
    const next = onward === null ? null : URL.parse(onward, at.href)
    if (next === null || !/^https?:$/.test(next.protocol))
      return { status: response.status, headers: response.headers, ...(await bodyOf(response, options.bytes)) }
    await response.body?.cancel()
    // what leads elsewhere does not get the key
    if (next.origin !== at.origin) next.searchParams.delete('api_key')
    at = next
  }
  return { ...nothing, fault: `more than ${REDIRECTS} redirects` }
}

async function bodyOf(response: Response, most: number): Promise<{ bytes: Uint8Array; fault: string | null }> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    const bytes: Uint8Array = part
    size += bytes.byteLength
    if (size > most) return { bytes: new Uint8Array(), fault: `the answer is larger than ${most} bytes` }
    parts.push(bytes)
  }
  return { bytes: Buffer.concat(parts), fault: null }
}

function textOf(bytes: Uint8Array): { text: string; utf8: boolean } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), utf8: true }
  } catch {
    return { text: new TextDecoder('utf-8').decode(bytes), utf8: false }
  }
}

function faultOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no whole answer in time'
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return `no answer${code === '' ? '' : ` (${code})`}`
}

function formatOf(href: string): Format | null {
  const { pathname } = new URL(href)
  return pathname.endsWith('.xml') ? 'xml' : pathname.endsWith('.json') ? 'json' : null
}
