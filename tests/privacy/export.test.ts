import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'
import { systemActor } from '../../src/modules/access/index.ts'
import { holdingsOf, openDocument } from '../../src/modules/people/index.ts'
import { sha256 } from '../../src/platform/crypto.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { actOnCase, answerAll, applyFor, begin, type Applied } from '../support/world.ts'
import { cookieFor, get, makeResident, post, type Resident, staffCookie } from './resident.ts'

const mine = { name: 'Quillon Vantongeren', email: 'quillon@example.org', phone: '+442079460987', line: '11 Keeper Street' }
const DAY = 86_400_000

/** A PDF's bytes with its compressed streams opened. */
function opened(pdf: string): string {
  const streams = [...pdf.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map((match) => {
    try {
      return inflateSync(Buffer.from(match[1] ?? '', 'latin1')).toString('latin1')
    } catch {
      return ''
    }
  })
  return pdf + streams.join('\n')
}

/** The words of a PDF: its text operators, each font's glyphs put back into letters by its ToUnicode map (ISO 32000-1, 9.10). */
function textOf(bytes: Buffer): string {
  const raw = bytes.toString('latin1')
  const objects = new Map([...raw.matchAll(/(?:^|\n)(\d+) 0 obj\r?\n?([\s\S]*?)endobj/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
  const streamOf = (id: string): string => {
    const body = /stream\r?\n([\s\S]*?)\r?\nendstream/.exec(objects.get(id) ?? '')?.[1]
    if (body === undefined) return ''
    try {
      return inflateSync(Buffer.from(body, 'latin1')).toString('latin1')
    } catch {
      return body
    }
  }
  const maps = new Map<string, Map<string, string>>()
  for (const [id, body] of objects) {
    const to = /\/ToUnicode (\d+) 0 R/.exec(body)?.[1]
    if (to === undefined) continue
    const letters = new Map<string, string>()
    const utf16 = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le')
    const cmap = streamOf(to)
    for (const block of cmap.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
      for (const [, glyph = '', hex = ''] of (block[1] ?? '').matchAll(/<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>/g))
        letters.set(glyph.toLowerCase(), utf16(hex))
    for (const block of cmap.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
      for (const [, from = '', until = '', hex = ''] of (block[1] ?? '').matchAll(
        /<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>/g,
      ))
        for (let at = parseInt(from, 16); at <= parseInt(until, 16); at += 1)
          letters.set(at.toString(16).padStart(from.length, '0'), String.fromCodePoint(parseInt(hex, 16) + at - parseInt(from, 16)))
    maps.set(id, letters)
  }
  const words: string[] = []
  for (const body of objects.values()) {
    if (!/\/Type \/Page\b/.test(body)) continue
    // a page names its fonts for itself
    const fonts = new Map([...body.matchAll(/\/([A-Za-z]+\d+) (\d+) 0 R/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
    const content = streamOf(/\/Contents (\d+) 0 R/.exec(body)?.[1] ?? '')
    let letters: Map<string, string> | undefined
    for (const match of content.matchAll(/\/([A-Za-z]+\d+) [\d.]+ Tf|\((?:\\[\s\S]|[^\\()])*\)|<([0-9A-Fa-f]+)>|\bET\b/g)) {
      if (match[1] !== undefined) letters = maps.get(fonts.get(match[1]) ?? '')
      else if (match[0] === 'ET') words.push(' ')
      else {
        const hex = match[2] ?? unescaped(match[0].slice(1, -1)).toString('hex')
        for (let at = 0; at < hex.length; at += 4) words.push(letters?.get(hex.slice(at, at + 4).toLowerCase()) ?? '')
      }
    }
  }
  return words.join('')
}

function unescaped(text: string): Buffer {
  const signs: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
  return Buffer.from(
    text.replaceAll(/\\(\d{1,3}|[\s\S])/g, (_, sign: string) =>
      /^\d/.test(sign) ? String.fromCharCode(parseInt(sign, 8)) : (signs[sign] ?? sign),
    ),
    'latin1',
  )
}

describe('a copy of everything', () => {
  let test: TestApp
  let me: Resident
  let other: Resident
  let benefit: Applied
  let now = new Date('2026-11-23T09:00:00Z')
  let copy = ''
  const seeded: string[] = []
  const given = new Map<string, unknown>()

  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => now } })
    me = await makeResident(test, mine)
    other = await makeResident(test, { name: 'Somebody Else', email: 'else@example.org', phone: '+442079460988', line: '12 Keeper Street' })
    const officer = await staffCookie(test, 'officer@harbourview.example')
    const own = (question: { id: string; kind: string; example: unknown }): unknown => {
      // an answer in free text is one that nobody else gives
      const answer = question.kind === 'text' || question.kind === 'long_text' ? `skerrowmere ${question.id}` : question.example
      if (typeof answer === 'string' && answer.startsWith('skerrowmere')) seeded.push(answer)
      given.set(question.id, answer)
      return answer
    }
    const call = (ask: Parameters<typeof send>[1]): ReturnType<typeof send> => send(test.url, ask)
    benefit = await applyFor(test, 'energy_cost_benefit', {
      cookie: me.cookie,
      own: (question) => void given.set(question.id, question.example),
    })
    const draft = await begin(call, 'street_event_permit', me.cookie)
    await answerAll(call, draft.journey, draft.token, own)
    await actOnCase(test, officer, benefit.caseId, 'note', { text: 'A gruntleheim note.' })
    await actOnCase(test, officer, benefit.caseId, 'message', { text: 'A plinthwright message.' })
    await test.settle()
  })
  after(() => test.close())

  it('is made by a job, and the e-mail that says so has no data in it', async () => {
    assert.equal((await post(test, me.cookie, '/my/data/export')).status, 303)
    // a second request while one is waiting asks for nothing more
    assert.equal((await post(test, me.cookie, '/my/data/export')).status, 303)
    assert.match((await get(test, me.cookie, '/my/data/export')).body, /Being prepared/)
    await test.settle()
    const page = (await get(test, me.cookie, '/my/data/export')).body
    const links = [...page.matchAll(/\/my\/data\/export\/([0-9a-f-]{36})\/(json|pdf)/g)]
    assert.equal(links.length, 2)
    copy = links[0]?.[1] ?? ''
    const mail = test.mails.find((each) => each.subject === 'Your copy is ready')
    assert.ok(mail, 'there is an e-mail')
    assert.ok(mail.text.includes(`${test.app.platform.publicOrigin}/my/data/export`))
    assert.doesNotMatch(mail.text, /Quillon|Vantongeren|skerrowmere|gruntleheim/)
  })

  it('has every answer, every word and every file', async () => {
    const answer = await get(test, me.cookie, `/my/data/export/${copy}/json`)
    assert.equal(answer.status, 200)
    assert.match(String(answer.headers['content-disposition']), /^attachment/)
    const json = JSON.parse(answer.body)
    for (const word of [mine.name, mine.email, mine.phone, mine.line, 'A gruntleheim note.', 'A plinthwright message.', ...seeded])
      assert.ok(answer.body.includes(word), word)
    const answers: Array<{ question: string; label: string; value: unknown; text: string }> = [
      ...json.applications,
      ...json.drafts,
    ].flatMap((each: { answers: [] }) => each.answers)
    assert.ok(seeded.length >= 1 && given.size > 15)
    for (const [question, value] of given) {
      const told = answers.filter((each) => each.question === question)
      assert.ok(
        told.some((each) => JSON.stringify(each.value) === JSON.stringify(value)),
        `${question}: ${JSON.stringify(value)} in ${JSON.stringify(told)}`,
      )
      assert.ok(told.every((each) => each.label !== '' && each.text !== ''))
    }
    const [application] = json.applications
    assert.equal(application.reference, benefit.reference)
    assert.equal(application.legal_basis.gdpr, '6(1)(e)')
    // whatever the vault holds for the person is told somewhere
    const { platform } = test.app
    const holdings = await holdingsOf(platform, me.personId)
    const told = json.applications.length + json.drafts.length + json.messages.length + application.written.length + 1
    const kept = holdings.records.filter((each) => each.kind !== 'export').length
    // the message that this copy is ready was written after it was made
    assert.equal(told + json.other_records.length, kept - 1)
    const files = holdings.documents.filter((each) => each.mediaType !== 'application/json' && each.createdAt <= now)
    assert.ok(json.files.length >= 1 && files.length >= json.files.length)
    for (const file of json.files) {
      const { body, status } = await get(test, me.cookie, new URL(file.download).pathname)
      assert.equal(status, 200, file.name)
      assert.ok(body.length > 0 && /^[0-9a-f]{64}$/.test(file.sha256))
    }
    const bytes = await openDocument(platform, systemActor('test'), json.files[0].id, { purpose: 'test', legalBasis: 'own' })
    assert.equal(sha256(bytes.bytes), json.files[0].sha256)
  })

  it('is a tagged document too, in the language of the reader, with the same words', async () => {
    const { platform } = test.app
    const row = await holdingsOf(platform, me.personId)
    assert.ok(row.documents.some((each) => each.mediaType === 'application/pdf'))
    const pdf = await fetch(`${test.url}/my/data/export/${copy}/pdf`, { headers: { cookie: me.cookie } })
    assert.equal(pdf.headers.get('content-type'), 'application/pdf')
    const bytes = Buffer.from(await pdf.arrayBuffer())
    const structure = opened(bytes.toString('latin1'))
    assert.match(structure, /\/StructTreeRoot/)
    assert.match(structure, /pdfuaid:part(>|=")1/)
    assert.match(structure, /\/Lang ?\(en/)
    const words = textOf(bytes).replaceAll(/[\s\u2066-\u2069]+/g, '')
    for (const word of [mine.name, mine.email, mine.phone, 'A gruntleheim note.', 'A plinthwright message.', ...seeded, benefit.reference])
      assert.ok(words.includes(word.replaceAll(/\s+/g, '')), `${word} is in the document`)
  })

  it('is for nobody else', async () => {
    for (const format of ['json', 'pdf']) {
      assert.equal((await get(test, other.cookie, `/my/data/export/${copy}/${format}`)).status, 404)
      assert.equal((await get(test, '', `/my/data/export/${copy}/${format}`)).status, 303)
    }
    assert.equal((await get(test, me.cookie, '/my/data/export/0192d4a0-0000-7000-8000-000000000000/json')).status, 404)
  })

  it('is gone after seven days, with its bytes', async () => {
    const { platform } = test.app
    const exportsOfMe = async (): Promise<string[]> => {
      const { records, documents } = await holdingsOf(platform, me.personId)
      const records_ = new Set(records.filter((each) => each.kind === 'export').map((each) => each.id))
      return documents.filter((each) => each.recordId !== null && records_.has(each.recordId)).map((each) => each.id)
    }
    const before = await exportsOfMe()
    assert.equal(before.length, 2)
    now = new Date(now.getTime() + 7 * DAY + 1_000)
    // the session is over by then; a new one
    const cookie = await cookieFor(test, me.accountId)
    assert.equal((await get(test, cookie, `/my/data/export/${copy}/json`)).status, 410)
    const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === 'privacy:expire_copies')
    await job?.run(platform, {})
    await test.settle()
    assert.deepEqual(await exportsOfMe(), [])
    for (const id of before) assert.equal(await platform.files.get(id), null)
    assert.equal((await get(test, cookie, `/my/data/export/${copy}/json`)).status, 410)
  })
})
