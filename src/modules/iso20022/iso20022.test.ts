import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PlainDate } from '../../kernel/time.ts'
import {
  creditorReference,
  epcQr,
  findCreditorReferences,
  isCreditorReference,
  isIban,
  plainIban,
  printedReference,
  readPain001,
  type TransferOrder,
  writePain001,
} from './index.ts'
import { sepaText } from './latin.ts'
import { lexical, minorUnits } from './lexical.ts'

const symbols = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const bodies = fc.string({ unit: fc.constantFrom(...symbols), minLength: 1, maxLength: 21 })

describe('creditor references (ISO 11649)', () => {
  it('has the check digits of known references', () => {
    for (const known of ['RF18 5390 0754 7034', 'RF71 2348 231', 'RF47 1234 5678 90', 'RF45 G72U UR', 'RF65 18K5']) {
      assert.equal(isCreditorReference(known), true, known)
      assert.equal(printedReference(creditorReference(known.slice(5))), known)
    }
  })

  it('notices one wrong digit or letter in any reference', () => {
    fc.assert(
      fc.property(bodies, fc.nat(20), fc.constantFrom(...symbols), (body, at, other) => {
        const reference = creditorReference(body)
        assert.ok(isCreditorReference(reference))
        const place = 4 + (at % body.length)
        const wrong = reference.slice(0, place) + other + reference.slice(place + 1)
        // A letter counts as two digits: between letters, and between digits, the difference is below 97 and always shows.
        fc.pre(/\d/.test(other) === /\d/.test(reference.charAt(place)))
        assert.equal(isCreditorReference(wrong), wrong === reference)
      }),
    )
  })

  it('refuses what has no place in a reference', () => {
    for (const text of ['', '-', 'Ä1', '1234567890123456789012', 'A*B']) assert.throws(() => creditorReference(text), RangeError)
    for (const text of ['RF18539007547035', 'RF1853900754703', 'XX18539007547034', 'RF18', 'RF185390075470341234567890']) {
      assert.equal(isCreditorReference(text), false, text)
    }
  })

  it('finds references in the words people and banks write', () => {
    const written = [
      'RF18539007547034',
      'Rechnung rf18 5390 0754 7034 vielen Dank',
      'RF18-5390-0754-7034',
      'REF:RF18 5390 0754 7034.',
      'r f 1 8 5 3 9 0 0 7 5 4 7 0 3 4',
      'ＲＦ１８５３９００７５４７０３４',
      'RF18\u00a05390\u00a00754\u00a07034',
      'RF18539007547034/RF18539007547034',
      'no RF99 1234, but RF18.5390.0754.7034',
    ]
    for (const text of written) assert.deepEqual(findCreditorReferences(text), ['RF18539007547034'], text)
    for (const text of ['', 'RF', 'RF18539007547035', 'XRF18539007547034', 'RF18 5390 ---- 0754 7034', 'surf18']) {
      assert.deepEqual(findCreditorReferences(text), [], text)
    }
    assert.deepEqual(findCreditorReferences('RF18 5390 0754 7034 and RF71 2348 231'), ['RF18539007547034', 'RF712348231'])
  })

  it('finds every reference wherever it stands among words', () => {
    fc.assert(
      fc.property(bodies, fc.string(), fc.string(), fc.constantFrom(' ', '-', '', ' - '), (body, before, after, between) => {
        const reference = creditorReference(body)
        const written = [...reference].join(between)
        assert.ok(findCreditorReferences(`${before} ${written};${after}`).includes(reference))
      }),
    )
  })

  it('takes time in proportion to the text', () => {
    const text = 'RF18 '.repeat(40_000)
    const begun = performance.now()
    findCreditorReferences(text)
    assert.ok(performance.now() - begun < 5_000)
  })
})

describe('IBAN (ISO 13616)', () => {
  it('knows countries, lengths and check digits', () => {
    for (const iban of ['DE89 3704 0044 0532 0130 00', 'gb29nwbk60161331926819', 'MT84MALT011000012345MTLCAST001S', 'NO9386011117947']) {
      assert.equal(isIban(iban), true, iban)
    }
    for (const iban of ['', 'DE89370400440532013001', 'DE8937040044053201300', 'ZZ89370400440532013000', 'DE89-3704-0044']) {
      assert.equal(plainIban(iban), null, iban)
    }
  })
})

describe('the EPC QR code (EPC069-12)', () => {
  const payee = { name: 'City of Harbourview', iban: 'DE89 3704 0044 0532 0130 00', amount: 12_345n, currency: 'EUR' }

  it('has the lines of the standard, in order', () => {
    const code = epcQr({ ...payee, bic: 'HRBVDEFF', reference: 'RF18 5390 0754 7034' })
    assert.deepEqual(code?.split('\n').slice(0, 10), [
      'BCD', '002', '1', 'SCT', 'HRBVDEFF', 'City of Harbourview', 'DE89370400440532013000', 'EUR123.45', '', 'RF18539007547034',
    ]) // prettier-ignore
    assert.equal(epcQr({ ...payee, text: 'Dog licence\n2026' })?.split('\n')[10], 'Dog licence 2026')
    assert.equal(epcQr({ ...payee, amount: 99_999_999_999n })?.split('\n')[7], 'EUR999999999.99')
    assert.equal(epcQr({ ...payee, amount: 1n })?.split('\n')[7], 'EUR0.01')
  })

  it('writes every amount to the cent', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 99_999_999_999n }), (amount) => {
        const line = epcQr({ ...payee, amount })?.split('\n')[7] ?? ''
        assert.equal(minorUnits(line.slice(3), 2), amount)
      }),
    )
  })

  it('is not made where the standard has no place for it', () => {
    const wrong = [
      { currency: 'USD' }, { amount: 0n }, { amount: 100_000_000_000n }, { iban: 'DE00370400440532013000' }, { name: '' }, { name: 'x'.repeat(71) },
      { bic: 'NOBIC' }, { reference: 'RF00 1' }, { text: 'x'.repeat(141) }, { text: ' ' }, { text: 'ш'.repeat(140), name: 'ш'.repeat(70) },
      { reference: 'RF18539007547034', text: 'both' },
    ] // prettier-ignore
    for (const each of wrong) assert.equal(epcQr({ ...payee, ...each }), null, Object.keys(each).join())
  })
})

describe('credit transfers (pain.001.001.10)', () => {
  const order: TransferOrder = {
    messageId: 'REFUNDS-2026-03-02-1',
    createdAt: new Date('2026-03-02T10:00:00.000Z'),
    debtor: { name: 'City of Harbourview', iban: 'DE89370400440532013000', bic: 'HRBVDEFFXXX' },
    executionDate: '2026-03-03' as PlainDate,
    payments: [
      { endToEnd: 'RFD-1', amount: 1n, currency: 'EUR', creditor: { name: 'Ada Muster', iban: 'GB29NWBK60161331926819' }, text: 'Refund' },
      {
        endToEnd: 'RFD-2', amount: 99_999_999_999n, currency: 'EUR',
        creditor: { name: 'Max Example', iban: 'FR1420041010050500013M02606', bic: 'EXMPFRPP' }, reference: 'RF18539007547034',
      }, // prettier-ignore
    ],
  }
  const first = (change: object): TransferOrder => ({
    ...order,
    payments: order.payments.slice(0, 1).map((each) => ({ ...each, ...change })),
  })

  it('reads what it writes', () => {
    const { order: read, faults } = readPain001(writePain001(order))
    assert.deepEqual(faults, [])
    assert.deepEqual(JSON.parse(JSON.stringify(read, plain)), JSON.parse(JSON.stringify(order, plain)))
  })

  it('has service level SEPA, shared charges, the number and the sum', () => {
    const text = writePain001(order)
    assert.match(text, /<SvcLvl><Cd>SEPA<\/Cd><\/SvcLvl>/)
    assert.match(text, /<ChrgBr>SLEV<\/ChrgBr>/)
    assert.equal(text.match(/<NbOfTxs>2<\/NbOfTxs><CtrlSum>1000000000\.00<\/CtrlSum>/g)?.length, 2)
    assert.match(text, /<CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR<\/Cd><\/CdOrPrtry><Issr>ISO<\/Issr><\/Tp><Ref>RF18539007547034<\/Ref>/)
    assert.match(writePain001({ ...order, debtor: { ...order.debtor, bic: undefined } }), /<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</)
  })

  it('refuses what a bank would refuse', () => {
    const wrong: TransferOrder[] = [
      { ...order, payments: [] },
      { ...order, messageId: 'a//b' },
      { ...order, messageId: '' },
      { ...order, debtor: { ...order.debtor, iban: 'DE00' } },
      first({ currency: 'USD' }),
      first({ amount: 0n }),
      first({ amount: 100_000_000_000n }),
      first({ endToEnd: 'x'.repeat(36) }),
      first({ endToEnd: '/x' }),
      first({ endToEnd: 'ü' }),
      first({ creditor: { name: '...', iban: 'GB29NWBK60161331926819' } }),
      first({ creditor: { name: 'A', iban: 'GB29NWBK60161331926818' } }),
      first({ creditor: { name: 'A', iban: 'GB29NWBK60161331926819', bic: 'x' } }),
      first({ text: undefined, reference: 'RF19539007547034' }),
      first({ reference: 'RF18539007547034' }),
      { ...order, payments: order.payments.map((each) => ({ ...each, endToEnd: 'same' })) },
    ]
    for (const [at, each] of wrong.entries()) assert.throws(() => writePain001(each), RangeError, String(at))
  })

  it('writes names in the letters every bank takes', () => {
    const names = {
      'Zoë Łukasz Straße': 'Zoe Lukasz Strasse',
      'Ñandú & Søn': 'Nandu + Son',
      Ελένη: 'Eleni',
      Щука: 'SHTuka',
      محمد: 'mhmd',
      'a\u0301b\u200f': 'ab',
      'x 🦊': 'x .',
    }
    for (const [name, written] of Object.entries(names)) assert.equal(sepaText(name, 70), written, name)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) =>
        assert.match(sepaText(text, 140), /^[A-Za-z0-9/?:().,'+ -]{0,140}$/),
      ),
    )
  })

  it('names every breach of the rulebook in what it reads', () => {
    const text = writePain001(order)
    const breaches: Array<[string, string, RegExp]> = [
      ['<NbOfTxs>2<', '<NbOfTxs>3<', /NbOfTxs/],
      ['<CtrlSum>1000000000.00<', '<CtrlSum>1000000000.01<', /CtrlSum/],
      ['Ccy="EUR">0.01', 'Ccy="USD">0.01', /euro/],
      ['Ccy="EUR">0.01', 'Ccy="EUR">0.00', /range/],
      ['GB29NWBK60161331926819', 'GB29NWBK60161331926818', /no IBAN/],
      ['<Cd>SEPA<', '<Cd>URGP<', /service level/],
      ['<ChrgBr>SLEV<', '<ChrgBr>DEBT<', /charges/],
      ['<PmtMtd>TRF<', '<PmtMtd>CHK<', /payment method/],
      ['RF18539007547034', 'RF19539007547034', /check digits/],
      ['RFD-2', 'RFD-1', /end-to-end/],
    ]
    for (const [from, to, told] of breaches) {
      const { order: read, faults } = readPain001(text.replace(from, to))
      assert.ok(read, to)
      assert.ok(
        faults.some((fault) => fault.code === 'rule' && told.test(fault.detail) && fault.line > 1),
        to,
      )
    }
  })

  it('refuses what is no pain.001.001.10', () => {
    const text = writePain001(order)
    const wrong: Array<[string, string, string]> = [
      [text.replace('pain.001.001.10', 'pain.001.001.09'), 'namespace', 'version'],
      [text.replace('<PmtMtd>TRF</PmtMtd>', ''), 'missing', 'PmtMtd'],
      [text.replace('<ChrgBr>SLEV', '<Extra/><ChrgBr>SLEV'), 'element', 'unknown'],
      [text.replace('<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE a [<!ENTITY x "y">]>'), 'forbidden', 'doctype'],
      [text.replace('0.01', '0.001'), 'decimals', 'decimals'],
      [text.slice(0, -20), 'xml', 'short'],
      ['', 'xml', 'nothing'],
    ]
    for (const [each, code, name] of wrong) {
      const { order: read, faults } = readPain001(each)
      assert.equal(read, null, name)
      assert.deepEqual(
        faults.map((fault) => fault.code),
        [code],
        name,
      )
    }
  })
})

describe('values of XML Schema', () => {
  it('reads decimals exactly, and only as many decimals as a currency has', () => {
    assert.equal(minorUnits('12.30', 2), 1230n)
    assert.equal(minorUnits(' +0012.3000 ', 2), 1230n)
    assert.equal(minorUnits('.5', 2), 50n)
    assert.equal(minorUnits('5.', 0), 5n)
    assert.equal(minorUnits('-1', 3), -1000n)
    for (const text of ['1.234', '', '.', '1e5', '1,5', '0x1', '١']) assert.equal(minorUnits(text, 2), null, text)
  })

  it('knows days and instants', () => {
    const date = lexical(['date'])
    const dateTime = lexical(['dateTime'])
    for (const text of ['2024-02-29', '2026-01-31Z', '2026-01-31+14:00']) assert.ok(date(text), text)
    for (const text of ['2026-02-29', '2026-13-01', '26-01-01', '2026-01-31+15:00', '0000-01-01']) assert.ok(!date(text), text)
    for (const text of ['2026-01-31T24:00:00', '2026-01-31T23:59:59.999+02:00']) assert.ok(dateTime(text), text)
    for (const text of ['2026-01-31T24:00:01', '2026-01-31T12:00', '2026-01-31 12:00:00', '2026-01-31T23:60:00'])
      assert.ok(!dateTime(text), text)
  })
})

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
