import { invariant } from '../../kernel/invariant.ts'
import type { Words } from '../../kernel/text.ts'
import { parsePlainDate, type PlainDate } from '../../kernel/time.ts'
import type { Evaluation, Memo } from './engine.ts'
import { coerceFeel, feelDay, feelToJson, toTruth } from './feelvalues.ts'
import type { FeelExpression } from './feel.ts'
import type { GraphNode, Service } from './service.ts'
import { evaluateTable, type TableResult } from './table.ts'

/** One rule in words: what it gave, from which inputs, under which law. `rules` are matched table rules, by index. */
export type Trace = {
  kind: 'criterion' | 'computed' | 'fee' | 'deadline' | 'decision'
  id: string
  title: Words | null
  value: unknown
  law?: string
  inputs: Array<{ id: string; value: unknown }>
  rules?: number[]
  note?: TableResult['note']
}

/** Tells every rule of an evaluation, in the order: criteria, computed values, fee, deadline, decision. */
export function explain(service: Service, evaluation: Evaluation): Trace[] {
  const memo = memoOf(service, evaluation)
  const traces = service.nodes.flatMap((node, index): Trace[] => {
    const about = describe(service, node)
    return about ? [trace(service, memo, node, index, about)] : []
  })
  const order: Array<Trace['kind']> = ['criterion', 'computed', 'fee', 'deadline', 'decision']
  return order.flatMap((kind) =>
    inFileOrder(
      service,
      kind,
      traces.filter((each) => each.kind === kind),
    ),
  )
}

type About = { kind: Trace['kind']; id: string; title: Words | null; law: string | undefined }

function describe(service: Service, node: GraphNode): About | null {
  const { rules, fee, deadline, decision } = service.definition
  const { kind } = node
  switch (kind.type) {
    case 'criterion': {
      const criterion = rules.eligibility.find((each) => each.id === kind.id)
      return { kind: 'criterion', id: kind.id, title: criterion?.title ?? null, law: criterion?.law }
    }
    case 'computed': {
      const computed = rules.computed.find((each) => each.id === kind.id)
      return { kind: 'computed', id: kind.id, title: computed?.title ?? null, law: computed?.law }
    }
    case 'fee':
      return { kind: 'fee', id: 'fee', title: fee?.title ?? null, law: fee?.law }
    case 'deadline':
      return { kind: 'deadline', id: 'deadline', title: null, law: deadline?.law }
    case 'decision':
      return { kind: 'decision', id: 'decision', title: decision?.reason ?? null, law: decision?.law }
    default:
      return null
  }
}

function trace(service: Service, memo: Memo, node: GraphNode, index: number, about: About): Trace {
  const calculation = node.calculation
  const names = calculation ? ('table' in calculation ? calculation.table.names : calculation.expression.names) : []
  const inputs = names.map((id) => ({ id, value: feelToJson(memo.values[service.byName.get(id) ?? -1]) }))
  const told: Trace = {
    kind: about.kind,
    id: about.id,
    title: about.title,
    value: feelToJson(memo.values[index]),
    inputs,
  }
  if (about.law !== undefined) told.law = about.law
  if (calculation && 'table' in calculation) {
    const result = evaluateTable(
      calculation.table,
      calculation.slots.map((slot) => memo.values[slot] ?? null),
    )
    told.rules = result.rules
    told.note = result.note
  }
  return told
}

function inFileOrder(service: Service, kind: Trace['kind'], traces: Trace[]): Trace[] {
  const { rules } = service.definition
  const ids = kind === 'criterion' ? rules.eligibility : kind === 'computed' ? rules.computed : []
  const place = new Map(ids.map((each, index) => [each.id, index] as const))
  return traces.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
}

/** Whether a transition's guard holds; `caseContext` is what it may read as `case`. True when it has no guard. */
export function evaluateGuard(
  service: Service,
  transitionId: string,
  evaluation: Evaluation,
  caseContext: Readonly<Record<string, unknown>>,
): boolean | null {
  const guard = service.guards.get(transitionId)
  if (!guard) return service.workflow.transitions.some((transition) => transition.id === transitionId) ? true : null
  const memo = memoOf(service, evaluation)
  return toTruth(guard.run(guard.names.map((name) => (name === 'case' ? { ...caseContext } : named(service, memo, name)))))
}

/**
 * From when and until when a document issued on `today` is valid; `until` null: no end. `from` falls back to `today`
 * when its rule gives no date. Null when there is no such document, or its rule of the end gives no date.
 */
export function documentValidity(
  service: Service,
  documentId: string,
  evaluation: Evaluation,
  today: string,
): { from: PlainDate; until: PlainDate | null } | null {
  const rule = service.validity.get(documentId)
  if (!rule) return null
  const memo = memoOf(service, evaluation)
  const day = (expression: FeelExpression): PlainDate | null => {
    const values = expression.names.map((name) => (name === 'today' ? feelDay(today) : named(service, memo, name)))
    const json = feelToJson(coerceFeel('date', expression.run(values)))
    return typeof json === 'string' ? parsePlainDate(json) : null
  }
  const from = day(rule.from) ?? parsePlainDate(today)
  if (from === null) return null
  if (!rule.until) return { from, until: null }
  const until = day(rule.until)
  return until === null ? null : { from, until }
}

function named(service: Service, memo: Memo, name: string): unknown {
  const index = service.byName.get(name)
  return index === undefined ? null : (memo.values[index] ?? null)
}

function memoOf(service: Service, evaluation: Evaluation): Memo {
  const memo = evaluation.memo
  invariant(memo && memo.service === service, 'the evaluation was made by evaluate() with this service')
  return memo
}
