import type { Words } from '../../../kernel/text.ts'
import type { QuestionInput } from './draft.ts'
import type { Rule } from './logic.ts'
import type { Notes } from './notes.ts'

/** A statement or a question of a step; `rule` says when it is seen. `path` points into the form it came from. */
export type Item = {
  path: string
  rule?: Rule
  statement?: Words
  question?: QuestionInput
  /** It opens under an option on the same page, so that its page is not split. */
  reveal?: boolean
}

/** A way on from a step; without a rule it is taken when no other is. `rule` null: a condition nobody could read. */
export type Edge = { to: string; rule?: Rule | null; path: string }

/** A page of the form it came from. */
export type Step = {
  key: string
  path: string
  /** Wishes for the page's id, best first. */
  ids: readonly string[]
  title: Words
  section?: string
  items: Item[]
  edges: Edge[]
  /** Beyond being reached: when it is seen. Hidden, it is passed. */
  shown?: Rule
  /** Whoever sees it cannot go on. */
  terminal: boolean
  /** It has only its title, and is a page all the same. */
  bare?: boolean
}

/** The steps that the start leads to, each after all that lead to it. Loops and lost steps are reported. */
export function inOrder(steps: readonly Step[], start: string, notes: Notes): Step[] {
  const byKey = new Map(steps.map((step) => [step.key, step]))
  cutLoops(byKey, start, notes)
  const reached = reachable(byKey, start)
  for (const step of steps) if (!reached.has(step.key)) reportLost(step, notes)
  const waiting = new Map<string, number>()
  for (const step of steps) {
    if (!reached.has(step.key)) continue
    for (const to of new Set(step.edges.map((edge) => edge.to))) waiting.set(to, (waiting.get(to) ?? 0) + 1)
  }
  const left = steps.filter((step) => reached.has(step.key))
  const ordered: Step[] = []
  while (left.length > 0) {
    const at = left.findIndex((step) => (waiting.get(step.key) ?? 0) === 0)
    const [step] = left.splice(Math.max(at, 0), 1)
    if (!step) break
    ordered.push(step)
    for (const to of new Set(step.edges.map((edge) => edge.to))) waiting.set(to, (waiting.get(to) ?? 0) - 1)
  }
  return ordered
}

/** Takes out the edges that lead back to a step on the way to them. */
function cutLoops(steps: ReadonlyMap<string, Step>, start: string, notes: Notes): void {
  const state = new Map<string, 'open' | 'done'>()
  // A list of work instead of recursion: real forms have hundreds of pages in a row.
  const work: Array<{ key: string; next: number }> = [{ key: start, next: 0 }]
  state.set(start, 'open')
  for (let top = work.at(-1); top; top = work.at(-1)) {
    const step = steps.get(top.key)
    const edge = step?.edges[top.next]
    if (!step || !edge) {
      state.set(top.key, 'done')
      work.pop()
      continue
    }
    if (state.get(edge.to) === 'open') {
      step.edges.splice(top.next, 1)
      notes.add(edge.path, 'loop', `the way from "${step.key}" back to "${edge.to}" is left out: a service file goes forward only`)
      keepWayOn(step, edge, notes)
      continue
    }
    top.next += 1
    if (state.has(edge.to)) continue
    state.set(edge.to, 'open')
    work.push({ key: edge.to, next: 0 })
  }
}

/** Whoever would have gone back goes on instead, also where no way is left for all. */
function keepWayOn(step: Step, cut: Edge, notes: Notes): void {
  const last = step.edges.at(-1)
  if (!last || step.edges.some((edge) => edge.rule === undefined)) return
  delete last.rule
  notes.add(cut.path, 'loop', `instead, "${step.key}" goes on to "${last.to}" unless another condition holds`)
}

function reachable(steps: ReadonlyMap<string, Step>, start: string): ReadonlySet<string> {
  const reached = new Set([start])
  for (const key of reached) for (const edge of steps.get(key)?.edges ?? []) if (steps.has(edge.to)) reached.add(edge.to)
  return reached
}

function reportLost(step: Step, notes: Notes): void {
  const asked = step.items.flatMap(({ question }) => (question ? [`"${Object.values(question.label)[0] ?? question.id}"`] : []))
  const what = asked.length > 0 ? `it and its questions (${asked.join(', ')}) are left out` : 'it is left out'
  notes.add(step.path, 'unreachable_page', `no way leads to page "${Object.values(step.title)[0] ?? step.key}": ${what}`)
}
