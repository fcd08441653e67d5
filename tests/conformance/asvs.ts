import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The states that a requirement can have. */
export const states = ['met', 'not applicable', 'open'] as const

/** A line of a table: a requirement and how Stoa stands to it. */
export type Line = { readonly id: string; readonly level: string; readonly about: string; readonly state: string; readonly where: string }

/** A requirement of the standard as its list has it. */
export type Requirement = { readonly id: string; readonly level: string }

/** The requirements of levels 1 and 2 in the standard's own list (CSV, RFC 4180), without their text. */
export function requirementsIn(csv: string): Requirement[] {
  const lines = csv
    .replace(/^\uFEFF/, '')
    .matchAll(/^V\d+,(?:"[^"]*"|[^,]*),V[\d.]+,(?:"[^"]*"|[^,]*),V([\d.]+),(?:"(?:[^"]|"")*"|[^,\n]*),([123])\r?$/gm)
  return [...lines].map(([, id = '', level = '']) => ({ id, level })).filter(({ level }) => level !== '3')
}

/** The lines of the tables of chapters. */
export function linesIn(document: string): Line[] {
  return rowsOf(document.slice(0, document.indexOf('\n## Open\n')), 5).map(([id = '', level = '', about = '', state = '', where = '']) => ({
    id,
    level,
    about,
    state,
    where,
  }))
}

/** What is wrong with the document that lies at `file`, one line each; `listed` null: the standard's list is not here. */
export function faultsOf(document: string, file: string, listed: readonly Requirement[] | null): string[] {
  const lines = linesIn(document)
  return [
    ...idFaults(lines, listed),
    ...lines.flatMap((line) => lineFaults(line)),
    ...countFaults(document, lines),
    ...openFaults(document, lines),
    ...linkFaults(document, file),
  ]
}

function idFaults(lines: readonly Line[], listed: readonly Requirement[] | null): string[] {
  const ids = lines.map(({ id }) => id)
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${id} is there twice`)
  if (listed === null) return twice
  const levels = new Map(listed.map(({ id, level }) => [id, level]))
  return [
    ...twice,
    ...listed.filter(({ id }) => !ids.includes(id)).map(({ id }) => `${id} is missing`),
    ...lines.filter(({ id, level }) => levels.get(id) !== level).map(({ id, level }) => `${id} is not a requirement of level ${level}`),
  ]
}

function lineFaults({ id, about, state, where }: Line): string[] {
  if (!states.some((each) => each === state)) return [`${id} has the state "${state}"`]
  if (about === '' || where === '') return [`${id} says nothing`]
  return state === 'met' && !/\]\([^)]+\)/.test(where) ? [`${id} is met and shows nothing`] : []
}

function countFaults(document: string, lines: readonly Line[]): string[] {
  const counted = new Map(rowsOf(document.slice(0, document.indexOf('\n## ')), 4).map(([state = '', ...counts]) => [state, counts]))
  return states.flatMap((state) => {
    const of = (level: string): number => lines.filter((line) => line.state === state && line.level.startsWith(level)).length
    const right = ['1', '2', ''].map((level) => String(of(level))).join(' ')
    const said = counted.get(state)?.join(' ')
    return said === right ? [] : [`the count of "${state}" should be ${right}, not ${said}`]
  })
}

function openFaults(document: string, lines: readonly Line[]): string[] {
  const section = document.slice(document.indexOf('\n## Open\n'), document.indexOf('\n## Inventories\n'))
  const explained = rowsOf(section, 2).map(([id = '']) => id)
  const open = lines.filter(({ state }) => state === 'open').map(({ id }) => id)
  return [
    ...open.filter((id) => !explained.includes(id)).map((id) => `${id} is open and not explained`),
    ...explained.filter((id) => !open.includes(id)).map((id) => `${id} is explained and not open`),
  ]
}

function linkFaults(document: string, file: string): string[] {
  return [...document.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (target.startsWith('https://')) return []
    const [path = '', anchor] = target.split('#')
    const found = path === '' ? file : join(dirname(file), path)
    if (!existsSync(found)) return [`${target} does not exist`]
    if (anchor === undefined) return []
    return anchorsOf(path === '' ? document : readFileSync(found, 'utf8')).includes(anchor) ? [] : [`${target} has no such heading`]
  })
}

/** The anchors of headings, as forges make them. */
function anchorsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** The rows of tables with this many columns, without their heads. */
function rowsOf(text: string, columns: number): string[][] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('| ')) return []
    const cells = line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim())
    return cells.length === columns && !/^(req|state)$/.test(cells[0] ?? '') ? [cells] : []
  })
}
