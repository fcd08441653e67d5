import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathsBelowSrc, readSources, root } from './files.ts'
import { cycles, importsUp, manifests, type Violation } from './floors.ts'
import { clock, environment, events, exportStar, foreignTables, kyselyOutsideStores, names, sizes, tablesOf } from './rules.ts'
import { functionsOf, scan, type Source } from './scan.ts'

const sources = readSources()
const tables = tablesOf(pathsBelowSrc('*.sql').map((path) => ({ text: readFileSync(join(root, path), 'utf8') })))

type Rule = (sources: readonly Source[]) => Violation[]
type Files = Readonly<Record<string, string>>

const plant = (files: Files): Source[] => Object.entries(files).map(([path, text]) => scan(path, text))
const lines = (count: number, line = 'const x = 1'): string => Array.from({ length: count }, () => line).join('\n')
const manifest = (uses: string): string => `export const one = { name: 'one', uses: [${uses}] }`
const imports = (...specifiers: string[]): string => specifiers.map((specifier) => `import { x } from '${specifier}'`).join('\n')

/** Each rule with what it must find and what it must let pass, before it is believed about the real files. */
const rules: ReadonlyArray<{ name: string; rule: Rule; wrong: readonly Files[]; right: readonly Files[] }> = [
  {
    name: 'imports point down, and between modules through index.ts to a module in uses',
    rule: importsUp,
    wrong: [
      { 'src/kernel/a.ts': imports('../platform/db.ts') },
      { 'src/kernel/a.ts': imports('zod') },
      { 'src/kernel/a.ts': imports('node:fs') },
      { 'src/platform/a.ts': imports('../ui/index.ts') },
      { 'src/platform/a.ts': "export type { X } from '../modules/one/index.ts'" },
      { 'src/ui/a.ts': "import '../modules/one/index.ts'" },
      { 'src/ui/a.ts': "const x = await import('../modules/one/index.ts')" },
      { 'src/modules/one/a.ts': imports('../../app.ts') },
      { 'src/modules/one/a.ts': imports('../../web/pages.ts') },
      { 'src/modules/one/a.ts': imports('../../../tools/test.ts') },
      { 'src/modules/one/a.ts': imports('../two/index.ts'), 'src/modules/one/module.ts': manifest("'three'") },
      { 'src/modules/one/a.ts': imports('../two/service.ts'), 'src/modules/one/module.ts': manifest("'two'") },
      { 'src/modules/one/a.ts': "import {\n  type X,\n  y,\n} from '../two/store.ts'", 'src/modules/one/module.ts': manifest("'two'") },
      { 'src/modules/servicefile/a.ts': imports('../fields/index.ts') },
      { 'src/modules/places/a.ts': imports('../servicefile/index.ts') },
      { 'src/app.ts': imports('./modules/one/store.ts') },
      { 'src/commands/a.ts': imports('../modules/one/module.ts') },
      { 'src/config.ts': imports('./app.ts') },
      { 'src/harbourbank/a.ts': imports('../modules/one/index.ts') },
      { 'src/harbourbank/a.ts': imports('../app.ts') },
      { 'src/app.ts': imports('./harbourbank/index.ts') },
      { 'src/commands/a.ts': imports('../harbourbank/bank.ts') },
      { 'src/modules/one/a.ts': imports('../../harbourbank/index.ts') },
    ],
    right: [
      { 'src/kernel/a.ts': imports('./b.ts', 'node:crypto'), 'src/platform/a.ts': imports('../kernel/b.ts', 'zod', './db.ts') },
      { 'src/modules/one/a.ts': imports('../two/index.ts', './b.ts', '../../ui/index.ts'), 'src/modules/one/module.ts': manifest("'two'") },
      { 'src/modules/fields/a.ts': imports('../servicefile/index.ts') },
      { 'src/harbourbank/a.ts': imports('../modules/iso20022/index.ts', '../kernel/a.ts', './b.ts') },
      { 'src/commands/a.ts': imports('../harbourbank/index.ts') },
      { 'src/app.ts': imports('./modules/one/module.ts', './modules/one/events.ts', './modules/one/index.ts', './config.ts') },
      { 'src/kernel/a.ts': "// import { x } from '../platform/db.ts'\nconst text = `import { x } from '../ui/index.ts'`" },
    ],
  },
  {
    name: 'manifests name modules that exist, and no module uses itself by way of others',
    rule: manifests,
    wrong: [
      { 'src/modules/one/module.ts': manifest("'nowhere'"), ...librariesExist() },
      { 'src/modules/one/service.ts': '', ...librariesExist() },
      { 'src/modules/one/module.ts': manifest("'two'"), 'src/modules/two/module.ts': manifest("'one'"), ...librariesExist() },
    ],
    right: [{ 'src/modules/one/module.ts': manifest("'servicefile'"), ...librariesExist() }],
  },
  {
    name: 'files do not import one another in a ring',
    rule: cycles,
    wrong: [
      { 'src/a.ts': imports('./b.ts'), 'src/b.ts': imports('./c.ts'), 'src/c.ts': "import type { X } from './a.ts'" },
      { 'src/a.ts': imports('./a.ts') },
    ],
    right: [{ 'src/a.ts': imports('./b.ts', './c.ts'), 'src/b.ts': imports('./c.ts'), 'src/c.ts': '' }],
  },
  {
    name: 'only stores and the database of the platform import kysely',
    rule: kyselyOutsideStores,
    wrong: [{ 'src/modules/one/service.ts': imports('kysely') }, { 'src/platform/jobs.ts': "import type { Kysely } from 'kysely'" }],
    right: [{ 'src/modules/one/store.ts': imports('kysely'), 'src/platform/db.ts': imports('kysely') }],
  },
  {
    name: 'only config.ts and main.ts read the environment',
    rule: environment,
    wrong: [{ 'src/app.ts': 'const x = process.env.PORT' }, { 'src/app.ts': "import { argv, env } from 'node:process'" }],
    right: [{ 'src/config.ts': 'const x = process.env', 'src/app.ts': "import { argv } from 'node:process' // not process.env" }],
  },
  {
    name: 'there is no export *',
    rule: exportStar,
    wrong: [
      { 'src/a.ts': "export * from './b.ts'" },
      { 'src/a.ts': "export type * from './b.ts'" },
      { 'src/a.ts': "export * as b from './b.ts'" },
    ],
    right: [{ 'src/a.ts': "export { b } from './b.ts'\n// export * from './b.ts'" }],
  },
  {
    name: 'files have at most 400 lines and functions at most 70',
    rule: sizes,
    wrong: [
      { 'src/a.ts': lines(401) },
      { 'src/a.ts': `function a(): { x: string } | null {\n${lines(69)}\n}` },
      { 'src/a.ts': `export const a = async (x: {\n  y: string }): Promise<void> => {\n${lines(68)}\n}` },
      { 'src/a.ts': `const a = {\n  async b(x = { y: 1 }): Promise<{ z: string }> {\n${lines(69)}\n  },\n}` },
      { 'src/a.ts': `const a = { b: f(() => 1, (): Map<string, () => void> => {\n${lines(69)}\n}) }` },
      { 'src/a.ts': `class A {\n  static async #b<T>(x: T): Promise<() => { y: T }> {\n${lines(69)}\n  }\n}` },
      { 'src/a.ts': `function a() {\n${lines(69, "const x = /[/}'\"]/.test(`}${{ a: '}' }.a}}`) // }")}\n}` },
    ],
    right: [
      { 'src/a.ts': `${lines(60)}\nif (f(1)) {\n${lines(80)}\n}\nconst a = f(2) ? g(3) : {\n${lines(80, '  x: 1,')}\n}` },
      { 'src/a.ts': lines(400), 'src/b.ts': `function a(): X[] {\n${lines(68)}\n}\n${lines(9)}`, 'src/c.test.ts': lines(500) },
      { 'src/a.ts': `const a = {\n${lines(100, '  x: 1,')}\n}` },
    ],
  },
  {
    name: 'no file or folder has a name that says nothing',
    rule: (some) => names(some.map(({ path }) => path)),
    wrong: ['src/utils/a.ts', 'src/helpers.ts', 'src/common/a.ts', 'src/case-misc.ts', 'src/case.manager.ts', 'src/base.ts'].map(
      (path) => ({ [path]: '' }),
    ),
    right: [{ 'src/database.ts': '', 'src/commonplace.ts': '' }],
  },
  {
    name: 'the clock and chance are read in kernel and platform only',
    rule: clock,
    wrong: ['Date.now()', 'new Date()', 'new Date( )', 'new Date', 'Math.random()', 'f(Date.now)'].map((text) => ({
      'src/modules/one/a.ts': text,
    })),
    right: [
      { 'src/kernel/a.ts': 'Date.now()', 'src/platform/a.ts': 'new Date()', 'src/modules/one/a.test.ts': 'Math.random()' },
      { 'src/modules/one/a.ts': "new Date(0) // new Date()\nconst a = 'Date.now()'" },
    ],
  },
  {
    name: 'no type of event is declared twice, and each is named after its module',
    rule: events,
    wrong: [
      { 'src/modules/one/events.ts': "defineEvent('one.a.done', {})", 'src/modules/one/b.ts': "defineEvent(\n  'one.a.done', {})" },
      { 'src/modules/one/events.ts': "defineEvent('two.a.done', {})" },
    ],
    right: [{ 'src/modules/one/events.ts': "defineEvent('one.a.done', {})\ndefineEvent('one.a.made', {})" }],
  },
  {
    name: 'only a module’s own store.ts names its tables',
    rule: (some) => foreignTables(some, new Map([...tables, ['one.thing', 'one'], ['two.thing', 'two']])),
    wrong: [
      { 'src/modules/one/store.ts': 'sql`select 1 from one.thing join two.thing on true`' },
      { 'src/modules/one/store.ts': "db.selectFrom('two.thing as t')" },
      { 'src/modules/one/store.ts': 'sql`insert into two.thing values (${x})`' },
      { 'src/modules/one/service.ts': 'sql`delete from one.thing`' },
    ],
    right: [
      {
        'src/modules/one/store.ts': "sql`select 1 from one.thing`; db.insertInto('one.thing')",
        'src/modules/two/service.ts': "t('two.thing')",
      },
    ],
  },
]

function librariesExist(): Files {
  return { 'src/modules/servicefile/a.ts': '', 'src/modules/fields/a.ts': '', 'src/modules/places/a.ts': '' }
}

describe('architecture', () => {
  test('the scanner reads code, texts and imports apart', () => {
    const {
      code,
      literals,
      imports: found,
    } = scan('src/a.ts', "import { a, type B } from './b.ts' // c\nconst x = a / 2 / `q${f('}')}r` + /['/]/.source")
    assert.deepEqual(
      literals.map((literal) => literal.value),
      ['./b.ts', 'q\0r', '}'],
    )
    assert.deepEqual(
      found.map(({ specifier, line }) => [specifier, line]),
      [['./b.ts', 1]],
    )
    assert.match(code, /const x = a \/ 2 \/ ` {2}\{f\(' '\)\} ` \+ \/ {4}\/\.source$/)
  })

  test('the scanner saw the files, their imports, functions and tables', () => {
    assert.ok(sources.length > 150, `${sources.length} files`)
    assert.ok(sources.flatMap((source) => source.imports).length > 400)
    assert.ok(sources.flatMap(functionsOf).length > 800)
    assert.ok(tables.size > 15, `${tables.size} tables`)
    for (const { path, code } of sources) assert.equal(balance(code), 0, `${path}: brackets are not balanced, so the scanner misread it`)
  })

  for (const { name, rule, wrong, right } of rules) {
    test(name, () => {
      for (const files of wrong) assert.notDeepEqual(rule(plant(files)), [], `does not find ${JSON.stringify(files).slice(0, 200)}`)
      for (const files of right) assert.deepEqual(rule(plant(files)), [], `finds what is allowed`)
      none(rule(sources))
    })
  }
})

function balance(code: string): number {
  return (code.match(/[{([]/g) ?? []).length - (code.match(/[})\]]/g) ?? []).length
}

function none(violations: readonly Violation[]): void {
  if (violations.length > 0) assert.fail(violations.map(({ path, line, message }) => `${path}:${line} ${message}`).join('\n'))
}
