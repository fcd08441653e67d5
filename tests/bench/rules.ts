import { compileService, evaluate, warmService } from '../../src/modules/servicefile/index.ts'
import { makeDefinition, makeQuestion } from '../../src/modules/servicefile/makers.ts'
import { costFigure, type Figure, quantile } from './figures.ts'

const DAY = '2026-03-02'
const PAGES = 50
const PER_PAGE = 4
const CHAIN = 11

/**
 * A step of a journey with a thousand rules: 200 questions (half of them asked only when an earlier one says so), a
 * condition on each page, 200 validations, 550 computed values in chains, 100 criteria, a fee by the sum of them all.
 * One answer changes at each step, and what is worked out again is what depends on it.
 */
export function measureRules(): Figure[] {
  const definition = makeDefinition(largeInput())
  const service = warmService(compileService(definition))
  if (service.problems.length > 0) throw new Error(`the large service has faults: ${service.problems[0]?.message}`)
  const questions = definition.form.pages.flatMap((page) => page.questions)
  let answers: Record<string, unknown> = Object.fromEntries(questions.map((each) => [each.id, 7]))
  let last = evaluate(service, answers, {}, DAY)
  if (last.pages.length < PAGES || !last.complete) throw new Error('the large service is complete and shows all its pages')
  const steps: number[] = []
  for (let round = 0; round < 1_500; round += 1) {
    const question = questions[(round * 37) % questions.length]
    answers = { ...answers, [question?.id ?? '']: 1 + (round % 40) }
    const begun = performance.now()
    last = evaluate(service, answers, {}, DAY, last)
    if (round >= 300) steps.push(performance.now() - begun)
  }
  const full: number[] = []
  for (let round = 0; round < 120; round += 1) {
    const begun = performance.now()
    evaluate(service, answers, {}, DAY)
    if (round >= 20) full.push(performance.now() - begun)
  }
  return [
    costFigure('journey step, 1,000 rules, incremental, p50', 'ms', quantile(steps, 0.5), { must: 1, aim: 0.1 }),
    costFigure('journey step, 1,000 rules, incremental, p95', 'ms', quantile(steps, 0.95), { must: 1, aim: 0.1 }),
    costFigure('journey, 1,000 rules, full pass, p95', 'ms', quantile(full, 0.95), { must: 50, aim: 20 }),
  ]
}

function largeInput(): Record<string, unknown> {
  const id = (page: number, at: number): string => `q${page}_${at}`
  const pages = Array.from({ length: PAGES }, (_, page) => ({
    id: `page${page}`,
    title: { en: `Page ${page}` },
    ...(page > 0 ? { when: `${id(page - 1, 0)} > 0` } : {}),
    questions: Array.from({ length: PER_PAGE }, (_each, at) =>
      makeQuestion(id(page, at), 'integer', { min: 0, max: 100_000, ...(at > 1 ? { when: `${id(page, at - 1)} > 0` } : {}) }),
    ),
  }))
  const validations = pages.flatMap((page, index) =>
    page.questions.map((_, at) => ({
      id: `v${index}_${at}`,
      question: id(index, at),
      valid: `${id(index, at)} <= 50000 and ${id(index, 0)} + ${id(index, at)} < 100000`,
      message: { en: 'x' },
    })),
  )
  // eleven values for each page, each reading the one before it and an answer of the page
  const computed = Array.from({ length: PAGES * CHAIN }, (_, at) => {
    const page = Math.floor(at / CHAIN)
    const before = at % CHAIN === 0 ? '' : `c${at - 1} + `
    return { id: `c${at}`, type: 'number', expression: `${before}(if ${id(page, at % PER_PAGE)} > 20 then ${id(page, 1)} * 2 else 1)` }
  })
  const ends = pages.map((_, page) => `c${page * CHAIN + CHAIN - 1}`)
  const eligibility = Array.from({ length: 100 }, (_, at) => ({
    id: `e${at}`,
    title: { en: 'x' },
    otherwise: { en: 'x' },
    condition: `${ends[at % PAGES]} >= ${at} or ${id(at % PAGES, 0)} > 0`,
  }))
  return {
    form: { pages },
    rules: { validations, computed, eligibility },
    fee: { title: { en: 'Fee' }, amount: `if ${ends.join(' + ')} > 1000 then 5000 else 2500` },
  }
}
