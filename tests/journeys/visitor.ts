import { Secret, TOTP } from 'otpauth'
import { withDemoCode } from '../support/authenticator.ts'

/** A page as it came back. */
export type Shown = {
  readonly status: number
  readonly path: string
  readonly text: string
  readonly headers: Headers
  /** The value of a hidden field, or of a text field, as the page shows it; null when it is not there. */
  field(name: string): string | null
}

type Cookie = { name: string; path: string; value: string }

/** A browser without JavaScript: keeps cookies by path, follows 303, posts forms. */
export class Visitor {
  readonly #origin: string
  #cookies: Cookie[] = []

  constructor(origin: string) {
    this.#origin = origin
  }

  get(path: string): Promise<Shown> {
    return this.#ask('GET', path)
  }

  post(path: string, form: Readonly<Record<string, string>>): Promise<Shown> {
    return this.#ask('POST', path, new URLSearchParams(form))
  }

  /** Signs in, with the second step where the account has one, by the demo's authenticator; gives the page it leads to. */
  async signIn(email: string, password: string, next = ''): Promise<Shown> {
    let page = await this.post('/sign-in', { email, password, next })
    if (!page.path.startsWith('/sign-in/second-step')) return page
    await withDemoCode(this.#origin, email, async (code) => {
      page = await this.post('/sign-in/second-step', { code, next })
      return page.status === 200
    })
    return page
  }

  /** Sets up an authenticator app, as somebody does who has none; gives the page it leads to, and the app's secret in base32. */
  async setUpApp(next = '', at = Date.now()): Promise<{ page: Shown; secret: string }> {
    const shown = await this.post('/account/security/app', { next })
    const secret = (/<p class="st-reference"><bdi>([A-Z2-7 ]+)</.exec(shown.text)?.[1] ?? '').replaceAll(' ', '')
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at })
    return { page: await this.post('/account/security/app/confirm', { code, next }), secret }
  }

  /** The same browser at another process of the deployment: cookies know no ports. */
  at(origin: string): Visitor {
    const visitor = new Visitor(origin)
    visitor.#cookies = this.#cookies
    return visitor
  }

  /** Takes a cookie as it was set elsewhere: `name=value`. */
  remember(pair: string): void {
    this.#keep(`${pair}; Path=/`)
  }

  /** The value of a cookie; null when there is none. */
  cookie(name: string): string | null {
    return this.#cookies.find((cookie) => cookie.name === name)?.value ?? null
  }

  /** Forgets cookies, as an expired session or a closed browser does. */
  forget(name: string): void {
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name)
  }

  async #ask(method: string, path: string, body?: URLSearchParams): Promise<Shown> {
    const answer = await fetch(`${this.#origin}${path}`, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.#cookiesFor(path), ...(body ? { 'sec-fetch-site': 'same-origin' } : {}) },
      ...(body ? { body } : {}),
    })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    if (answer.headers.get('clear-site-data')?.includes('"cookies"')) this.#cookies = []
    const to = answer.headers.get('location')
    if (answer.status === 303 && to !== null) {
      await answer.arrayBuffer()
      return this.#ask('GET', to)
    }
    const text = await answer.text()
    return { status: answer.status, path, text, headers: answer.headers, field: (name) => fieldIn(text, name) }
  }

  #cookiesFor(path: string): string {
    const plain = path.split('?')[0] ?? path
    return this.#cookies
      .filter((cookie) => cookie.path === '/' || plain === cookie.path || plain.startsWith(`${cookie.path}/`))
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join('; ')
  }

  #keep(line: string): void {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const at = pair.indexOf('=')
    const attribute = (name: string): string | undefined =>
      rest.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
    const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path: attribute('path') ?? '/' }
    this.#cookies = this.#cookies.filter((each) => each.name !== cookie.name || each.path !== cookie.path)
    if (attribute('max-age') !== '0') this.#cookies.push(cookie)
  }
}

function fieldIn(text: string, name: string): string | null {
  const input = text.match(new RegExp(`<input[^>]*\\bname="${name}"[^>]*>`))?.[0]
  if (input !== undefined) return unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? '')
  const area = new RegExp(`<textarea[^>]*\\bname="${name}"[^>]*>([^<]*)</textarea>`).exec(text)?.[1]
  return area === undefined ? null : unescape(area)
}

function unescape(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
