import { posix } from 'node:path'
import type { Source } from './scan.ts'

/** A rule that a file breaks, and where. */
export type Violation = { readonly rule: string; readonly path: string; readonly line: number; readonly message: string }

/** Pure libraries without a manifest, and what each may use. */
export const libraries: Readonly<Record<string, readonly string[]>> = {
  servicefile: [],
  fields: ['servicefile'],
  places: [],
  open311: [],
  iso20022: [],
}

/** Where a file stands: a floor, and for a module its name. */
export type Floor = 'kernel' | 'platform' | 'ui' | 'module' | 'top'

const mayImport: Readonly<Record<Floor, readonly Floor[]>> = {
  kernel: ['kernel'],
  platform: ['kernel', 'platform'],
  ui: ['kernel', 'platform', 'ui'],
  module: ['kernel', 'platform', 'ui', 'module'],
  top: ['kernel', 'platform', 'ui', 'module', 'top'],
}

/** The floor of a path below src/. */
export function floorOf(path: string): Floor {
  const [, first] = path.split('/')
  if (first === 'kernel' || first === 'platform' || first === 'ui') return first
  return first === 'modules' ? 'module' : 'top'
}

/** The module a path belongs to; null outside modules. */
export function moduleOf(path: string): string | null {
  return /^src\/modules\/([^/]+)\//.exec(path)?.[1] ?? null
}

/** Where a relative import leads; null for a package. */
export function target(path: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null
}

/** What each module lists in `uses`, from its manifest or the table of libraries. */
export function usesOf(sources: readonly Source[]): Map<string, readonly string[]> {
  const uses = new Map<string, readonly string[]>(Object.entries(libraries))
  for (const source of sources) {
    const name = moduleOf(source.path)
    if (name === null || source.path !== `src/modules/${name}/module.ts`) continue
    const list = /\buses:\s*\[([^\]]*)\]/.exec(source.code)
    if (!list) continue
    const from = list.index
    const to = from + list[0].length
    uses.set(
      name,
      source.literals.filter((literal) => literal.at > from && literal.at < to).map((literal) => literal.value),
    )
  }
  return uses
}

/** Imports that do not point down, or reach into another module. */
export function importsUp(sources: readonly Source[]): Violation[] {
  const uses = usesOf(sources)
  return sources.flatMap((source) =>
    source.imports.flatMap(({ specifier, line }) => {
      const to = target(source.path, specifier)
      const message = to === null ? fromKernel(source.path, specifier) : forbidden(source.path, to, uses)
      return message ? [{ rule: 'imports', path: source.path, line, message }] : []
    }),
  )
}

const pureBuiltins = ['node:crypto']

function fromKernel(path: string, specifier: string): string | null {
  if (floorOf(path) !== 'kernel' || path.endsWith('.test.ts') || pureBuiltins.includes(specifier)) return null
  return `the kernel imports ${specifier}`
}

function forbidden(path: string, to: string, uses: ReadonlyMap<string, readonly string[]>): string | null {
  if (!to.startsWith('src/')) return `${to} is outside src/`
  if (path === 'src/config.ts') return floorOf(to) === 'kernel' || floorOf(to) === 'platform' ? null : `the configuration imports ${to}`
  const apart = programApart(path, to)
  if (apart !== null) return apart
  const floor = floorOf(path)
  if (!mayImport[floor].includes(floorOf(to))) return `${floor} imports ${to}, which is above it`
  const own = moduleOf(path)
  const other = moduleOf(to)
  if (other === null || own === other) return null
  const face = to.slice(`src/modules/${other}/`.length)
  if (own === null) {
    const composes = ['src/app.ts', 'src/declared.ts', 'src/floors.ts'].includes(path) || path.startsWith('src/web/')
    const allowed = composes ? ['index.ts', 'module.ts', 'events.ts'] : ['index.ts']
    return allowed.includes(face) ? null : `${to} is inside a module; its ${allowed.join(', ')} may be imported here`
  }
  if (face !== 'index.ts') return `${to} is inside another module; import its index.ts`
  return uses.get(own)?.includes(other) ? null : `${own} does not list ${other} in its uses`
}

const bank = 'src/harbourbank/'
const bankMayImport = ['src/kernel/', 'src/platform/', 'src/ui/', bank, 'src/modules/iso20022/index.ts']

/** The sandbox bank is a program of its own: it knows no module but a pure library, and only a verb starts it. */
function programApart(path: string, to: string): string | null {
  if (path.startsWith(bank)) return bankMayImport.some((place) => to.startsWith(place)) ? null : `the sandbox bank imports ${to}`
  if (!to.startsWith(bank)) return null
  return path.startsWith('src/commands/') && to === `${bank}index.ts` ? null : `${path} imports the sandbox bank, which only verbs start`
}

/** Manifests that name a module that does not exist, modules without a manifest, and modules that use one another in a ring. */
export function manifests(sources: readonly Source[]): Violation[] {
  const uses = usesOf(sources)
  const names = new Set(sources.flatMap((source) => moduleOf(source.path) ?? []))
  const at = (name: string, message: string): Violation => ({ rule: 'manifests', path: `src/modules/${name}/module.ts`, line: 1, message })
  const unlisted = [...names].filter((name) => !uses.has(name)).map((name) => at(name, `${name} has no manifest with uses`))
  const unknown = [...uses].flatMap(([name, list]) =>
    list.filter((used) => !names.has(used)).map((used) => at(name, `uses names ${used}, which does not exist`)),
  )
  const rings = ringsOf(new Map([...uses].map(([name, list]) => [name, [...list]])))
  return [...unlisted, ...unknown, ...rings.map((ring) => at(ring[0] ?? '', `modules use one another: ${ring.join(' -> ')}`))]
}

/** Files that import one another in a ring; one violation for each ring found. */
export function cycles(sources: readonly Source[]): Violation[] {
  const known = new Set(sources.map((source) => source.path))
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports.flatMap(({ specifier }) => target(source.path, specifier) ?? []).filter((to) => known.has(to)),
    ]),
  )
  return ringsOf(edges).map((ring) => ({ rule: 'cycles', path: ring[0] ?? '', line: 1, message: ring.join(' -> ') }))
}

function ringsOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const rings: string[][] = []
  const done = new Set<string>()
  const walk = (node: string, trail: readonly string[]): void => {
    const from = trail.indexOf(node)
    if (from >= 0) rings.push([...trail.slice(from), node])
    if (from >= 0 || done.has(node)) return
    for (const next of edges.get(node) ?? []) walk(next, [...trail, node])
    done.add(node)
  }
  for (const node of edges.keys()) walk(node, [])
  return rings
}
