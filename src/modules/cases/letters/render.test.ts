import { test } from 'node:test'
import assert from 'node:assert/strict'
import { inflateSync } from 'node:zlib'
import { escapeMarkdown } from './markdown.ts'
import { createLetterRenderer, type Letter } from './render.ts'

const HOSTILE = '#eval("1+1") $x$ \\u{41} @ref `code` ] [ #pagebreak() <label> // /* */ = * _'

const english: Letter = {
  language: 'en',
  direction: 'ltr',
  city: 'Harbourview',
  agency: 'Parking and Streets',
  agencyAddress: 'City Hall, 1 Harbour Parade, Harbourview',
  title: `Permit ${HOSTILE}`,
  recipient: { name: HOSTILE, lines: ['12 Quay Street', HOSTILE] },
  reference: 'PKP-7K3M-Q9DX',
  date: '23 November 2026',
  body: `Dear reader,\n\n## ${escapeMarkdown(HOSTILE)}\n\n- one\n- **two**\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n> said`,
  facts: [{ label: HOSTILE, value: HOSTILE }],
  check: { url: 'https://city.example/check#AB12-CD34-EF56-GH78', code: 'AB12-CD34-EF56-GH78', text: 'Check it:' },
  colour: '#0b5d7a',
  logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z" fill="currentColor"/></svg>',
  watermark: null,
  words: { page: 'Page {n} of {m}', qr: 'Square code', reference: 'Reference', date: 'Date' },
}

const arabic: Letter = {
  ...english,
  language: 'ar',
  direction: 'rtl',
  city: 'هاربرفيو',
  title: 'تصريح وقوف السيارات',
  body: '# تصريح وقوف السيارات\n\nمرحبًا \u2068Ada\u2069، يمكنك إيقاف المركبة هنا.',
  watermark: 'معاينة',
}

/** The file's bytes with its compressed streams opened, one character for each byte. */
function opened(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes).toString('latin1')
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map((match) => {
    try {
      return inflateSync(Buffer.from(match[1] ?? '', 'latin1')).toString('latin1')
    } catch {
      return ''
    }
  })
  return raw + streams.join('\n')
}

for (const [name, letter] of [
  ['English', english],
  ['Arabic', arabic],
] as const) {
  test(`the ${name} letter is a tagged PDF/UA-1 in its language`, () => {
    const bytes = createLetterRenderer().render(letter)
    assert.equal(Buffer.from(bytes.subarray(0, 4)).toString(), '%PDF')
    const text = opened(bytes)
    assert.match(text, /\/StructTreeRoot/)
    assert.match(text, new RegExp(`/Lang ?\\(${letter.language}`))
    assert.match(text, /pdfuaid:part(>|=")1/)
  })
}

test('words that look like Typst stay words', () => {
  const text = opened(createLetterRenderer().render(english))
  // the file's title and its outline hold words as they were set: as XML, and as a PDF string
  const xml = HOSTILE.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  assert.ok(text.includes(`Permit ${xml}`) || text.includes(`Permit ${xml.replaceAll('&quot;', '"')}`))
  const outline = [...text.matchAll(/\/Title ?\(((?:\\[\s\S]|[^()\\]|\([^()]*\))*)\)/g)].map((match) =>
    (match[1] ?? '').replaceAll(/\\([()\\])/g, '$1'),
  )
  assert.ok(outline.includes(HOSTILE), JSON.stringify(outline))
})

test('a script that no font here has is still set', () => {
  const bytes = createLetterRenderer().render({ ...english, recipient: { name: '漢字', lines: [] } })
  assert.match(opened(bytes), /\/StructTreeRoot/)
})

test('a warm renderer takes less than a tenth of a second', () => {
  const renderer = createLetterRenderer()
  renderer.render(english)
  const times = [1, 2, 3, 4, 5].map((n) => {
    const start = performance.now()
    renderer.render({ ...arabic, reference: `PKP-7K3M-Q9D${n}` })
    return performance.now() - start
  })
  assert.ok(Math.min(...times) < 100, String(times))
})
