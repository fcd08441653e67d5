import type { Actor } from './actor.ts'
import { type Engine, engine } from './engine.ts'
import { EVERY_AGENCY, type Fact, factOf, NO_DISTRICT, type Resource, valuesOf } from './facts.ts'
import type { Action } from './policy.ts'

/** One thing that has to be so: a fact has (with `not`: has not) one of these values; null stands for "it has none". */
export type Condition = { readonly fact: Fact; readonly among: ReadonlyArray<string | null>; readonly not: boolean }

/** Which things a list may hold: those for which all conditions of any one way hold. `everything` needs no other. */
export type Visible = { readonly everything: boolean; readonly ways: ReadonlyArray<readonly Condition[]> }

type Ways = ReadonlyArray<readonly Condition[]>

const NEVER: Ways = []
const ALWAYS: Ways = [[]]

/**
 * The policies of an action as a filter for lists: what is left of them when everything but the thing is known. Throws
 * when a policy asks something of the thing that no list can be filtered by; `checkPolicies` finds such a policy.
 */
export function visible(actor: Actor, action: Action): Visible {
  return filterBy(engine, actor, action)
}

/** The same by the policies of an engine. */
export function filterBy(by: Engine, actor: Actor, action: Action): Visible {
  let allowed = NEVER
  let refused = ALWAYS
  for (const { effect, conditions } of by.residuals(actor, action)) {
    const wanted = effect === 'permit'
    const parts = conditions.map(({ kind, body }) => waysOf(body, (kind === 'when') === wanted))
    if (wanted) allowed = either(allowed, parts.reduce(both, ALWAYS))
    else refused = both(refused, parts.reduce(either, NEVER))
  }
  const ways = both(allowed, refused)
  return ways.some((way) => way.length === 0) ? { everything: true, ways: [] } : { everything: false, ways }
}

/** Whether a list with this filter would hold the thing; `may` and this always agree. */
export function fits(filter: Visible, resource: Resource): boolean {
  return filter.everything || filter.ways.some((way) => way.every((condition) => holds(condition, resource)))
}

function holds({ fact, among, not }: Condition, resource: Resource): boolean {
  return valuesOf(resource, fact).some((value) => among.includes(value)) !== not
}

/** The ways in which an expression that is left of a policy is true (or, with `wanted` false, is not). */
function waysOf(body: unknown, wanted: boolean): Ways {
  const [operator, operand] = onlyEntry(body)
  switch (operator) {
    case 'Value':
      return operand === wanted ? ALWAYS : NEVER
    case '!':
      return waysOf(memberOf(operand, 'arg'), !wanted)
    case '&&':
    case '||':
      return ((operator === '&&') === wanted ? both : either)(
        waysOf(memberOf(operand, 'left'), wanted),
        waysOf(memberOf(operand, 'right'), wanted),
      )
    case 'has':
      return oneWay(factNamed(memberOf(operand, 'attr')), [null], wanted)
    case '==':
    case '!=':
      return compared(operand, (operator === '==') === wanted)
    case 'contains':
    case 'containsAny':
      return contained(operand, wanted)
    default:
      throw unfit(body)
  }
}

function oneWay(fact: Fact, among: ReadonlyArray<string | null>, not: boolean): Ways {
  return [[{ fact, among, not }]]
}

function compared(operand: unknown, equal: boolean): Ways {
  const [one, other] = [memberOf(operand, 'left'), memberOf(operand, 'right')]
  const attribute = attributeOf(one) ?? attributeOf(other)
  const values = valuesIn(one) ?? valuesIn(other)
  if (attribute === null || values === null) throw unfit(operand)
  return oneWay(factNamed(attribute), values, !equal)
}

function contained(operand: unknown, wanted: boolean): Ways {
  const [one, other] = [memberOf(operand, 'left'), memberOf(operand, 'right')]
  const attribute = attributeOf(one) ?? attributeOf(other)
  const values = valuesIn(one) ?? valuesIn(other)
  if (attribute === null || values === null) throw unfit(operand)
  if (attribute !== 'desks' && attribute !== 'asked') return oneWay(factNamed(attribute), values, !wanted)
  const fact = attribute === 'desks' ? 'agency' : 'consulted'
  const whole = values.filter((desk) => !desk.includes('/'))
  if (whole.includes(EVERY_AGENCY)) return wanted ? ALWAYS : NEVER
  const atWhole = whole.length > 0 ? [oneWay(fact, whole, !wanted)] : []
  const inDistricts = values.filter((desk) => desk.includes('/')).map((desk) => atDesk(fact, desk, wanted))
  return [...atWhole, ...inDistricts].reduce(wanted ? either : both, wanted ? NEVER : ALWAYS)
}

/** A desk of one district: the agency and the district both have to fit. */
function atDesk(fact: Fact, desk: string, wanted: boolean): Ways {
  const at = desk.indexOf('/')
  const [agency, district] = [desk.slice(0, at), desk.slice(at + 1)]
  const inAgency = agency === EVERY_AGENCY ? (wanted ? ALWAYS : NEVER) : oneWay(fact, [agency], !wanted)
  return (wanted ? both : either)(inAgency, oneWay('district', [district === NO_DISTRICT ? null : district], !wanted))
}

function either(some: Ways, others: Ways): Ways {
  const ways = [...some, ...others]
  // a way that asks for all that another asks, and more, adds nothing
  const adds = (way: readonly Condition[], at: number): boolean =>
    !ways.some((other, place) => place !== at && asksFor(way, other) && (place < at || !asksFor(other, way)))
  return ways.filter(adds)
}

function both(some: Ways, others: Ways): Ways {
  const ways = some.flatMap((one) => others.map((other) => tidy([...one, ...other])))
  return ways.reduce<Ways>((kept, way) => either(kept, [way]), NEVER)
}

/** Leaves out conditions that follow from the others. */
function tidy(way: readonly Condition[]): readonly Condition[] {
  const needed = (each: Condition, at: number): boolean =>
    !way.some((other, place) => place !== at && implies(other, each) && (place < at || !implies(each, other)))
  return way.filter(needed)
}

function asksFor(way: readonly Condition[], all: readonly Condition[]): boolean {
  return all.every((each) => way.some((other) => implies(other, each)))
}

function implies(one: Condition, other: Condition): boolean {
  if (one.fact !== other.fact) return false
  if (!other.not) return !one.not && one.among.every((value) => other.among.includes(value))
  if (one.not) return other.among.every((value) => one.among.includes(value))
  // several agencies may be consulted: that one of them is here says nothing about the others
  return one.fact !== 'consulted' && !one.among.some((value) => other.among.includes(value))
}

/** The name of the thing's attribute, when this is one. */
function attributeOf(node: unknown): string | null {
  const [operator, operand] = onlyEntry(node)
  return operator === '.' && isThing(memberOf(operand, 'left')) ? String(memberOf(operand, 'attr')) : null
}

function isThing(node: unknown): boolean {
  return onlyEntry(node)[0] === 'unknown'
}

/** The strings (or ids of entities) that this stands for; null when it is no value. */
function valuesIn(node: unknown): string[] | null {
  const [operator, operand] = onlyEntry(node)
  if (operator === 'Set' && Array.isArray(operand)) {
    const all = operand.map(valuesIn)
    return all.some((each) => each === null) ? null : all.flatMap((each) => each ?? [])
  }
  if (operator !== 'Value') return null
  if (Array.isArray(operand)) return operand.every((each) => typeof each === 'string') ? operand : null
  if (typeof operand === 'string') return [operand]
  const entity = memberOf(operand, '__entity')
  const id = memberOf(entity, 'id')
  return typeof id === 'string' ? [id] : null
}

function factNamed(attribute: unknown): Fact {
  const fact = typeof attribute === 'string' ? factOf[attribute] : undefined
  if (fact === undefined) throw new Error(`no list can be filtered by ${JSON.stringify(attribute)}`)
  return fact
}

function onlyEntry(node: unknown): readonly [string, unknown] {
  const [entry] = typeof node === 'object' && node !== null ? Object.entries(node) : []
  return entry ?? ['', null]
}

function memberOf(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && name in node ? Object.entries(node).find(([key]) => key === name)?.[1] : null
}

function unfit(body: unknown): Error {
  return new Error(`no list can be filtered by ${JSON.stringify(body)?.slice(0, 300)}`)
}
