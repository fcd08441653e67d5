import { before, test } from 'node:test'
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { parse, parseFragment, type DefaultTreeAdapterTypes } from 'parse5'
import { daysIn } from '../kernel/time.ts'
import { loadMessages, type Messages } from '../platform/i18n.ts'
import {
  alert, button, cardGrid, checkboxes, dataTable, dateField, errorSummary, fileField, hero, html, icon, layout, linkButton, md, pagination, panel, radios,
  searchBox, selectField, statusCard, summaryList, tag, taskList, textArea, textField, timeline, type Html, type View,
} from './index.ts' // prettier-ignore
import { buildStyles, minifyCss } from './styles.ts'
import { withTyped } from './typed.ts'

let messages: Messages

before(async () => {
  messages = await loadMessages([fileURLToPath(new URL('locales', import.meta.url))])
})

const words = { en: 'Harbourview', ar: 'هاربورفيو' }
const city: View['city'] = {
  id: 'test', name: words, tagline: words, colour: '#0b5d7a', logo: null,
  languages: [{ tag: 'en', name: 'English' }, { tag: 'ar', name: 'العربية' }], timeZone: 'UTC', dayOf: daysIn('UTC'), currency: 'EUR', mailFrom: 'city@example.org',
  contact: { phone: '+999 5550 0100', email: 'city@example.org', address: words }, calendar: { weekend: [], holidays: new Set() }, lifeEvents: [], agencies: [], folder: '', dataProtection: null, showStaffNames: true, consents: [], organisations: [],
} // prettier-ignore

function makeView(locale: 'en' | 'ar'): View {
  return {
    t: messages.translator(locale),
    locale,
    dir: locale === 'ar' ? 'rtl' : 'ltr',
    city,
    path: '/services',
    query: '?q=a',
    viewer: { label: '<b>Ada</b>', officer: false },
    nav: [{ href: '/services', label: 'Services', current: true, count: 2 }],
    demo: true,
    sessionSeconds: 600,
    publicOrigin: 'http://localhost',
    assets: {
      css: '/a.css',
      theme: '/t.css',
      script: '/s.js',
      passkeys: '/p.js',
      map: '/m.js',
      crew: '/c.js',
      crewParts: [],
      logo: '/l.svg',
      icon: '/i.svg',
    },
  }
}

type Node = DefaultTreeAdapterTypes.Node
type Seen = { name: string; attributes: Map<string, string> }

function elements(root: Node): Seen[] {
  const own = 'attrs' in root ? [{ name: root.tagName, attributes: new Map(root.attrs.map((a) => [a.name, a.value])) }] : []
  return [...own, ...('childNodes' in root ? root.childNodes.flatMap(elements) : [])]
}

function everything(view: View): Html {
  const options = [
    { value: 'a', label: 'A', hint: 'first' },
    { value: 'b', label: 'B' },
  ]
  return html`${[
    errorSummary(view, [{ href: '#x', text: '<b>' }]),
    hero({ title: 'T', text: 'x', body: searchBox(view, { action: '/s', name: 'q', value: '"', label: 'Find' }) }),
    alert('info', 'T', 'x'), tag('x', 'neutral'), panel({ title: 'T', reference: 'R', body: 'x' }), button('Go'), linkButton('javascript:1', 'Go'),
    summaryList([{ key: 'k', value: 'v', action: { href: '/c', label: 'Change', about: 'k' } }]),
    taskList(view, [{ title: 't', href: '/t', status: 'todo' }, { title: 'u', href: null, status: 'later' }]),
    timeline([{ title: 't', at: 'now', tone: 'now' }]), statusCard([{ key: 'k', value: 'v' }]),
    dataTable({ caption: 'c', head: ['a', 'b'], rows: [['1', '2']], numeric: [1], queue: true }),
    cardGrid([{ href: '/', title: 't', text: 'x', icon: 'car' }]), icon('home'), pagination(view, { next: '/n', previous: null }),
    textField({ id: 'f1', name: 'f1', label: 'L', hint: 'h', error: 'e', value: '"><script>' }), textArea({ id: 'f2', name: 'f2', label: 'L', value: '</textarea>' }),
    selectField({ id: 'f3', name: 'f3', label: 'L', options }), radios({ id: 'f4', name: 'f4', label: 'L', options }), checkboxes({ id: 'f5', name: 'f5', label: 'L', options }),
    fileField({ id: 'f6', name: 'f6', label: 'L' }), dateField({ id: 'f7', name: 'f7', label: 'L', labels: { day: 'd', month: 'm', year: 'y' }, value: { day: '', month: '', year: '' } }),
  ]}` // prettier-ignore
}

test('a page has unique ids, labels for every control, existing references and nothing inline', () => {
  for (const locale of ['en', 'ar'] as const) {
    const view = makeView(locale)
    const text = layout(view, { title: 'Page', main: everything(view), back: { href: '/' }, errors: 1, formId: 'form', live: '/live' }).text
    const seen = elements(parse(text))
    const ids = seen.flatMap((one) => one.attributes.get('id') ?? [])
    assert.deepEqual(ids, [...new Set(ids)])
    for (const one of seen) {
      for (const name of ['aria-describedby', 'aria-labelledby', 'for']) {
        for (const id of (one.attributes.get(name) ?? '').split(' ').filter(Boolean)) assert.ok(ids.includes(id), `${name} ${id}`)
      }
      assert.ok(![...one.attributes.keys()].some((name) => name.startsWith('on') || name === 'style'))
      if (one.name === 'script') assert.equal(one.attributes.get('src'), '/s.js')
      assert.notEqual(one.name, 'style')
      assert.doesNotMatch(one.attributes.get('href') ?? '', /^javascript/)
      const id = one.attributes.get('id')
      const labelled = seen.some((label) => label.name === 'label' && label.attributes.get('for') === id)
      if (['input', 'select', 'textarea'].includes(one.name) && one.attributes.get('type') !== 'hidden')
        assert.ok(labelled, `no label for ${id}`)
    }
    assert.ok(!text.includes('<b>'))
    assert.equal(seen.find((one) => one.name === 'html')?.attributes.get('dir'), view.dir)
  }
})

test('the language links keep the query; a form keeps typed work', () => {
  const view = makeView('en')
  assert.match(layout(view, { title: 'x', main: html`` }).text, /href="\/services\?lang=ar&#38;q=a"/)
  const text = layout(view, { title: 'x', main: html``, formId: 'f' }).text
  assert.match(text, /<button[^>]*form="f" name="_lang" value="ar" formnovalidate/)
  const first = elements(parse(text)).find((one) => one.attributes.get('form') === 'f')
  assert.equal(first?.attributes.has('name'), false)
})

test('a form that does not keep its words itself is taken along by the language buttons; Enter still presses its own button', () => {
  const main = html`<form method="get" action="/search"><input name="q"></form>
    <form method="post" action="/a"><select name="s"><option value="1">1</option></select></form>
    <form method="post" action="/b"><input type="hidden" name="k" value="2"><textarea name="text"></textarea><button name="do" value="save">x</button></form>`
  const text = layout(makeView('en'), { title: 'x', main }).text
  const to = '/language?page=%2Fservices%3Fq%3Da&#38;form=%2Fb'
  assert.ok(text.includes(`form="st-typed" name="_lang" value="ar" formnovalidate formaction="${to}"`), text)
  assert.match(text, /<form id="st-typed" method="post" action="\/b">/)
  const first = elements(parse(text)).find((one) => one.attributes.get('form') === 'st-typed')
  assert.deepEqual([first?.attributes.get('name'), first?.attributes.get('value')], ['do', 'save'])
  assert.match(layout(makeView('en'), { title: 'x', main: html`<form method="post"><button>x</button></form>` }).text, /rel="alternate"/)
})

test('what was typed stands in the form again: what was chosen too, but nothing that is hidden or secret', () => {
  const page = `<form method="post" action="/a"><input type="hidden" name="n" value="1"><input name="t" value="old"></form>
    <details class="d"><details open><form method="post" action="/a"><input type="hidden" name="n" value="2"><input name="t" value="old">
    <input type="password" name="p"><input type="checkbox" name="c" value="x" checked><input type="checkbox" name="c" value="y">
    <input type="radio" name="r" value="1"><select name="s"><option value="">-</option><option value="b" selected>b</option><option value="c">c</option></select>
    <input name="other" value="stays"></form></details></details>`
  const fields = new Map([['n', ['2']], ['t', ['"$1">']], ['p', ['secret']], ['c', ['y']], ['r', ['1']], ['s', ['c']]]) // prettier-ignore
  const text = withTyped(page, { action: '/a', fields })
  const [one = '', two = ''] = text.split('<details')
  assert.match(one, /name="t" value="old"|value="old" name="t"/)
  assert.match(text, /<details open class="d"><details open>/)
  assert.equal(text.split('&#34;$1&#34;&#62;').length, 2)
  assert.ok(!one.includes('$1') && !text.includes('secret') && two !== '')
  const seen = elements(parseFragment(text))
  const marks = seen.filter((each) => each.attributes.has('checked') || each.attributes.has('selected'))
  assert.deepEqual(
    marks.map((each) => each.attributes.get('value')),
    ['y', '1', 'c'],
  )
  assert.match(text, /name="other" value="stays"/)
  assert.equal(withTyped(page, { action: '/elsewhere', fields }), page)
})

test('Markdown carries no HTML and no page heading', () => {
  const text = md('# A\n\n## B\n\n<script>x</script> [l](javascript:x)').text
  const names = elements(parseFragment(text)).map((one) => one.name)
  assert.ok(names.includes('h2') && names.includes('h3'))
  for (const name of ['h1', 'script', 'img', 'a']) assert.ok(!names.includes(name), name)
})

test('the style sheets are small, and every variable of the design system that is used is given', async () => {
  const { css, theme } = await buildStyles(city)
  assert.ok(gzipSync(css).length + gzipSync(theme).length < 15_000)
  const given = new Set([...(css + theme).matchAll(/(--ds-[a-z0-9-]+):/g)].map((match) => match[1]))
  const used = [...(css + theme).matchAll(/var\((--ds-[a-z0-9-]+)/g)].map((match) => match[1])
  assert.deepEqual(
    used.filter((name) => !given.has(name)),
    [],
  )
  assert.equal(minifyCss('a { b: c; /* x */ }\n d , e { content: "a  b" }'), 'a{b:c}d,e{content: "a  b"}')
})
