import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { root } from '../support/app.ts'
import { sharedData } from '../support/shared.ts'
import { faultsOf, linesIn, requirementsIn } from './asvs.ts'

const file = join(root, 'docs/security/asvs.md')
const document = readFileSync(file, 'utf8')
const list = sharedData('security/ASVS-5.0.0-en.csv')
const skip = list ? false : 'SKIPPED: the list of OWASP ASVS 5.0 is not here (set STOA_SHARED_DATA)'
const listed = list ? requirementsIn(readFileSync(list, 'utf8')) : null

describe('the document about OWASP ASVS 5.0', () => {
  it('has each requirement of levels 1 and 2 once, at its level', { skip }, () => {
    assert.equal(listed?.length, 253)
    assert.equal(linesIn(document).length, 253)
    assert.deepEqual(faultsOf(document, file, listed), [])
  })

  it('has true states, counts, links and explanations', () => {
    assert.ok(linesIn(document).length > 200)
    assert.deepEqual(faultsOf(document, file, null), [])
  })

  it('does not copy the standard', { skip }, () => {
    const sentences = readFileSync(list ?? '', 'utf8').matchAll(/Verify that ([^,."]{25,})/g)
    const copied = [...sentences].map(([, text = '']) => text).filter((text) => document.includes(text))
    assert.deepEqual(copied, [])
  })
})

describe('a fault in it is found', () => {
  const row = /^\| 1\.1\.2 \|.*$/m.exec(document)?.[0] ?? ''
  const open = linesIn(document).find(({ state }) => state === 'open')
  const planted: ReadonlyArray<readonly [what: string, from: string | RegExp, to: string, fault: RegExp]> = [
    ['a line twice', row, `${row}\n${row}`, /^1\.1\.2 is there twice$/],
    ['a state of its own', row, row.replace('| met |', '| nearly |'), /^1\.1\.2 has the state "nearly"$/],
    ['a state that was changed', row, row.replace('| met |', '| not applicable |'), /^the count of "met" should be/],
    ['met without a link', row, row.replaceAll(/\]\([^)]+\)/g, ']'), /^1\.1\.2 is met and shows nothing$/],
    ['an empty place', row, row.replace(/[^|]+\|$/, ' |'), /^1\.1\.2 says nothing$/],
    ['a link to nowhere', 'src/ui/html.ts)', 'src/ui/html.tsx)', /html\.tsx does not exist$/],
    ['a link to no heading', '](#uploads)', '](#downloads)', /^#downloads has no such heading$/],
    ['a wrong count', /^(\| open \|) \d+/m, '$1 999', /^the count of "open" should be/],
    ['an open one without a word', new RegExp(`^\\| ${open?.id} \\| [^|]*\\|$`, 'm'), '', /is open and not explained$/],
    [
      'a closed one among the open',
      /^\| req \| what would close it \|\n.*$/m,
      '$&\n| 1.1.2 | nothing |',
      /^1\.1\.2 is explained and not open$/,
    ],
  ]
  for (const [what, from, to, fault] of planted) {
    it(what, () => {
      const changed = document.replace(from, typeof from === 'string' ? to.replaceAll('$', '$$$$') : to)
      assert.notEqual(changed, document, 'it was planted')
      assert.ok(
        faultsOf(changed, file, null).some((each) => fault.test(each)),
        faultsOf(changed, file, null).join('\n'),
      )
    })
  }

  it('a line that is missing, one of another level, and one that the standard does not have', { skip }, () => {
    const without = faultsOf(document.replace(`${row}\n`, ''), file, listed)
    assert.ok(without.includes('1.1.2 is missing'), without.join('\n'))
    const other = faultsOf(document.replace(row, row.replace('| 2 |', '| 1 |')), file, listed)
    assert.ok(other.includes('1.1.2 is not a requirement of level 1'), other.join('\n'))
    const foreign = faultsOf(document.replace(row, row.replace('1.1.2', '99.9.9')), file, listed)
    assert.ok(foreign.includes('99.9.9 is not a requirement of level 2'), foreign.join('\n'))
  })
})
