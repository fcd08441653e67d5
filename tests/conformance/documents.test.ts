import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'node:test'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const documents = globSync('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' || name === 'data' })

it('every link from one document to another file leads somewhere', () => {
  assert.ok(documents.length > 40)
  const lost = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|mailto:|#|\/)([^)#\s]+)[^)]*\)/g)].flatMap(([, to = '']) =>
      existsSync(join(root, dirname(path), decodeURIComponent(to))) ? [] : [`${path} -> ${to}`],
    ),
  )
  assert.deepEqual(lost, [])
})

it('the list of decisions names each of them', () => {
  const list = read('docs/decisions/README.md')
  const missing = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name) && !list.includes(`(${name})`))
  assert.deepEqual(missing, [])
})

it('the page about settings names every variable, and every verb with what it works on', () => {
  const page = read('docs/operate/configure.md')
  const variables = [...read('src/config.ts').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name)
  assert.ok(variables.length > 25)
  assert.deepEqual(
    [...new Set(variables)].filter((name) => !page.includes(`\`${name}\``)),
    [],
  )
  const usage = /Usage: \.\/stoa <verb>([^`]*)`/.exec(read('src/main.ts'))?.[1] ?? ''
  const verbs = [...usage.matchAll(/^ {2}([a-z]+(?: [a-z0-9]+)?)(?=[ |])/gm)].map(([, verb = '']) => verb)
  assert.ok(verbs.length >= 18)
  assert.deepEqual(
    verbs.filter((verb) => !page.includes(`\`./stoa ${verb}`)),
    [],
  )
})
