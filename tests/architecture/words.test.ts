import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { pathsBelowSrc, readSources, root } from './files.ts'
import type { Violation } from './floors.ts'
import { scan } from './scan.ts'
import { asked, keysTwice, messages, sameKeys, unknownKeys, unusedKeys, type Words } from './words.ts'

const sources = readSources()
const words = pathsBelowSrc('locales/*.json').map((path): Words => {
  const entries: Record<string, string> = JSON.parse(readFileSync(join(root, path), 'utf8'))
  return { folder: dirname(path), language: basename(path, '.json'), messages: entries }
})

const folder = (en: Record<string, string>, es: Record<string, string>, ar: Record<string, string>): Words[] =>
  Object.entries({ en, es, ar }).map(([language, own]) => ({ folder: 'src/x/locales', language, messages: own }))
const english = (...keys: string[]): Words[] => [
  { folder: 'src/x/locales', language: 'en', messages: Object.fromEntries(keys.map((key) => [key, 'x'])) },
]
const asks = (text: string) => [scan('src/x/a.ts', text)]

describe('words', () => {
  test('there are words, and the source asks for them', () => {
    assert.ok(words.length >= 8, `${words.length} files of words`)
    assert.ok(asked(sources).length > 250, `${asked(sources).length} places`)
  })

  test('every language has the same keys', () => {
    assert.equal(sameKeys(folder({ 'x.a': 'a', 'x.b': 'b' }, { 'x.a': 'a' }, { 'x.a': 'a', 'x.b': 'b', 'x.c': 'c' })).length, 2)
    assert.equal(sameKeys(english('x.a')).length, 2)
    assert.deepEqual(sameKeys(folder({ 'x.a': 'a' }, { 'x.a': 'a' }, { 'x.a': 'a' })), [])
    none(sameKeys(words))
  })

  test('no key is given twice in one language', () => {
    assert.equal(keysTwice([...english('x.a'), { folder: 'src/y/locales', language: 'en', messages: { 'x.a': 'b' } }]).length, 1)
    none(keysTwice(words))
  })

  test('every message compiles in its language and takes the values of the English one', () => {
    const wrong: Array<[string, string]> = [
      ['{$n', '{$n'],
      ['{$n :nothing}', '{$n :nothing}'],
      ['.input {$n :number} .match $n one {{1}}', '.input {$n :number} .match $n one {{1}}'],
      ['{$n} of {$m}', '{$n}'],
      ['{$n}', '{$name}'],
      ['a', ' '],
    ]
    for (const [en, other] of wrong) assert.notDeepEqual(messages(folder({ 'x.a': en }, { 'x.a': other }, {})), [], other)
    const plural = '.input {$n :number} .match $n one {{{$n} file}} * {{{$n} files}}'
    assert.deepEqual(messages(folder({ 'x.a': plural }, { 'x.a': '{$n}' }, { 'x.a': '.local $m = {$n :number} {{{$m}}}' })), [])
    none(messages(words))
  })

  test('every key that the source asks for is in English', () => {
    for (const text of ["t('x.no')", 'view.t(\n  `x.none.${a}`)', "t(a === 'q' ? 'x.no' : 'x.yes')", "t(a ?? 'x.no', { v: 'w' })"]) {
      assert.equal(unknownKeys(asks(text), english('x.yes')).length, 1, text)
    }
    assert.deepEqual(unknownKeys(asks("t(a === 'q' ? 'x.yes' : `x.${b}`, { v: 'w' }); at('x.no'); t(key)"), english('x.yes')), [])
    none(unknownKeys(sources, words))
  })

  test('every message is asked for', () => {
    assert.equal(unusedKeys(asks("t('x.a'); f(`x.${b}.c`)"), english('x.a', 'x.b', 'x.b.c')).length, 1)
    none(unusedKeys(sources, words))
  })
})

function none(violations: readonly Violation[]): void {
  if (violations.length > 0) assert.fail(violations.map(({ path, message }) => `${path} ${message}`).join('\n'))
}
