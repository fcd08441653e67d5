/** What one self-check found: what was looked at, what is so, and for a fault what to do. It names ids and numbers, never secrets or persons. */
export type Finding = {
  readonly area: string
  readonly what: string
  readonly state: 'ok' | 'warning' | 'fail'
  readonly evidence: string
  readonly mend: string | null
}

/** Puts findings of one area together. */
export type Findings = {
  readonly list: readonly Finding[]
  ok(what: string, evidence: string): void
  warn(what: string, evidence: string, mend: string): void
  fail(what: string, evidence: string, mend: string): void
  /** `ok` when it holds, else a failure. */
  must(holds: boolean, what: string, evidence: string, mend: string): void
  /** `ok` when it holds, else a warning. */
  should(holds: boolean, what: string, evidence: string, mend: string): void
}

/** An empty list of findings of an area. */
export function findingsOf(area: string): Findings {
  const list: Finding[] = []
  const add = (state: Finding['state'], what: string, evidence: string, mend: string | null): void =>
    void list.push({ area, what, state, evidence, mend: state === 'ok' ? null : mend })
  return {
    list,
    ok: (what, evidence) => add('ok', what, evidence, null),
    warn: (what, evidence, mend) => add('warning', what, evidence, mend),
    fail: (what, evidence, mend) => add('fail', what, evidence, mend),
    must: (holds, what, evidence, mend) => add(holds ? 'ok' : 'fail', what, evidence, mend),
    should: (holds, what, evidence, mend) => add(holds ? 'ok' : 'warning', what, evidence, mend),
  }
}

/** The head of a report. */
export type ReportHead = { readonly date: Date; readonly version: string; readonly origin: string; readonly database: string }

/** How many of each. */
export function summaryOf(findings: readonly Finding[]): Readonly<Record<Finding['state'], number>> {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length
  return { ok: count('ok'), warning: count('warning'), fail: count('fail') }
}

const marks = { ok: 'ok     ', warning: 'WARNING', fail: 'FAIL   ' } as const

/** The report as plain text, for filing. */
export function reportText(head: ReportHead, findings: readonly Finding[]): string {
  const { ok, warning, fail } = summaryOf(findings)
  const areas = [...new Set(findings.map((finding) => finding.area))]
  return [
    'Self-check of a Stoa deployment',
    '',
    `Date      ${head.date.toISOString()}`,
    `Version   ${head.version}`,
    `Origin    ${head.origin}`,
    `Database  ${head.database}`,
    `Result    ${fail > 0 ? 'failed' : 'passed'}: ${fail} failures, ${warning} warnings, ${ok} ok`,
    ...areas.flatMap((area) => ['', area, ...findings.filter((finding) => finding.area === area).flatMap(linesOf)]),
    '',
  ].join('\n')
}

function linesOf(finding: Finding): string[] {
  const mend = finding.mend === null ? [] : [`          mend: ${finding.mend}`]
  return [`  ${marks[finding.state]} ${finding.what}`, `          ${finding.evidence}`, ...mend]
}
