import { type Answer, loadFor, once, type Sent } from './client.ts'
import { costFigure, type Figure, quantile, rateFigure } from './figures.ts'
import { type Running, startBare } from './program.ts'
import type { Seeded } from './seed.ts'
import type { Submitted } from './submissions.ts'

const CLIENTS = 8
const ENCODED = { 'accept-encoding': 'gzip, deflate, br', accept: 'text/html', 'accept-language': 'en' }

/** A page that is asked for as a browser would. */
function page(path: string, session?: string): Sent {
  return { method: 'GET', path, headers: { ...ENCODED, ...(session ? { cookie: `stoa_session=${session}` } : {}) } }
}

/** Pages for everyone and for those who signed in, beside bare node:http that sends the same bytes to the same client. */
export async function measurePages(program: Running, dataDir: string, seeded: Seeded, seconds: number): Promise<Figure[]> {
  const anonymous = { must: 0.3, aim: 0.5 }
  const signedIn = { must: 0.15, aim: 0.3 }
  const wanted = [
    { name: 'anonymous page: home', sent: page('/'), marks: anonymous },
    { name: 'anonymous page: service', sent: page('/services/resident_parking_permit'), marks: anonymous },
    { name: 'signed-in page: officer queue', sent: page('/officer', seeded.officer), marks: signedIn },
    { name: 'signed-in page: my applications', sent: page('/my', seeded.resident), marks: signedIn },
  ]
  const answers: Array<{ path: string; answer: Answer }> = []
  for (const { sent } of wanted) {
    await once(program.port, sent)
    const answer = await once(program.port, sent)
    if (answer.status !== 200) throw new Error(`${sent.path}: ${answer.status}`)
    answers.push({ path: sent.path, answer })
  }
  const bare = await startBare(dataDir, answers)
  const figures: Figure[] = []
  try {
    for (const { name, sent, marks } of wanted) {
      // in turns, so that a slower minute of the machine falls on both
      const rounds = [
        await loadFor(bare.port, CLIENTS, seconds / 2, sent),
        await loadFor(program.port, CLIENTS, seconds, sent),
        await loadFor(bare.port, CLIENTS, seconds / 2, sent),
      ]
      const [first, own, second] = rounds
      if (!first || !own || !second) continue
      figures.push(rateFigure(name, '1/s', own.perSecond, (first.perSecond + second.perSecond) / 2, marks))
      process.stdout.write(
        `  ${name}: p50 ${quantile(own.latencies, 0.5).toFixed(2)} ms, p95 ${quantile(own.latencies, 0.95).toFixed(2)} ms\n`,
      )
    }
  } finally {
    await bare.stop()
  }
  return figures
}

/** The officers' queues one request at a time: every queue, an officer of one agency and a supervisor of all. */
export async function measureQueue(program: Running, seeded: Seeded, cases: number, rounds: number): Promise<Figure[]> {
  const queues = ['unassigned', 'mine', 'agency', 'due_soon', 'overdue', 'waiting', 'opinions', 'closed']
  const figures: Figure[] = []
  for (const [who, session] of [
    ['one agency', seeded.officer],
    ['all agencies', seeded.everywhere],
  ] as const) {
    const samples: number[] = []
    for (let round = -5; round < rounds; round += 1) {
      for (const queue of queues) {
        const begun = performance.now()
        const answer = await once(program.port, page(`/officer?queue=${queue}`, session))
        if (answer.status !== 200) throw new Error(`queue ${queue}: ${answer.status}`)
        if (round >= 0) samples.push(performance.now() - begun)
      }
    }
    for (const [name, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const)
      figures.push(
        costFigure(`officer queue, ${cases.toLocaleString('en')} cases, ${who}, ${name}`, 'ms', quantile(samples, share), {
          must: 100,
          aim: 20,
        }),
      )
  }
  return figures
}

/** Pages of everybody, of residents who signed in, and of a report with its map (a page of its own kind, see docs/figures.md, and not among these). */
const EVERYBODYS = ['/', '/services', '/services?q=permit', '/life-events/moving_home', '/agencies/transport', '/about', '/accessibility', '/privacy',
  '/contact', '/register', '/sign-in', '/sign-in/link', '/sign-in/letter', '/reset', '/track', '/check', '/pay', '/reports/new'] // prettier-ignore
const RESIDENTS = [
  '/my',
  '/account',
  '/account/security',
  '/my/data',
  '/my/access',
  '/my/consents',
  '/my/privacy-choices',
  '/my/mandates',
  '/my/help',
]

/** The first view of the pages that residents see, with all they load, compressed; and the script by itself. */
export async function measureWeight(
  program: Running,
  { resident }: Seeded,
  services: readonly string[],
  followed: Submitted['followed'],
): Promise<Figure[]> {
  const views: Sent[] = [
    ...EVERYBODYS.map((path) => page(path)),
    ...RESIDENTS.map((path) => page(path, resident)),
    ...services.map((service) => page(`/services/${service}`)),
  ]
  for (const service of services) {
    const begun = await once(program.port, { method: 'POST', path: `/services/${service}/start`, headers: ENCODED })
    const cookie = /\r\nset-cookie: *([^;\r]+)/i.exec(begun.head)?.[1] ?? ''
    let path = /\r\nlocation: *(\S+)/i.exec(begun.head)?.[1] ?? ''
    for (let hops = 0; hops < 3; hops += 1) {
      const sent = { method: 'GET', path, headers: { ...ENCODED, cookie } }
      const next = await once(program.port, sent)
      const onward = next.status === 303 ? /\r\nlocation: *(\S+)/i.exec(next.head)?.[1] : undefined
      if (onward === undefined) {
        views.push(sent)
        break
      }
      path = onward
    }
  }
  views.push({
    method: 'GET',
    path: `/cases/${followed.reference}`,
    headers: { ...ENCODED, cookie: `stoa_case=${followed.trackingToken}` },
  })
  let largest = { path: '', bytes: 0 }
  let script = 0
  for (const view of views) {
    const weight = await weigh(program.port, view)
    script = Math.max(script, weight.script)
    if (weight.total > largest.bytes) largest = { path: view.path.replace(/[0-9a-f-]{36}/, 'ID'), bytes: weight.total }
  }
  process.stdout.write(`  largest first view: ${largest.path}\n`)
  return [
    costFigure('first view of a resident page, all resources', 'kB', largest.bytes / 1000, { must: 40, aim: 25 }),
    costFigure('enhancement script', 'kB', script / 1000, { must: 20, aim: 10 }),
  ]
}

/** The bytes of a page and of all it loads, and of the largest script by itself, as they are sent. */
export async function weigh(port: number, view: Sent): Promise<{ total: number; script: number }> {
  const plain = await once(port, { ...view, headers: { ...view.headers, 'accept-encoding': 'identity' } })
  if (plain.status !== 200) throw new Error(`${view.path}: ${plain.status}`)
  const text = plain.body.toString()
  const linked = [...text.matchAll(/<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g)].flatMap(([tag, path = '']) =>
    /rel="(?:alternate|canonical)"/.test(tag) || path.startsWith('data:') ? [] : [path.replaceAll(/&(#38|amp);/g, '&')],
  )
  let total = (await once(port, view)).body.length
  let script = 0
  for (const path of new Set(linked)) {
    const { body, status } = await once(port, page(path))
    if (status !== 200) throw new Error(`${path}: ${status}`)
    if (/font/.test(path)) throw new Error('a page loads a web font')
    total += body.length
    if (path.endsWith('.js')) script += body.length
  }
  return { total, script }
}
