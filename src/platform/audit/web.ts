import { connect, type ConnectionOptions } from 'node:tls'
import { type Finding, type Findings, findingsOf } from './finding.ts'

const TIMEOUT_MS = 10_000
const DAY_MS = 86_400_000
const PROXY = 'Let Stoa send its headers through: a proxy must not take them away or replace them.'

/** What people get from an origin, asked for over the network as they do: headers, cookies, TLS, and what should not be out. */
export async function webFindings(origin: string, now: Date): Promise<Finding[]> {
  const found = findingsOf('Web')
  const page = await ask(origin, '/?lang=en')
  if (typeof page === 'string') {
    found.fail('the origin answers', `${origin}: ${page}`, 'Start Stoa, and look at the proxy, the certificate and the name in the DNS.')
    return [...found.list]
  }
  found.must(page.status === 200, 'the origin answers', `${origin}: ${page.status}`, 'Start Stoa, and look at the proxy.')
  headerFindings(page.headers, found)
  const https = origin.startsWith('https:')
  if (https) {
    const age = Number(/max-age=(\d+)/.exec(page.headers.get('strict-transport-security') ?? '')?.[1] ?? 0)
    found.must(age >= 31_536_000, 'browsers are told to stay on https', `max-age ${age}`, PROXY)
  }
  cookieFindings(page.headers.getSetCookie(), https, found)
  await stray(origin, found)
  if (https) await tlsFindings(new URL(origin), now, found)
  return [...found.list]
}

async function ask(origin: string, path: string): Promise<Response | string> {
  try {
    const answer = await fetch(`${origin}${path}`, {
      redirect: 'manual',
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.arrayBuffer()
    return answer
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? ('code' in cause && String(cause.code)) || cause.name : 'no answer'
  }
}

function headerFindings(headers: Headers, found: Findings): void {
  const csp = headers.get('content-security-policy') ?? ''
  const directives = new Map(csp.split(';').map((part) => [part.trim().split(/\s+/)[0] ?? '', part.trim()]))
  const unsafe = /'unsafe-|\*|https?:(?!\/\/)|data:(?=[^;]*script)/.test(csp.replace(/img-src[^;]*/, ''))
  const strict = directives.get('default-src') === "default-src 'none'" && directives.get('frame-ancestors') === "frame-ancestors 'none'"
  found.must(strict && !unsafe, 'pages may load only what is their own, and nobody frames them', csp || 'no Content-Security-Policy', PROXY)
  found.must(
    directives.get('require-trusted-types-for') === "require-trusted-types-for 'script'",
    'no text becomes script',
    directives.get('trusted-types') ?? 'no trusted-types',
    PROXY,
  )
  const wanted: ReadonlyArray<readonly [string, RegExp]> = [
    ['x-content-type-options', /^nosniff$/],
    ['x-frame-options', /^DENY$/i],
    ['referrer-policy', /^(same-origin|no-referrer|strict-origin)$/],
    ['cross-origin-opener-policy', /^same-origin$/],
    ['cross-origin-resource-policy', /^same-origin$/],
    ['permissions-policy', /camera=\(\).*microphone=\(\)/],
  ]
  const wrong = wanted.filter(([name, pattern]) => !pattern.test(headers.get(name) ?? ''))
  found.must(
    wrong.length === 0,
    'the other headers of every page are there',
    (wrong.length > 0 ? wrong : wanted).map(([name]) => `${name}: ${headers.get(name) ?? 'missing'}`).join('; '),
    PROXY,
  )
  const telling = ['x-powered-by', 'x-aspnet-version'].filter((name) => headers.has(name))
  found.should(telling.length === 0, 'no header tells of the software', telling.join(', ') || 'none', 'Take the header away in the proxy.')
}

function cookieFindings(cookies: readonly string[], https: boolean, found: Findings): void {
  const kept = (cookie: string): boolean =>
    /; *HttpOnly/i.test(cookie) &&
    /; *SameSite=(Lax|Strict)/i.test(cookie) &&
    (!https || (/; *Secure/i.test(cookie) && /^__(Host|Secure)-/.test(cookie))) &&
    !/; *Domain=/i.test(cookie)
  const shown = cookies.map((cookie) => cookie.replace(/=[^;]*/, '=...')).join(' | ')
  found.must(
    cookies.length > 0 && cookies.every(kept),
    'cookies are for this host, no script and no other site',
    shown || 'the page set none',
    PROXY,
  )
}

/** What is for operators or for the demo alone. */
async function stray(origin: string, found: Findings): Promise<void> {
  const statusOf = async (path: string): Promise<number> => {
    const answer = await ask(origin, path)
    return typeof answer === 'string' ? 0 : answer.status
  }
  const demo = await statusOf('/demo')
  found.must(demo !== 200, 'this is no demo', `/demo: ${demo}`, 'Set DATABASE_URL, and use ./stoa serve and ./stoa work.')
  const open: string[] = []
  for (const path of ['/metrics', '/readyz']) if ((await statusOf(path)) === 200) open.push(path)
  found.should(
    open.length === 0,
    'the addresses for operators are not out',
    open.join(', ') || 'neither /metrics nor /readyz',
    'Keep them in by the proxy: see docs/operate/install.md.',
  )
}

type Shaken = { readonly protocol: string; readonly validTo: Date }

async function tlsFindings(url: URL, now: Date, found: Findings): Promise<void> {
  const state = await shake(url, {})
  if (typeof state === 'string') return found.fail('TLS can be spoken', state, 'Look at the certificate and the proxy.')
  found.must(/^TLSv1\.[23]$/.test(state.protocol), 'TLS is new enough', state.protocol, 'Allow TLS 1.2 and 1.3 only.')
  const old = await shake(url, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  found.must(
    typeof old === 'string',
    'older TLS is refused',
    typeof old === 'string' ? 'TLS 1.0 and 1.1 are refused' : old.protocol,
    'Allow TLS 1.2 and 1.3 only.',
  )
  const days = Math.floor((state.validTo.getTime() - now.getTime()) / DAY_MS)
  const evidence = `valid until ${state.validTo.toISOString().slice(0, 10)}, ${days} days`
  const renew = 'Renew the certificate, and see why it was not renewed by itself.'
  if (days < 7) found.fail('the certificate is valid for long enough', evidence, renew)
  else found.should(days >= 21, 'the certificate is valid for long enough', evidence, renew)
}

function shake(url: URL, options: ConnectionOptions): Promise<Shaken | string> {
  return new Promise((done) => {
    const port = Number(url.port || 443)
    // whether the certificate is trusted was asked before, by fetch
    const socket = connect(
      { host: url.hostname, port, servername: url.hostname, rejectUnauthorized: false, timeout: TIMEOUT_MS, ...options },
      () => {
        done({ protocol: socket.getProtocol() ?? 'unknown', validTo: new Date(socket.getPeerCertificate().valid_to) })
        socket.destroy()
      },
    )
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', (error) => done('code' in error ? String(error.code) : error.message))
  })
}
