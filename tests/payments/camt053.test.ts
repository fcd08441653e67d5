import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PlainDate } from '../../src/kernel/time.ts'
import {
  type CamtReader,
  creditorReference,
  type Entry,
  findCreditorReferences,
  type Limits,
  MessageFault,
  partsOf,
  readCamt053,
  type Statement,
  type StatementHead,
  type Summary,
  writeCamt053,
  writeCamt053Chunks,
} from '../../src/modules/iso20022/index.ts'
import { sampleEntries, type SampleKind, statementOf, streamOf } from '../support/statements.ts'
import { entries as anyEntry, statements } from './statementprops.ts'

const NS = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'
const owed = (n: number) => ({
  reference: creditorReference(`BIL${(n + 1_000_000).toString(36).toUpperCase()}`),
  amount: BigInt(1_000 + n),
})

/** Reads a message; gives what was handed out. */
async function read(parts: AsyncIterable<Uint8Array>, limits?: Limits): Promise<{ statements: Statement[]; summary: Summary }> {
  const heads: StatementHead[] = []
  const entries: Entry[][] = []
  const reader: CamtReader = {
    onStatement: (head) => void (heads.push(head), entries.push([])),
    onEntry: (entry, place) => {
      assert.equal(place.statement, heads.length)
      entries.at(-1)?.push(entry)
      assert.equal(place.entry, entries.at(-1)?.length)
    },
    limits,
  }
  const summary = await readCamt053(parts, reader)
  return { statements: heads.map((head, at) => ({ ...head, entries: entries[at] ?? [] })), summary }
}

/** What a value says: members that say nothing are as good as absent. */
function told(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)))
}

async function faultOf(text: string | Uint8Array, limits?: Limits): Promise<MessageFault['fault']> {
  try {
    await read(streamOf(text), limits)
  } catch (error) {
    if (error instanceof MessageFault) return error.fault
    throw error
  }
  return assert.fail('it was read')
}

const small = writeCamt053(statementOf([...sampleEntries({ count: 12, owed, seed: 3 })].map((each) => each.entry)))

describe('camt.053.001.08 written and read again', () => {
  it('is the same, whatever was in it', async () => {
    await fc.assert(
      fc.asyncProperty(statements, async (list) => {
        const { statements: read_, summary } = await read(streamOf(writeCamt053(...list)))
        assert.deepEqual(told(read_), told(list))
        assert.equal(summary.statements.length, list.length)
      }),
    )
  })

  it('is the same in whichever pieces it comes', async () => {
    const bytes = new TextEncoder().encode(small)
    const whole = await read(streamOf(bytes))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const parts = at.slice(1).map((to, n) => bytes.subarray(at[n], to))
        assert.deepEqual(await read(streamOf(...parts)), whole)
      }),
      { numRuns: 30 },
    )
  })

  it('is the same written in pieces as written at once, and counts what is booked only', async () => {
    const samples = [...sampleEntries({ count: 500, owed, seed: 9 })]
    const statement = statementOf(samples.map((each) => each.entry))
    const { entries, ...head } = statement
    const {
      statements: [inPieces],
      summary,
    } = await read(writeCamt053Chunks(head, entries))
    assert.deepEqual(told(inPieces), told(statement))
    const [totals] = summary.statements
    assert.ok(totals)
    const pending = samples.filter((each) => each.kind === 'pending').length
    assert.ok(pending > 0)
    assert.deepEqual([totals.entries, totals.booked, totals.pending], [500, 500 - pending, pending])
    assert.equal(head.opening.amount + totals.credits - totals.debits, head.closing.amount)
    await assert.rejects(
      read(writeCamt053Chunks({ ...head, closing: { ...head.closing, amount: head.closing.amount + 1n } }, entries)),
      RangeError,
    )
  })

  it('tells in each sample what its kind says', async () => {
    const samples = [...sampleEntries({ count: 2_000, owed, seed: 5 })]
    const {
      statements: [statement],
    } = await read(streamOf(writeCamt053(statementOf(samples.map((each) => each.entry)))))
    const seen = new Set<SampleKind>()
    for (const [at, { kind, about }] of samples.entries()) {
      const entry = statement?.entries[at]
      assert.ok(entry)
      seen.add(kind)
      const found = entry.details.flatMap((each) => [...each.references, ...each.lines].flatMap((line) => findCreditorReferences(line)))
      const clear = !['wrong', 'swapped', 'missing', 'charge'].includes(kind)
      for (const each of about) assert.equal(found.includes(each.reference), clear, `${kind} ${at}`)
      if (kind === 'batch')
        assert.deepEqual(
          partsOf(entry)?.map((part) => part.amount),
          about.map((each) => each.amount),
        )
      if (kind === 'return') assert.equal(entry.details[0]?.returned?.code, 'AC04')
    }
    assert.equal(seen.size, 11)
  })

  it('gives no parts where the bank’s transactions are not the entry', () => {
    fc.assert(
      fc.property(anyEntry('EUR'), (entry) => {
        const parts = partsOf(entry)
        if (!parts) return
        const sum = parts.reduce((total, part) => total + (part.direction === entry.direction ? part.amount : -part.amount), 0n)
        assert.equal(sum, entry.amount)
      }),
    )
  })

  it('gives no parts where a transaction has no amount, or one in another currency', () => {
    const [{ entry } = assert.fail()] = [...sampleEntries({ count: 1, owed, mix: { batch: 1 } })]
    const [first, ...others] = entry.details
    assert.ok(first && others.length > 0)
    assert.equal(partsOf(entry)?.length, entry.details.length)
    const rest = others.reduce((sum, each) => sum + (each.amount?.amount ?? 0n), 0n)
    assert.equal(partsOf({ ...entry, amount: rest, details: [{ ...first, amount: undefined }, ...others] }), null)
    assert.equal(partsOf({ ...entry, amount: rest, details: [{ ...first, amount: { amount: 0n, currency: 'USD' } }, ...others] }), null)
    assert.deepEqual(
      partsOf({ ...entry, details: [first] })?.map((part) => part.amount),
      [entry.amount],
    )
  })

  it('is understood as other banks write it', async () => {
    const text = `<Document xmlns="${NS}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-02T10:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id>
      <Acct><Id><Othr><Id>4711</Id></Othr></Id></Acct>
      <Bal><Tp><CdOrPrtry><Cd>PRCD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><DtTm>2026-03-01T23:00:00+01:00</DtTm></Dt></Bal>
      <Bal><Tp><CdOrPrtry><Cd>CLAV</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">99</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>
      <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">05.50000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02+01:00</Dt></Dt></Bal>
      <Ntry><Amt Ccy="EUR">10.5</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>1</RvslInd><Sts><Cd>BOOK</Cd></Sts><ValDt><DtTm>2026-03-02T08:00:00Z</DtTm></ValDt><BkTxCd/>
      <Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">0.50</TtlChrgsAndTaxAmt></Chrgs><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
      <RltdPties><Dbtr><Agt><FinInstnId><Nm>Example Bank</Nm></FinInstnId></Agt></Dbtr><DbtrAcct><Id><IBAN>FR1420041010050500013m02606</IBAN></Id></DbtrAcct></RltdPties>
      <RmtInf><Ustrd>one</Ustrd><Strd><CdtrRefInf><Ref>RF712348231</Ref></CdtrRefInf><AddtlRmtInf>two</AddtlRmtInf></Strd></RmtInf></TxDtls></NtryDtls>
      <NtryDtls><TxDtls/></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`
    const {
      statements: [statement],
    } = await read(streamOf(text))
    const none = { charges: [], references: [], lines: [] }
    assert.deepEqual(
      told(statement),
      told({
        messageId: 'M',
        id: 'S',
        createdAt: '2026-03-02T10:00:00',
        account: { number: '4711' },
        currency: 'EUR',
        opening: { amount: -500n, currency: 'EUR', day: '2026-03-01' },
        closing: { amount: 550n, currency: 'EUR', day: '2026-03-02' },
        entries: [
          {
            amount: 1050n,
            currency: 'EUR',
            direction: 'credit',
            reversal: true,
            status: 'BOOK',
            valueDay: '2026-03-02',
            code: {},
            charges: [{ amount: 50n, currency: 'EUR' }],
            details: [
              {
                ...none,
                debtor: { name: 'Example Bank', iban: 'FR1420041010050500013M02606' },
                references: ['RF712348231'],
                lines: ['one', 'two'],
              },
              none,
            ],
          },
        ],
      }),
    )
  })

  it('waits for whoever takes the entries', async () => {
    let under = 0
    let most = 0
    await readCamt053(streamOf(small), {
      onEntry: async () => {
        under += 1
        most = Math.max(most, under)
        await Promise.resolve()
        under -= 1
      },
    })
    assert.equal(most, 1)
  })
})

describe('what is refused of a statement', () => {
  const entryAt = small.indexOf('<Ntry>')
  const change = (from: string | RegExp, to: string): string => {
    const changed = small.replace(from, to)
    assert.notEqual(changed, small)
    return changed
  }

  it('is a sum that is not right, with the place', async () => {
    const cases: Array<[string, string]> = [
      [change(/(<Cd>CLBD<\/Cd><\/CdOrPrtry><\/Tp><Amt Ccy="EUR">)\d/, '$19'), 'balance'],
      [change(/<Ntry>[^]*?<\/Ntry>\n/, ''), 'balance'],
      [change(/<NbOfNtries>\d+/, '<NbOfNtries>77'), 'totals'],
      [change(/(<TtlCdtNtries><NbOfNtries>\d+<\/NbOfNtries><Sum>)\d/, '$19'), 'totals'],
      [change('<Cd>CLBD<', '<Cd>CLAV<'), 'missing'],
      [change('<Cd>OPBD<', '<Cd>XXXX<'), 'missing'],
      [change('<Cd>CLBD<', '<Cd>OPBD<'), 'rule'],
      [change(/<Ntry>(.*?)<Amt Ccy="EUR">/, '<Ntry>$1<Amt Ccy="USD">'), 'currency'],
      [change(/<Ntry>(.*?)<Amt Ccy="EUR">/, '<Ntry>$1<Amt Ccy="QQQ">'), 'currency'],
      [change(/<Ntry>(.*?)<Amt Ccy="EUR">[\d.]+/, '<Ntry>$1<Amt Ccy="EUR">1.001'), 'decimals'],
      [change('<Sts><Cd>BOOK<', '<Sts><Cd>DONE<'), 'value'],
      [small.replaceAll('Ccy="EUR">', 'Ccy="JPY">').replaceAll('<Ccy>EUR', '<Ccy>JPY'), 'decimals'],
    ]
    for (const [at, [text, code]] of cases.entries()) {
      const fault = await faultOf(text)
      assert.equal(fault.code, code, `${at}: ${fault.detail}`)
      assert.ok(fault.line > 1 && fault.path.startsWith('Document/BkToCstmrStmt/Stmt[1]'), fault.path)
    }
  })

  it('has line, column and path of the fault', async () => {
    const fault = await faultOf(`${small.slice(0, entryAt)}<Ntry>\n  <Oops/>${small.slice(entryAt)}`)
    const line = small.slice(0, entryAt).split('\n').length + 1
    assert.deepEqual(fault, {
      code: 'element',
      line,
      column: 10,
      path: 'Document/BkToCstmrStmt/Stmt[1]/Ntry[1]',
      detail: 'there is no element Oops here',
    })
  })

  it('is every message that ends too early', async () => {
    const bytes = new TextEncoder().encode(writeCamt053(statementOf([])))
    const end = new TextDecoder().decode(bytes).trimEnd().length
    for (let to = 0; to < end; to += 1) {
      const { code } = await faultOf(bytes.subarray(0, to))
      assert.ok(['xml', 'encoding'].includes(code), `${to}: ${code}`)
    }
    await read(streamOf(bytes.subarray(0, end)))
  })

  it('is another version, another namespace, another message', async () => {
    for (const other of [NS.replace('.08', '.02'), NS.replace('053', '052'), `${NS} `, NS.toUpperCase(), 'urn:example']) {
      assert.equal((await faultOf(small.replace(NS, other))).code, 'namespace', other)
    }
    assert.equal((await faultOf(small.replace(` xmlns="${NS}"`, ''))).code, 'namespace')
    assert.equal((await faultOf(change('<Ntry>', '<Ntry xmlns="urn:example">'))).code, 'namespace')
    assert.equal((await faultOf(`<html xmlns="${NS}"/>`)).code, 'element')
    const prefixed = small.replaceAll(/<(\/?)([A-Z])/g, '<$1n:$2').replace('xmlns=', 'xmlns:n=')
    assert.equal((await read(streamOf(prefixed))).statements.length, 1)
  })

  it('is an attribute that is not known; hints where a schema lies are passed over', async () => {
    const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert.equal((await faultOf(change('<Ntry>', '<Ntry id="1">'))).code, 'attribute')
    assert.equal((await faultOf(change('<Ntry>', `<Ntry ${xsi} xsi:type="x">`))).code, 'attribute')
    assert.equal((await faultOf(change('<Ntry>', `<Ntry ${xsi} xsi:nil="true">`))).code, 'attribute')
    assert.equal((await faultOf(change(' Ccy="EUR"', ''))).code, 'missing')
    assert.equal((await faultOf(change('Ccy="EUR"', 'Ccy="eur"'))).code, 'value')
    await read(streamOf(change(`xmlns="${NS}"`, `xmlns="${NS}" ${xsi} xsi:schemaLocation="${NS} http://example.org/x.xsd"`)))
  })
})

describe('hostile XML', () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n'
  const body = small.slice(head.length)

  it('has no document type, no entities of its own and no processing instructions', async () => {
    const laughs = ['<!ENTITY a0 "ha">', ...Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n + 1} "&a${n};&a${n};&a${n};">`)].join('')
    const forbidden = [
      `${head}<!DOCTYPE Document [${laughs}]>${body.replace('BOOK', '&a20;')}`,
      `${head}<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>${body}`,
      `${head}<!DOCTYPE Document SYSTEM "http://example.org/x.dtd">${body}`,
      `${head}<?xml-stylesheet href="x"?>${body}`,
      `${head}${body.replace('<Ntry>', '<?php ?><Ntry>')}`,
      `<?xml version="1.1"?>${body}`,
    ]
    for (const text of forbidden) assert.equal((await faultOf(text)).code, 'forbidden', text.slice(0, 120))
    assert.equal((await faultOf(`${head}${body.replace('BOOK', '&x;')}`)).code, 'xml')
    await read(streamOf(`${head}<!-- a remark -->${body.replace('BOOK', '<![CDATA[BO]]><!-- - -->&#79;K')}`))
  })

  it('ends at the limits of depth, length, text and number, before it takes memory', async () => {
    const envelope = (inside: string): string =>
      `${small.slice(0, small.indexOf('</BkToCstmrStmt>'))}<SplmtryData><Envlp>${inside}</Envlp></SplmtryData></BkToCstmrStmt></Document>`
    await read(streamOf(envelope(`${'<x xmlns="urn:example">'.repeat(20)}${'</x>'.repeat(20)}`)))
    assert.equal((await faultOf(envelope('<x xmlns="urn:example">'.repeat(100_000)))).code, 'limit')
    assert.equal((await faultOf(small.replace('<MsgId>', `<MsgId>${'x'.repeat(1_000_000)}`))).code, 'limit')
    assert.equal((await faultOf(`${head}<!--${'x'.repeat(1_000_000)}-->`)).code, 'limit')
    assert.equal((await faultOf(`${head}<!DOCTYPE a [${'<!-- x -->'.repeat(100_000)}`)).code, 'limit')
    assert.equal(
      (await faultOf(`<Document xmlns="${NS}" ${Array.from({ length: 20_000 }, (_, n) => `a${n}="x"`).join(' ')}`)).code,
      'limit',
    )
    assert.equal((await faultOf(small.replace('<MsgId>', `<MsgId>${' '.repeat(60_000)}`))).code, 'value')
    assert.equal((await faultOf(small, { bytes: 1_000 })).code, 'limit')
    assert.equal((await faultOf(small, { entries: 11 })).code, 'limit')
    assert.equal((await faultOf(small, { details: 0 })).code, 'limit')
    assert.equal((await faultOf(small, { elements: 30 })).code, 'limit')
    await assert.rejects(read(endless()), (error) => error instanceof MessageFault && error.fault.code === 'limit')
  })

  it('is UTF-8 and nothing else; a byte order mark of UTF-8 is passed over', async () => {
    const utf16 = (text: string, big: boolean): Uint8Array => {
      const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
      return big ? bytes.swap16() : bytes
    }
    await read(streamOf(`\ufeff${small}`))
    assert.equal((await faultOf(utf16(small, false))).code, 'encoding')
    assert.equal((await faultOf(utf16(small, true))).code, 'encoding')
    assert.equal((await faultOf(utf16(small, false).subarray(2))).code, 'encoding')
    assert.equal((await faultOf(small.replace('UTF-8', 'ISO-8859-1'))).code, 'encoding')
    assert.equal((await faultOf(Buffer.from(small.replace('<MsgId>', '<MsgId>Ä'), 'latin1'))).code, 'encoding')
    assert.equal((await faultOf(Buffer.concat([Buffer.from(small), Buffer.from([0xc3])]))).code, 'encoding')
    assert.equal((await faultOf(small.replace('<MsgId>', '<MsgId>\u0001'))).code, 'xml')
    assert.equal((await faultOf(small.replace('<MsgId>', '<MsgId>&#0;'))).code, 'xml')
  })

  it('is read or refused with a fault, never anything else', async () => {
    const bytes = new TextEncoder().encode(small)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (edits) => {
        const copy = bytes.slice()
        for (const [at, byte] of edits) copy[at] = byte
        await read(streamOf(copy)).catch((error: unknown) => assert.ok(error instanceof MessageFault, String(error)))
      }),
      { numRuns: 500 },
    )
  })

  it('does not fit into what is written either', () => {
    const statement = statementOf([])
    const wrong: Statement[] = [
      { ...statement, id: '' },
      { ...statement, id: 'x'.repeat(36) },
      { ...statement, id: 'a\u0000b' },
      { ...statement, id: '\ud800' },
      { ...statement, createdAt: 'yesterday' },
      { ...statement, currency: 'eur' },
      { ...statement, opening: { ...statement.opening, day: '<x/>' as PlainDate } },
      { ...statement, closing: { ...statement.closing, amount: 1n } },
    ]
    for (const [at, each] of wrong.entries()) assert.throws(() => writeCamt053(each), RangeError, String(at))
    assert.throws(() => writeCamt053(), RangeError)
  })
})

async function* endless(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`<Document xmlns="${NS}">`)
  for (;;) yield new Uint8Array(65_536).fill(32)
}
