import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import { findPersonal, MASK, maskPublic } from './mask.ts'

const kinds = (text: string, names: readonly string[] = []): string[] =>
  findPersonal(text, { names }).map(({ kind, from, to }) => `${kind}:${text.slice(from, to)}`)

const found: readonly (readonly [text: string, ...expected: string[]])[] = [
  ['Call me on +49 221 5550123, any time', 'phone:+49 221 5550123'],
  ['00 44 20 7946 0018', 'phone:00 44 20 7946 0018'],
  ['Tel. 0221/555 01 23', 'phone:0221/555 01 23'],
  ['0221-5550123 ab 18:00 Uhr', 'phone:0221-5550123'],
  ['(410) 555-0142', 'phone:(410) 555-0142'],
  ['410.555.0142 or 555-0143', 'phone:410.555.0142', 'phone:555-0143'],
  ['call 4105550142', 'phone:4105550142'],
  ['Llámame al 612 345 678', 'phone:612 345 678'],
  ['Teléfono 91 234 56 78', 'phone:91 234 56 78'],
  ['06 12 34 56 78', 'phone:06 12 34 56 78'],
  ['whatsapp 12345678', 'phone:12345678'],
  ['هاتفي ٠٥٠١٢٣٤٥٦٧ شكرا', 'phone:٠٥٠١٢٣٤٥٦٧'],
  ['اتصل على ۰۱۰۱۲۳۴۵۶۷۸', 'phone:۰۱۰۱۲۳۴۵۶۷۸'],
  ['write to ada.b+c@mail.example.org.', 'email:ada.b+c@mail.example.org'],
  ['ada (at) example (dot) org', 'email:ada (at) example (dot) org'],
  ['refund to GB82 WEST 1234 5698 7654 32 please', 'account:GB82 WEST 1234 5698 7654 32'],
  ['DE89370400440532013000', 'account:DE89370400440532013000'],
  ['DE89 3704 0044 0532 0130 01 (mistyped)', 'account:DE89 3704 0044 0532 0130 01'],
  ['card 4111 1111 1111 1111', 'account:4111 1111 1111 1111'],
  ['mi DNI es 12345678Z', 'id:12345678Z'],
  ['X1234567L', 'id:X1234567L'],
  ['SSN 078-05-1120', 'id:078-05-1120'],
  ['AB 12 34 56 C', 'id:AB 12 34 56 C'],
  ['رقم الهوية ١٠٢٣٤٥٦٧٨٩', 'id:١٠٢٣٤٥٦٧٨٩'],
  ['passport number C01X00T47', 'id:C01X00T47'],
  ['the car K-AB 1234 blocks it', 'plate:K-AB 1234'],
  ['HH-X 9E', 'plate:HH-X 9E'],
  ['Kennzeichen: k ab 1234', 'plate:k ab 1234'],
  ['Kennzeichen K AB 123 parkt', 'plate:K AB 123'],
  ['coche 1234 BCD aparcado', 'plate:1234 BCD'],
  ['matrícula M-1234-AB', 'plate:M-1234-AB'],
  ['AB-123-CD', 'plate:AB-123-CD'],
  ['a white van, AB12 CDE', 'plate:AB12 CDE'],
  ['license plate 1AB 2345', 'plate:1AB 2345'],
  ['tag: 7abc123', 'plate:7abc123'],
  ['السيارة أ ب ج ١٢٣٤ متوقفة', 'plate:أ ب ج ١٢٣٤'],
  ['Mr. John Smith did it', 'name:John Smith'],
  ['Ask Mrs Halyarde about it', 'name:Halyarde'],
  ['Frau Dr. Müller hat gesagt', 'name:Müller'],
  ['Herr von der Heide sagt', 'name:von der Heide'],
  ['La Sra. García Peñamar lo vio', 'name:García Peñamar'],
  ['السيد محمد الخطيب', 'name:محمد الخطيب'],
  ['my neighbour John Smith leaves it', 'name:John Smith'],
  ['Mein Nachbar Peter Müller', 'name:Peter Müller'],
  ['mi vecino Juan Pérez', 'name:Juan Pérez'],
  ['my name is john smith and I live here', 'name:john smith'],
  ['Me llamo Rocío', 'name:Rocío'],
  ['اسمي سلمى', 'name:سلمى'],
  ['Please mend it.\nRegards,\nAda Brinewell', 'name:Ada Brinewell'],
  ['Mit freundlichen Grüßen\nMax Mustermann', 'name:Max Mustermann'],
  ['Name: Ada Brinewell', 'name:Ada Brinewell'],
  ['Yesterday Maria Salinera told me', 'name:Maria Salinera'],
]

/** What stands in reports and concerns nobody. */
const clean: readonly string[] = [
  'On the A4 and the B 51 by the M25, exit 12',
  'B51, L 101, US 40, I-95, MD 21215, RT 695',
  '1200 BLK HARFORD RD',
  '3939 REISTERSTOWN RD, BALTIMORE, MD, 21215',
  '999-1005 Main Street',
  'Rondorfer Strasse 5, 50968 Köln',
  'since 12.03.2024, again on 2024-03-14 and 3/14/2024 at 08:15',
  '2024-03-14T08:15:00Z',
  'at 50.8959020906914, 6.96852398907956',
  '(39.347010728112, -76.66923656286)',
  'it cost 1.234,56 €, or $ 612 345 678, or 600000000 USD',
  'ticket 4105550142, pole no. 612345678, Laterne Nr. 02215550',
  'see https://city.example/reports/4105550142?page=0221555012',
  'hole of 12000000 mm',
  'Dr. Martin Luther King Blvd',
  '3400 GARRISON DR BALTIMORE',
  'Calle Juan Pérez Galdós 12',
  'in John Smith Park, by the Peter Franzen School',
  'Am Rand des Karl-Schwering-Platzes',
  'Peter-Franzen-Str. 41',
  'شارع محمد الخطيب عند المسجد',
  'مدرسة أحمد حسن',
  'Sehr geehrte Damen und Herren, Herr Bürgermeister',
  'my neighbour leaves rubbish; the Driver was rude',
  'COVID-19, ISO 9001, 500 KWH, 2000 RPM',
  'Das Fahrzeug steht ohne Kennzeichen seit 2023 dort',
  'los coches sin matrícula desde 2023',
  'TÜV abgelaufen 6 2023',
  '0,5m2 Bauaushub, 1 1/2 Monate, 24/7',
  '18-00269879 and A-173480',
  'I am Concerned about the plates of the pavement',
  'عمود رقم ٠٢٢١٥٥٥٠١٢ لا يضيء',
  'Bitte leeren... Bitte leeren....bitte leeren. Danke.',
]

for (const [text, ...expected] of found) test(`finds ${expected.join(', ')} in "${text}"`, () => assert.deepEqual(kinds(text), expected))
for (const text of clean) test(`leaves "${text}" alone`, () => assert.deepEqual(kinds(text), []))

test('the reporter’s own names are masked wherever they are names, and not as words or streets', () => {
  assert.deepEqual(kinds('It is me, Rose, again', ['Rose Tidewell']), ['name:Rose'])
  assert.deepEqual(kinds('from rose tidewell', ['Rose Tidewell']), ['name:rose tidewell'])
  assert.deepEqual(kinds('the rose bush in Rose Street', ['Rose Tidewell']), [])
  assert.deepEqual(kinds('Aquí RAUL otra vez', ['Raúl Dunaclara']), ['name:RAUL'])
  assert.deepEqual(kinds('هذا بلاغ من هُدى', ['هدى المرفئي']), ['name:هُدى'])
})

test('the mask is one word in every language, and what stands around it stays', () => {
  assert.deepEqual(maskPublic('Mr Smith, tel. 0221 5550123!'), { text: `Mr ${MASK}, tel. ${MASK}!`, masked: true })
  assert.deepEqual(maskPublic('A hole in the road'), { text: 'A hole in the road', masked: false })
  assert.deepEqual(maskPublic(''), { text: '', masked: false })
})

/** Texts that look like what people write, personal things among them. */
const scraps = [
  ...found.map(([text]) => text),
  ...clean,
  'Mr',
  'K-',
  '+49',
  '(',
  '@',
  'plate',
  ' ',
  '\n',
  '[•••]',
  'John',
  'DE89',
  '0',
  '1.',
  'اسمي',
  'my name is',
]
const written = fc
  .array(fc.oneof(fc.constantFrom(...scraps), fc.string({ unit: 'grapheme', maxLength: 12 })), { maxLength: 12 })
  .map((parts) => parts.join(' '))

test('for any text: spans are in order and apart, the rest of the text stays, and masking again changes nothing', () => {
  fc.assert(
    fc.property(written, fc.array(fc.constantFrom('Ada', 'Smith', 'محمد'), { maxLength: 2 }), (text, names) => {
      const spans = findPersonal(text, { names })
      let end = 0
      for (const { from, to } of spans) {
        assert.ok(from >= end && to > from && to <= text.length)
        end = to
      }
      const { text: public_, masked } = maskPublic(text, { names })
      assert.equal(masked, spans.length > 0)
      const kept = spans.reduceRight((rest, { from, to }) => rest.slice(0, from) + MASK + rest.slice(to), text)
      assert.equal(public_, kept)
      assert.equal(maskPublic(public_, { names }).text, public_)
    }),
    { numRuns: 500 },
  )
})

test('whatever number of ours stands in a text, a telephone number beside it is still found', () => {
  fc.assert(
    fc.property(fc.constantFrom(...clean), fc.integer({ min: 1_000_000, max: 9_999_999 }), (text, number) => {
      const typed = `${text}. My phone: +49 221 ${number}`
      assert.deepEqual(kinds(typed), [`phone:+49 221 ${number}`])
    }),
  )
})

test('10,000 hostile characters take time in proportion to their number', () => {
  const hostile = [
    '1 ',
    'a@',
    'A-',
    'a',
    'Mr ',
    '(',
    'my name is ',
    '1',
    'plate ',
    'DE11',
    '1.',
    'John ',
    'id number 1 ',
    'ا ',
    '+1 (',
    'a.',
    'Tel ',
    '€1',
    'K-A',
    '0)(',
  ]
  for (const part of hostile) {
    const text = part.repeat(Math.ceil(10_000 / part.length)).slice(0, 10_000)
    maskPublic(text)
    const began = performance.now()
    maskPublic(text)
    assert.ok(performance.now() - began < 250, `${JSON.stringify(part)} took ${performance.now() - began} ms`)
  }
})
