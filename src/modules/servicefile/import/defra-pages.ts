import type { Words } from '../../../kernel/text.ts'
import { type DefraContext, type DefraPlace, firstSaid, said } from './defra-context.ts'
import { itemsOf } from './defra-components.ts'
import type { QuestionInput, RowQuestionInput } from './draft.ts'
import type { Edge, Item, Step } from './graph.ts'
import { isObject, type Json, listAt, numberAt, objectAt, textAt } from './json.ts'
import { createNames, slug, slugOfName } from './names.ts'
import { createNotes, reportOpen, reportUnknown } from './notes.ts'

/** What a page of a Defra form is for. */
export type Role = 'question' | 'start' | 'summary' | 'status' | 'repeat' | 'terminal'

/** A page with its path in the form; `key` is its own path. */
export type DefraPage = { key: string; path: string; page: Json; role: Role }

type Section = { id: string; keys: readonly string[] }
type Built = { steps: Step[]; description: Words[]; declaration: Words[] }

const known = ['id', 'path', 'title', 'section', 'controller', 'components', 'repeat', 'condition', 'next', 'view', 'events']

/** Controllers that do nothing beyond a page; all others have a role, or are reported. */
const plainControllers = /^(\.?\/?pages\/)?(page|question|home|fileupload|questionpage|file-upload)?(page)?(controller)?(\.(js|ts))?$/

/** What a page is for, by its controller (a name, or the path of a file). */
export function roleOf(page: Json): Role {
  const controller = textAt(page, 'controller').toLowerCase()
  for (const role of ['summary', 'start', 'repeat', 'terminal', 'status'] as const) if (controller.includes(role)) return role
  return 'question'
}

/** Whether pages come one after the other: engine V2, or no page says what comes next. */
export function isLinear(form: Json, pages: readonly DefraPage[]): boolean {
  return textAt(form, 'engine').toUpperCase() === 'V2' || pages.every(({ page }) => listAt(page, 'next').length === 0)
}

/** The steps of a form: in engine V2 its pages one after the other, in V1 as each says what comes next. */
export function createDefraSteps(form: Json, pages: readonly DefraPage[], sections: readonly Section[], context: DefraContext): Built {
  const built: Built = { steps: [], description: [], declaration: [] }
  for (const page of pages) {
    if (page.role === 'status')
      context.notes.add(
        page.path,
        'status_page',
        `page "${textAt(page.page, 'title') || page.key}" tells that the form was sent and is left out: the house has its own`,
      )
    built.steps.push(createStep(page, sections, context, built))
  }
  const linear = isLinear(form, pages)
  const keys = new Set(pages.map(({ key }) => key))
  for (const [index, { page, path, role }] of pages.entries()) {
    const step = built.steps[index]
    if (!step) continue
    const shown = textAt(page, 'condition') === '' ? null : context.conditions().rule(textAt(page, 'condition'), `${path}.condition`)
    if (shown) step.shown = shown
    const next = pages[index + 1]
    if (!linear) step.edges = edgesOf(page, path, keys, context)
    else if (next) step.edges = [{ to: next.key, path }]
    if (linear && listAt(page, 'next').length > 0)
      context.notes.add(`${path}.next`, 'next', 'engine V2 takes pages in their order: "next" is left out')
    const isDeadEnd =
      !linear && step.edges.length === 0 && !step.items.some((item) => item.question) && pages.some((each) => each.role === 'summary')
    const isUnreadable = role === 'terminal' && textAt(page, 'condition') !== '' && !shown
    if (isUnreadable) reportOpen(step, context.notes)
    step.terminal = (role === 'terminal' && !isUnreadable) || (role === 'question' && isDeadEnd)
  }
  return built
}

function createStep({ key, path, page, role }: DefraPage, sections: readonly Section[], context: DefraContext, built: Built): Step {
  reportUnknown(context.notes, page, known, path)
  reportController(page, path, role, context)
  for (const part of ['events', 'view']) {
    if (page[part] !== undefined)
      context.notes.add(`${path}.${part}`, `page_${part}`, `"${part}" of the page is left out: ${JSON.stringify(page[part])}`)
  }
  const section = sectionOf(page, path, sections, context)
  const place: DefraPlace = { section: textAt(page, 'section') || textAt(objectAt(page, 'section'), 'name'), slug: slugOfName(key) }
  let items = role === 'status' ? [] : role === 'repeat' ? repeated(page, path, place, context) : componentsOf(page, path, place, context)
  if (role === 'start' || role === 'summary') {
    const into = role === 'start' ? built.description : built.declaration
    for (const item of items) {
      if (!item.statement) continue
      into.push(item.statement)
      if (item.rule) reportAlways(item, role, page, context)
    }
    items = items.filter((item) => item.question)
  }
  const asked = items.find((item) => item.question)?.question
  const own = said(page, 'title', path, context)
  const title = own ?? asked?.label ?? { [context.words.base]: slugOfName(key).replaceAll('_', ' ') || 'Page' }
  const ids = [slugOfName(key), slug(firstSaid(title)), 'page']
  const isEmpty = items.length === 0 && (role === 'question' || role === 'repeat')
  const bare = isEmpty && own !== undefined && listAt(page, 'components').length === 0
  if (isEmpty && !bare)
    context.notes.add(path, 'empty_page', `page "${firstSaid(title)}" has nothing that could be carried over and is left out`)
  return {
    key,
    path,
    ids,
    title,
    ...(section === undefined ? {} : { section }),
    items,
    edges: [],
    terminal: false,
    ...(bare ? { bare } : {}),
  }
}

/** The words before the form and above its sending have no conditions. */
function reportAlways(item: Item, role: Role, page: Json, context: DefraContext): void {
  const index = Number(/components\[(\d+)\]/.exec(item.path)?.[1])
  const component = listAt(page, 'components')[index]
  const condition = isObject(component) ? textAt(objectAt(component, 'options'), 'condition') : ''
  context.notes.add(
    item.path,
    'text_condition',
    `this text of the ${role} page is always shown: its condition "${condition}" is left out: ${firstSaid(item.statement)}`,
  )
}

function reportController(page: Json, path: string, role: Role, context: DefraContext): void {
  const controller = textAt(page, 'controller')
  if (role !== 'question' || plainControllers.test(controller.toLowerCase())) return
  context.notes.add(
    `${path}.controller`,
    'unknown_controller',
    `the controller "${controller}" is not known to the importer: the page is an ordinary one`,
  )
}

function componentsOf(page: Json, path: string, place: DefraPlace, context: DefraContext): Item[] {
  return listAt(page, 'components').flatMap((component, index) =>
    isObject(component) ? itemsOf(component, `${path}.components[${index}]`, place, context) : [],
  )
}

function sectionOf(page: Json, path: string, sections: readonly Section[], context: DefraContext): string | undefined {
  const name = textAt(page, 'section') || textAt(objectAt(page, 'section'), 'name')
  const found = sections.find((section) => section.keys.includes(name))
  if (!found && name !== '') context.notes.add(`${path}.section`, 'unknown_section', `there is no section "${name}"`)
  return found?.id
}

/** The ways on from a page of engine V1: of those without a condition the last one counts. */
function edgesOf(page: Json, path: string, keys: ReadonlySet<string>, context: DefraContext): Edge[] {
  const edges: Edge[] = []
  for (const [index, link] of listAt(page, 'next').entries()) {
    const where = `${path}.next[${index}]`
    if (!isObject(link)) continue
    reportUnknown(context.notes, link, ['path', 'condition', 'if', 'redirect'], where)
    const redirect = textAt(link, 'redirect')
    if (redirect !== '') context.notes.add(where, 'redirect', `leaving for ${redirect} is left out: the page is the end of its way`)
    const to = textAt(link, 'path')
      .replace(/^\/*/, '/')
      .replace(/(.)\/+$/, '$1')
    if (redirect !== '') continue
    if (!keys.has(to)) {
      context.notes.add(where, 'unknown_page', `there is no page "${to}" to go on to`)
      continue
    }
    const condition = textAt(link, 'condition') || textAt(link, 'if')
    if (condition === '') edges.push({ to, path: where })
    else edges.push({ to, path: where, rule: context.conditions().rule(condition, `${where}.condition`) })
  }
  const open = edges.filter((edge) => edge.rule === undefined)
  for (const edge of open.slice(0, -1))
    context.notes.add(edge.path, 'next', `the way to "${edge.to}" is never taken: another without a condition stands after it`)
  return edges.filter((edge) => edge.rule !== undefined || edge === open.at(-1))
}

/** A page that is filled in several times, as one question whose rows are its questions. */
function repeated(page: Json, path: string, place: DefraPlace, context: DefraContext): Item[] {
  const repeat = objectAt(page, 'repeat')
  const options = objectAt(repeat, 'options')
  const schema = objectAt(repeat, 'schema')
  const own: DefraContext = { ...context, names: createNames(), fields: new Map(), validations: [] }
  const inner = componentsOf(page, path, place, own)
  for (const rule of own.validations)
    context.notes.add(path, 'row_rule', `the rule on "${rule.question}" (${String(rule.valid)}) is left out: rules do not look into rows`)
  const columns: RowQuestionInput[] = []
  const items: Item[] = []
  for (const item of inner) {
    if (item.statement) items.push(item)
    if (!item.question) continue
    const column = columnOf(item.question, item.path, context)
    if (column && item.rule) context.notes.add(item.path, 'row_condition', `"${column.id}" is asked in each row: its condition is left out`)
    if (column) columns.push(column)
  }
  if (columns.length === 0) return items
  if (columns.length > 30) {
    for (const column of columns.splice(30)) context.notes.add(path, 'limit', `"${column.id}" is left out: a row has at most 30 questions`)
  }
  const name = textAt(options, 'name')
  reportUnknown(context.notes, repeat, ['options', 'schema'], `${path}.repeat`)
  reportUnknown(context.notes, options, ['name', 'title'], `${path}.repeat.options`)
  reportUnknown(context.notes, schema, ['min', 'max'], `${path}.repeat.schema`)
  const heading = said(page, 'title', path, { ...context, notes: createNotes() })
  const title = said(options, 'title', `${path}.repeat.options`, context) ?? heading ?? { en: 'Answers' }
  const [min, max] = [numberAt(schema, 'min') ?? 1, numberAt(schema, 'max') ?? 25]
  if (max > 50) context.notes.add(`${path}.repeat.schema.max`, 'limit', `at most ${max} rows became 50`)
  const question: QuestionInput = {
    id: context.names.give([slug(firstSaid(title)), slugOfName(name), place.slug]),
    kind: 'repeating_group',
    label: heading ?? title,
    ...(min < 1 ? { required: false } : {}),
    min_rows: Math.min(50, Math.max(0, Math.floor(min))),
    max_rows: Math.min(50, Math.max(1, Math.floor(max), Math.floor(min))),
    row_title: title,
    questions: columns,
  }
  return [...items, { path, question }]
}

/** A question as a column of rows; null, and reported, when a row cannot hold it. */
export function columnOf(question: QuestionInput, path: string, context: Pick<DefraContext, 'notes'>): RowQuestionInput | null {
  const { questions, ...column } = question
  if (!questions && column.kind !== 'file') return column
  context.notes.add(
    path,
    'row_question',
    `"${Object.values(question.label)[0] ?? question.id}" is left out: a row of a group holds no file and no group`,
  )
  return null
}
