import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { html, type Html } from './html.ts'

type Element = DefaultTreeAdapterTypes.Element
type Node = DefaultTreeAdapterTypes.ChildNode

/** Any text that a page can carry: HTML has no way to write NUL, and reads every line end as one. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...'<>"\'`&;=/!-?#:${} \n\tax'), maxLength: 40 }),
    fc.constantFrom(
      '</p><script>alert(1)</script>',
      '" onload="x',
      "' onload='x",
      '<!--',
      '-->',
      '&amp;',
      '&#60;',
      '&lt',
      ']]>',
      '</title><b>',
      '`',
      '\u2028',
      '?checked',
    ),
  ) // prettier-ignore
  .map((value) => value.replaceAll('\u0000', '').replaceAll(/\r\n?/g, '\n').toWellFormed())

function only(page: Html): Element {
  const { childNodes } = parseFragment(String(page))
  assert.equal(childNodes.length, 1, 'one element and nothing else')
  const [element] = childNodes
  assert.ok(element && 'tagName' in element)
  return element
}

function textOf(nodes: readonly Node[]): string {
  assert.ok(nodes.every((node) => node.nodeName === '#text'), 'no element came out of a text') // prettier-ignore
  return nodes.map((node) => ('value' in node ? node.value : '')).join('')
}

function attributesOf(element: Element): Record<string, string> {
  return Object.fromEntries(element.attrs.map((each) => [each.name, each.value]))
}

test('text comes back as the same text, and as nothing else', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(textOf(only(html`<p>${a}</p>`).childNodes), a)
      assert.equal(textOf(only(html`<p>${[a, b]}</p>`).childNodes), a + b)
      assert.equal(textOf(only(html`<p>x${a}y${b}z</p>`).childNodes), `x${a}y${b}z`)
      assert.equal(textOf(only(html`<title>${a}</title>`).childNodes), a)
    }),
    { numRuns: 1_000 },
  )
})

test('text stays text in a textarea, whose first line break is the parser’s own', () => {
  fc.assert(fc.property(text, (a) => assert.equal(textOf(only(html`<textarea>\n${a}</textarea>`).childNodes), a)))
})

test('attribute values come back as the same values, and no attribute is added', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.deepEqual(attributesOf(only(html`<p title="${a}" lang='${b}'></p>`)), { title: a, lang: b })
      assert.deepEqual(attributesOf(only(html`<p class="x ${a} y" data-b = "${b}"></p>`)), { class: `x ${a} y`, 'data-b': b })
      assert.deepEqual(attributesOf(only(html`<input value="${a}" />`)), { value: a })
    }),
    { numRuns: 1_000 },
  )
})

test('boolean attributes are there or not, and their neighbours stay', () => {
  fc.assert(
    fc.property(text, fc.boolean(), fc.boolean(), (value, checked, required) => {
      const found = attributesOf(only(html`<input ?checked="${checked}" value="${value}" ?required="${required}" id="x" />`))
      assert.deepEqual(found, { ...(checked ? { checked: '' } : {}), value, ...(required ? { required: '' } : {}), id: 'x' })
    }),
    { numRuns: 1_000 },
  )
})

test('an address is the same or, with a scheme that can run, none', () => {
  const address = fc.oneof(text, text.map((rest) => `javascript:${rest}`), fc.webUrl(), fc.constantFrom(
    'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'java\tscript:1', '\u0001javascript:1', 'data:text/html,<script>', 'vbscript:x',
    'blob:x', 'file:///etc/passwd', 'mailto:a@city.example', 'tel:+999', '/a:b', '?a:b', '#a:b',
  )) // prettier-ignore
  fc.assert(
    fc.property(address, (a) => {
      const { href = '', ...rest } = attributesOf(only(html`<a href="${a}"></a>`))
      assert.deepEqual(rest, {})
      assert.ok(href === a || href === '#')
      // what the browser makes of it (WHATWG URL): a scheme that can run is never among it
      const url = URL.canParse(href, 'https://city.example/') ? new URL(href, 'https://city.example/') : null
      assert.ok(url === null || ['https:', 'http:', 'mailto:', 'tel:'].includes(url.protocol), `${href} is ${url?.protocol}`)
    }),
    { numRuns: 1_000 },
  )
})

test('HTML in HTML stays HTML, and cannot stand in an attribute', () => {
  fc.assert(
    fc.property(text, (a) => {
      const outer = only(html`<div>${html`<b title="${a}">${a}</b>`}</div>`)
      const [inner] = outer.childNodes
      assert.ok(inner && 'tagName' in inner && outer.childNodes.length === 1)
      assert.deepEqual([attributesOf(inner), textOf(inner.childNodes)], [{ title: a }, a])
    }),
  )
  assert.throws(() => html`<p title="${html`x`}"></p>`, TypeError)
})

test('holes where no value is safe are refused, whatever the value', () => {
  const refused: Array<[string, (value: string) => Html]> = [
    ['tag name', (x) => html`<${x}></p>`],
    ['end of a tag name', (x) => html`<p></${x}>`],
    ['longer tag name', (x) => html`<h${x}></p>`],
    ['attribute name', (x) => html`<p ${x}="a"></p>`],
    ['attribute alone', (x) => html`<p ${x}></p>`],
    ['unquoted value', (x) => html`<p title=${x}></p>`],
    ['end of an unquoted value', (x) => html`<p title=a${x}></p>`],
    ['event handler', (x) => html`<p onclick="${x}"></p>`],
    ['event handler, in capitals', (x) => html`<p ONCLICK="${x}"></p>`],
    ['boolean event handler', (x) => html`<p ?onclick="${x}"></p>`],
    ['style', (x) => html`<p style="color: ${x}"></p>`],
    ['boolean style', (x) => html`<p ?style="${x}"></p>`],
    ['document in an attribute', (x) => html`<iframe srcdoc="${x}"></iframe>`],
    ['script', (x) => html`<script>${x}</script>`],
    ['script, in capitals', (x) => html`<SCRIPT>${x}</SCRIPT>`],
    ['style sheet', (x) => html`<style>${x}</style>`],
    ['frame', (x) => html`<iframe>${x}</iframe>`],
    ['comment', (x) => html`<!-- ${x} -->`],
    ['scheme', (x) => html`<a href="java${x}"></a>`],
    ['what follows a scheme', (x) => html`<a href="javascript:${x}"></a>`],
    ['part of a boolean', (x) => html`<input ?checked="a${x}" />`],
  ]
  for (const [place, make] of refused)
    fc.assert(
      fc.property(text, (value) => assert.throws(() => make(value), TypeError, place)),
      { numRuns: 20 },
    )
})

test('after a comment, a script or a frame of the template’s own, holes are as safe as before', () => {
  fc.assert(
    fc.property(text, (a) => {
      const { childNodes } = parseFragment(String(html`<!-- > " ' --><script>if (1 < 2) '</p>'</script><p title=">${a}">${a}</p>`))
      const [, , last] = childNodes
      assert.ok(childNodes.length === 3 && last && 'tagName' in last)
      assert.deepEqual([attributesOf(last), textOf(last.childNodes)], [{ title: `>${a}` }, a])
    }),
  )
})
