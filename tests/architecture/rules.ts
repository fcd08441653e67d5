import { type Violation, moduleOf } from './floors.ts'
import { functionsOf, lineAt, type Source } from './scan.ts'

/** The most lines of a file. */
export const FILE_LINES = 400
/** The most lines of a function. */
export const FUNCTION_LINES = 70

const isTest = (path: string): boolean => path.endsWith('.test.ts')

function perImport(
  rule: string,
  sources: readonly Source[],
  judge: (source: Source, one: Source['imports'][number]) => string | null,
): Violation[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const message = judge(source, one)
      return message === null ? [] : [{ rule, path: source.path, line: one.line, message }]
    }),
  )
}

function perMatch(rule: string, source: Source, pattern: RegExp): Violation[] {
  return [...source.code.matchAll(pattern)].map((match) => ({
    rule,
    path: source.path,
    line: lineAt(source.code, match.index),
    message: match[0].trim(),
  }))
}

/** Kysely outside the stores and the platform's database. */
export function kyselyOutsideStores(sources: readonly Source[]): Violation[] {
  return perImport('kysely', sources, ({ path }, { specifier }) => {
    const isKysely = specifier === 'kysely' || specifier.startsWith('kysely/')
    const allowed = path === 'src/platform/db.ts' || path.endsWith('/store.ts')
    return isKysely && !allowed ? 'only store.ts files and src/platform/db.ts import kysely' : null
  })
}

/** The environment read anywhere but in the configuration and in tests. */
export function environment(sources: readonly Source[]): Violation[] {
  const others = sources.filter(({ path }) => path !== 'src/config.ts' && path !== 'src/main.ts' && !isTest(path))
  const imported = perImport('environment', others, (_, { specifier, names }) =>
    /^(node:)?process$/.test(specifier) && names.includes('env') ? 'imports env from node:process' : null,
  )
  return [...imported, ...others.flatMap((source) => perMatch('environment', source, /\bprocess\s*\??\.\s*env\b/g))]
}

/** `export *`, which hides what a file promises. */
export function exportStar(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => perMatch('export *', source, /^[ \t]*export\s+(?:type\s+)?\*/gm))
}

/** Files and functions that are too long to read at once; tests may be longer. */
export function sizes(sources: readonly Source[]): Violation[] {
  return sources
    .filter(({ path }) => !isTest(path))
    .flatMap((source) => {
      const lines = lineAt(source.text, source.text.trimEnd().length)
      const long = functionsOf(source).filter((span) => span.lines > FUNCTION_LINES)
      const file = lines > FILE_LINES ? [{ rule: 'sizes', path: source.path, line: 1, message: `${lines} lines` }] : []
      return [
        ...file,
        ...long.map((span) => ({ rule: 'sizes', path: source.path, line: span.line, message: `a function of ${span.lines} lines` })),
      ]
    })
}

const saysNothing = /^(utils?|helpers?|common|misc|managers?|base)$/

/** Files and folders whose name says nothing. */
export function names(paths: readonly string[]): Violation[] {
  return paths
    .filter((path) => path.split(/[/.\-_]/).some((part) => saysNothing.test(part.toLowerCase())))
    .map((path) => ({ rule: 'names', path, line: 1, message: 'a name that says nothing' }))
}

/** The clock and chance read where they should be handed in. */
export function clock(sources: readonly Source[]): Violation[] {
  return sources
    .filter(({ path }) => !/^src\/(kernel|platform)\//.test(path) && !isTest(path))
    .flatMap((source) => perMatch('clock', source, /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?!\s*[(\w]))|\bMath\s*\.\s*random\b/g))
}

/** Event types declared twice, or not named after their module. */
export function events(sources: readonly Source[]): Violation[] {
  const seen = new Map<string, string>()
  return sources
    .filter(({ path }) => !isTest(path))
    .flatMap((source) =>
      [...source.code.matchAll(/\bdefineEvent\(\s*(?=['"`])/g)].map((match) => ({ source, at: match.index + match[0].length })),
    )
    .flatMap(({ source, at }) => {
      const type = source.literals.find((literal) => literal.at === at)?.value ?? ''
      const found = (message: string): Violation => ({ rule: 'events', path: source.path, line: lineAt(source.code, at), message })
      const first = seen.get(type)
      seen.set(type, source.path)
      if (first !== undefined) return [found(`${type} is declared in ${first} too`)]
      const owner = moduleOf(source.path)
      return owner !== null && !type.startsWith(`${owner}.`) ? [found(`${type} is not named after ${owner}`)] : []
    })
}

/** The tables of each schema, from the migrations: `schema.table` to schema. */
export function tablesOf(migrations: ReadonlyArray<{ readonly text: string }>): Map<string, string> {
  const tables = new Map<string, string>()
  for (const { text } of migrations) {
    for (const match of text.matchAll(
      /\bcreate\s+(?:unlogged\s+)?(?:table|view|materialized view)\s+(?:if not exists\s+)?((\w+)\.\w+)/gi,
    )) {
      tables.set(match[1] ?? '', match[2] ?? '')
    }
  }
  return tables
}

const sqlTable = /\b(?:from|join|into|update|table|only)\s+"?(\w+)"?\."?(\w+)"?/gi

/** SQL outside a module's store.ts, and stores that name the tables of another module. */
export function foreignTables(sources: readonly Source[], tables: ReadonlyMap<string, string>): Violation[] {
  return sources
    .filter(({ path }) => moduleOf(path) !== null && !isTest(path))
    .flatMap((source) => {
      const own = moduleOf(source.path)
      const store = source.path.endsWith('/store.ts')
      return source.literals.flatMap(({ value, at }) => {
        const inSql = [...value.matchAll(sqlTable)].map((match) => `${match[1]}.${match[2]}`)
        const named = store && tables.has(value.split(/\s/)[0] ?? '') ? [value.split(/\s/)[0] ?? ''] : []
        return [...new Set([...inSql, ...named])]
          .filter((table) => tables.has(table) && (!store || tables.get(table) !== own))
          .map((table) => {
            const message = store ? `names ${table}, a table of another module` : `names ${table} outside a store.ts`
            return { rule: 'tables', path: source.path, line: lineAt(source.text, at), message }
          })
      })
    })
}
