import type { Format } from '../shapes.ts'
import { type Context, createContext } from './context.ts'
import { createProbe } from './probe.ts'
import type { Rule } from './rule.ts'
import { type Section, sections, type Severity, skip, Stop, type Verdict } from './verdict.ts'
import { conformanceRules } from './rules.ts'

/** What is checked, and how. */
export type ConformOptions = {
  /** The endpoint: what comes before `/services.xml`. */
  readonly url: string
  readonly now: () => Date
  readonly wait: (milliseconds: number) => Promise<void>
  readonly key?: string | null
  readonly jurisdiction?: string | null
  readonly formats?: readonly Format[]
  /** Makes requests on the server. */
  readonly write?: boolean
  readonly place?: { readonly lat: number; readonly long: number } | null
  readonly discovery?: string | null
  /** The most requests in all; 600 unless told. */
  readonly most?: number
  /** The pause between two requests in milliseconds; 100 unless told. */
  readonly pause?: number
  /** How long one answer may take, in milliseconds; 20,000 unless told. */
  readonly patience?: number
  /** The most bytes of one answer; 16 million unless told. */
  readonly bytes?: number
  /** Told after each rule. */
  readonly onRule?: (finding: Finding) => void
}

/** What one rule found in one format; without a format when it is judged once. */
export type Finding = {
  readonly rule: string
  readonly section: Section
  readonly severity: Severity
  readonly says: string
  readonly format: Format | null
  readonly verdict: Verdict
}

/** The whole of a run. */
export type Conformance = {
  readonly url: string
  readonly formats: readonly Format[]
  readonly write: boolean
  readonly date: string
  readonly requests: number
  readonly findings: readonly Finding[]
  /** Numbers of `must` and `should` findings, and of skipped ones; `offered` counts what a `may` found. */
  readonly summary: {
    readonly passed: number
    readonly failedMust: number
    readonly failedShould: number
    readonly skipped: number
    readonly notOffered: number
  }
  /** Whether no `must` failed and the server answered at all. */
  readonly conforms: boolean
}

/** Checks a server rule by rule; never throws, whatever the server answers. Throws only when the address is none. */
export async function checkConformance(options: ConformOptions): Promise<Conformance> {
  const url = endpointOf(options.url)
  const probe = createProbe({
    base: url,
    key: options.key ?? null,
    jurisdiction: options.jurisdiction ?? null,
    most: options.most ?? 600,
    pause: options.pause ?? 100,
    patience: options.patience ?? 20_000,
    bytes: options.bytes ?? 16_000_000,
    now: options.now,
    wait: options.wait,
  })
  const date = options.now().toISOString()
  const formats = options.formats ?? ['xml', 'json']
  const context = createContext({
    probe,
    formats,
    write: options.write ?? false,
    place: options.place ?? null,
    discovery: options.discovery ?? null,
  })
  await withKeyWhereNeeded(context)
  const findings: Finding[] = []
  for (const rule of conformanceRules) {
    for (const format of rule.per === 'format' ? formats : [formats.at(-1) ?? 'xml']) {
      const { id, section, severity, says } = rule
      const finding: Finding = {
        rule: id,
        section,
        severity,
        says,
        format: rule.per === 'format' ? format : null,
        verdict: await judge(rule, context, format),
      }
      findings.push(finding)
      options.onRule?.(finding)
    }
  }
  const ordered = sections.flatMap((section) => findings.filter((finding) => finding.section === section))
  const summary = summaryOf(ordered)
  return {
    url,
    formats,
    write: context.write,
    date,
    requests: probe.answers.length,
    findings: ordered,
    summary,
    conforms: summary.failedMust === 0 && summary.passed > 0,
  }
}

/** The endpoint of an address: without a slash at the end, a query, or the name of a method. */
export function endpointOf(given: string): string {
  const url = URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error(`${given} is no http or https address.`)
  const path = url.pathname.replace(/\/(?:services|requests|discovery)\.(?:xml|json)$/, '').replace(/\/+$/, '')
  return `${url.origin}${path}`
}

/** Some servers want a key for reading too: they fail one rule for it, and are read with the key for all others. */
async function withKeyWhereNeeded({ probe, formats }: Context): Promise<void> {
  const answer = await probe.get('services', formats.at(-1) ?? 'xml')
  if ([401, 403].includes(answer.status) && probe.options.key !== null) probe.readWithKey()
}

async function judge(rule: Rule, context: Context, format: Format): Promise<Verdict> {
  if (rule.needs === 'write' && !context.write) return skip('it makes requests: give --write')
  if (rule.needs === 'write' && context.probe.options.key === null && rule.id !== 'post.no-key') return skip('it needs a key: give --key')
  if (rule.needs === 'both' && context.formats.length < 2) return skip('it compares XML with JSON: check both')
  try {
    return await rule.run(context, format)
  } catch (error) {
    if (error instanceof Stop) return error.verdict
    return skip(`it could not be judged: ${error instanceof Error ? error.message : 'no reason known'}`)
  }
}

function summaryOf(findings: readonly Finding[]): Conformance['summary'] {
  const count = (fits: (finding: Finding) => boolean): number => findings.filter(fits).length
  const failed = (severity: Severity) => count((finding) => finding.verdict.kind === 'fail' && finding.severity === severity)
  return {
    passed: count(({ verdict }) => verdict.kind === 'pass'),
    failedMust: failed('must'),
    failedShould: failed('should'),
    notOffered: failed('may'),
    skipped: count(({ verdict }) => verdict.kind === 'skipped'),
  }
}
