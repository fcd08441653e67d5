import type { Rule } from './rule.ts'
import { sections } from './verdict.ts'
import type { Conformance, Finding } from './run.ts'
import { conformanceRules } from './rules.ts'

const marks = { pass: 'ok  ', skipped: 'skip' } as const

function lineOf(finding: Finding): string[] {
  const { verdict, severity } = finding
  const where = finding.format === null ? '    ' : finding.format.padEnd(4)
  const mark = verdict.kind === 'fail' ? (severity === 'may' ? 'no  ' : severity === 'must' ? 'FAIL' : 'warn') : marks[verdict.kind]
  const head = `  ${mark} ${where} ${finding.rule}`
  if (verdict.kind === 'pass') return [`${head}${verdict.note === undefined ? '' : ` (${verdict.note})`}`]
  if (verdict.kind === 'skipped') return [`${head}: ${verdict.why}`]
  return [
    head,
    `       ${finding.says}`,
    `       expected: ${verdict.expected}`,
    `       came:     ${verdict.came}`,
    `       request:  ${verdict.request}`,
  ]
}

/** The report for people: grouped as the specification is, with a summary at the end. */
export function conformanceText(result: Conformance): string {
  const { summary } = result
  const lines = sections.flatMap((section) => {
    const found = result.findings.filter((finding) => finding.section === section)
    return found.length === 0 ? [] : [section, ...found.flatMap(lineOf), '']
  })
  return [
    `GeoReport v2 at ${result.url}, in ${result.formats.join(' and ')}${result.write ? ', with requests made' : ''}, ${result.date}`,
    '',
    ...lines,
    `${summary.passed} passed, ${summary.failedMust} failed, ${summary.failedShould} warnings, ${summary.notOffered} not offered, ${summary.skipped} skipped; ${result.requests} requests asked.`,
    result.conforms ? 'It conforms: no rule that must hold has failed.' : 'It does not conform.',
    '',
  ].join('\n')
}

/** The rules as a table for documents. */
export function ruleTable(rules: readonly Rule[] = conformanceRules): string[] {
  return sections.flatMap((section) => {
    const own = rules.filter((rule) => rule.section === section)
    if (own.length === 0) return []
    return [
      `## ${section}`,
      '',
      '| rule | | what is true of a server that passes | checked |',
      '|---|---|---|---|',
      ...own.map(
        (rule) =>
          `| \`${rule.id}\` | ${rule.severity} | ${rule.says.replaceAll('|', '\\|').replaceAll('<', '&lt;')} | ${checkedAs(rule)} |`,
      ),
      '',
    ]
  })
}

function checkedAs(rule: Rule): string {
  const how = rule.per === 'format' ? 'in each format' : rule.needs === 'both' ? 'XML against JSON' : 'once'
  return rule.needs === 'write' ? `${how}, with \`--write\`` : how
}
