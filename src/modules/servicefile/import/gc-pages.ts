import type { Words } from '../../../kernel/text.ts'
import { wordsOf } from './draft.ts'
import { bilingual, firstOf, type GcContext, ruleOfChoice } from './gc-elements.ts'
import type { Edge, Item, Step } from './graph.ts'
import { isObject, type Json, listAt, objectAt, saysNothing, textAt } from './json.ts'
import { slug } from './names.ts'
import { reportUnknown } from './notes.ts'

/** An element of a template as what it becomes. */
export type Element = { id: string; path: string; items: Item[] }

const EXIT = 'exit'
const knownGroup = ['name', 'titleEn', 'titleFr', 'elements', 'nextAction', 'autoFlow', 'exitUrlEn', 'exitUrlFr']

/**
 * The steps of a template, the first one first: its groups when it has any with elements, else its headings, else one
 * a question.
 */
export function createGcSteps(
  form: Json,
  title: Words,
  layout: readonly string[],
  elements: ReadonlyMap<string, Element>,
  context: GcContext,
): Step[] {
  const groups = objectAt(form, 'groups')
  const hasGroups = Object.values(groups).some((group) => isObject(group) && listAt(group, 'elements').length > 0)
  const placed = hasGroups
    ? Object.values(groups).flatMap((group) => (isObject(group) ? listAt(group, 'elements').map(String) : []))
    : layout
  for (const [id, { path }] of elements) {
    if (placed.includes(id)) continue
    context.notes.add(path, 'not_placed', `element ${id} stands on no page of the form and is left out`)
  }
  if (hasGroups) return groupSteps(form, groups, title, elements, context)
  return plainSteps(
    layout.flatMap((id) => elements.get(id)?.items ?? []),
    title,
  )
}

/** A form with more questions than these gets full pages: a service has at most 200. */
const MOST_ALONE = 150

/** Without groups: a page from heading to heading; without headings a page for each question, unless they are very many. */
function plainSteps(items: readonly Item[], title: Words): Step[] {
  const hasHeadings = items.some((item) => item.statement && headingOf(item.statement))
  const isAlone = !hasHeadings && items.filter((item) => item.question).length <= MOST_ALONE
  const steps: Step[] = []
  let current: Item[] = []
  let name: Words | undefined
  let last = ''
  const flush = (): void => {
    if (current.length === 0 && name) current = [{ path: last, statement: name }]
    if (current.length === 0) return
    const asked = current.find((item) => item.question)?.question
    const label = name ?? (isAlone ? (asked?.label ?? title) : title)
    const key = `page ${steps.length + 1}`
    const path = current[0]?.path ?? ''
    steps.push({
      key,
      path,
      ids: [slug(firstOf(label)) || asked?.id || 'page'],
      title: label,
      items: current,
      edges: [],
      terminal: false,
    })
    current = []
    name = undefined
  }
  for (const item of items) {
    last = item.path
    const heading = item.statement && headingOf(item.statement)
    const isAsked = current.some((each) => each.question)
    if (isAsked && (heading || isAlone)) flush()
    if (heading && !item.rule && name === undefined && current.length === 0) {
      name = heading.title
      if (heading.rest) current.push({ ...item, statement: heading.rest })
    } else current.push(item)
  }
  flush()
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1]
    if (next) step.edges = [{ to: next.key, path: step.path }]
  }
  return steps
}

/** The heading that a text begins with in each of its languages, and what follows it. */
function headingOf(words: Words): { title: Words; rest: Words | undefined } | null {
  const parts = Object.entries(words).map(([tag, text]) => ({ tag, match: /^#{1,6} *([^\n]+?)(?: +#+)?(?:\n+([\s\S]*))?$/.exec(text) }))
  if (parts.length === 0 || parts.some(({ match }) => !match)) return null
  const title = wordsOf(Object.fromEntries(parts.map(({ tag, match }) => [tag, (match?.[1] ?? '').replaceAll('**', '')])))
  const rest = wordsOf(Object.fromEntries(parts.map(({ tag, match }) => [tag, match?.[2] ?? ''])))
  return title ? { title, rest } : null
}

function groupSteps(form: Json, groups: Json, title: Words, elements: ReadonlyMap<string, Element>, context: GcContext): Step[] {
  const order = groupOrder(form, groups)
  const placed = new Set<string>()
  const steps = order.map((key): Step => {
    const group = objectAt(groups, key)
    const path = `groups.${key}`
    reportUnknown(context.notes, group, knownGroup, path)
    const items = listAt(group, 'elements').flatMap((element, index): Item[] =>
      itemsIn(String(element), `${path}.elements[${index}]`, placed, elements, context),
    )
    const name = titleOfGroup(key, group, title, items, path, context)
    const ids = [slug(firstOf(name)), slug(textAt(group, 'name')), 'page']
    const bare = items.length === 0 && isBare(key, group, path, context)
    return { key, path, ids, title: name, items, edges: [], terminal: false, ...(bare ? { bare } : {}) }
  })
  for (const [index, step] of steps.entries()) {
    const { edges, leaves } = edgesOf(step, objectAt(groups, step.key), order, index, context)
    step.edges = edges
    step.terminal = leaves
  }
  return [...steps, ...exitSteps(steps, groups)]
}

/** Whether a group without elements is a page of its title; review and end are the house's own. */
function isBare(key: string, group: Json, path: string, context: GcContext): boolean {
  if (['start', 'review', 'end'].includes(key)) return false
  const isTitled = textAt(group, 'titleEn') !== '' || textAt(group, 'titleFr') !== ''
  if (isTitled && listAt(group, 'elements').length === 0) return true
  context.notes.add(path, 'empty_page', `group "${textAt(group, 'name') || key}" has nothing that could be carried over and is left out`)
  return false
}

function itemsIn(id: string, path: string, placed: Set<string>, elements: ReadonlyMap<string, Element>, context: GcContext): Item[] {
  const element = elements.get(id)
  if (!element) context.notes.add(path, 'unknown_element', `there is no element ${id}`)
  else if (placed.has(id)) context.notes.add(path, 'element_twice', `element ${id} stands on an earlier page too: here it is left out`)
  else {
    placed.add(id)
    return element.items
  }
  return []
}

/** The first group, the others as the form or the file orders them, then review and end. */
function groupOrder(form: Json, groups: Json): string[] {
  const keys = Object.keys(groups).filter((key) => isObject(groups[key]))
  const listed = listAt(form, 'groupsLayout')
    .map(String)
    .filter((key) => keys.includes(key))
  const middle = [...new Set([...listed, ...keys])].filter((key) => !['start', 'review', 'end'].includes(key))
  return [...(keys.includes('start') ? ['start'] : []), ...middle, ...['review', 'end'].filter((key) => keys.includes(key))]
}

function titleOfGroup(key: string, group: Json, title: Words, items: readonly Item[], path: string, context: GcContext): Words {
  const own = bilingual(group, 'title', path, context.notes)
  const isGeneric = own === undefined || (key === 'start' && /^(start( page)?|beginning)$/i.test(own['en'] ?? ''))
  if (own && !isGeneric) return own
  const asked = items.filter((item) => item.question)
  if (key !== 'start') return wordsOf({ en: textAt(group, 'name') }) ?? asked[0]?.question?.label ?? title
  return asked.length === 1 && asked[0]?.question ? asked[0].question.label : title
}

/** The ways on from a group; `leaves` when whoever is done with it leaves the form. A way to nowhere leads to the group after it. */
function edgesOf(
  step: Step,
  group: Json,
  order: readonly string[],
  index: number,
  { notes, ...context }: GcContext,
): { edges: Edge[]; leaves: boolean } {
  const next = group['nextAction']
  const path = `${step.path}.nextAction`
  const following = order[index + 1]
  const onward = following === undefined ? [] : [{ to: following, path }]
  const isThere = (to: string, where: string): boolean => {
    if (to === EXIT || order.includes(to)) return true
    notes.add(
      where,
      'unknown_page',
      `there is no group "${to}" to go on to: ${following ? `"${following}" follows` : 'the form ends here'}`,
    )
    return false
  }
  if (step.key === 'end') return { edges: [], leaves: false }
  if (typeof next === 'string' && next.trim() !== '') {
    if (next === EXIT) notes.add(path, 'exit', 'whoever comes here leaves the form: the page ends it')
    if (next === EXIT) return { edges: [], leaves: true }
    return { edges: isThere(next, path) ? [{ to: next, path }] : onward, leaves: false }
  }
  if (!Array.isArray(next) || saysNothing(next)) {
    if (following !== undefined && step.items.length > 0)
      notes.add(path, 'next_assumed', `group "${step.key}" does not say what comes next: "${following}" follows it`)
    return { edges: onward, leaves: false }
  }
  const edges: Edge[] = []
  let known = 0
  for (const [at, action] of next.filter(isObject).entries()) {
    const choice = textAt(action, 'choiceId')
    const edge: Edge = { to: textAt(action, 'groupId'), path: `${path}[${at}]` }
    if (/^\d+\.\d+$/.test(choice)) {
      edge.rule = ruleOfChoice(choice, { notes, ...context })
      if (!edge.rule) notes.add(edge.path, 'unreadable_condition', `there is no choice "${choice}": its way is open to all`)
    }
    if (!isThere(edge.to, edge.path)) {
      if (following === undefined) continue
      edge.to = following
    } else known += 1
    if (edge.to === EXIT) edge.to = exitKey(step.key)
    edges.push(edge)
  }
  const hasOpen = edges.some((edge) => edge.rule === undefined)
  if (!hasOpen) edges.push(...(known > 0 && order.includes('review') ? [{ to: 'review', path }] : onward))
  return { edges, leaves: false }
}

function exitKey(group: string): string {
  return `${group} ${EXIT}`
}

/** Leaving the form by a choice becomes a page that ends it. */
function exitSteps(steps: readonly Step[], groups: Json): Step[] {
  return steps.flatMap((step) => {
    if (!step.edges.some((edge) => edge.to === exitKey(step.key))) return []
    const group = objectAt(groups, step.key)
    const words = (tag: string, ends: string, goOn: string): string => {
      const url = textAt(group, `exitUrl${tag}`)
      return /^https?:\/\/[^\s<>()]+$/.test(url) ? `${ends}\n\n[${goOn}](${url})` : ends
    }
    const statement = {
      en: words('En', 'This form is not for you.', 'Go on elsewhere'),
      fr: words('Fr', 'Ce formulaire ne vous concerne pas.', 'Continuer ailleurs'),
    }
    const title = { en: 'You have left the form', fr: 'Vous avez quitté le formulaire' }
    return [
      {
        key: exitKey(step.key),
        path: `${step.path}.nextAction`,
        ids: ['leave'],
        title,
        items: [{ path: step.path, statement }],
        edges: [],
        terminal: true,
      },
    ]
  })
}
