import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Scalar } from 'yaml'
import { serviceFile, type ServiceDefinition } from './schema.ts'
import type { FilePath } from './service.ts'

/** One thing to say about a service file; line and column count from 1. */
export type Finding = {
  file: string
  line: number
  column: number
  severity: 'error' | 'warning'
  code: string
  message: string
}

/** A fault by its place in the file's data; `offset` counts characters into the text that stands there. */
export type Fault = { path: FilePath; code: string; message: string; severity: 'error' | 'warning'; offset?: number }

/** A file that was read: its definition, when it has the right shape, and a way to tell where things stand. */
export type LoadedFile = {
  definition: ServiceDefinition | null
  /** What the YAML says, when it is YAML. */
  content?: unknown
  findings: Finding[]
  locate: (fault: Fault) => Finding
}

const MAX_BYTES = 1_000_000
const MAX_ALIASES = 100

/** Reads a service file and checks its shape only; `checkService` checks the rest. `content` is for `readContent`. Never throws. */
export function parseService(text: string, file: string): Omit<LoadedFile, 'locate'> {
  const { definition, content, findings } = loadFile(text, file)
  return { definition, content, findings }
}

/** The definition in what a file was found to say before; null when that has no longer the right shape. */
export function readContent(content: unknown): ServiceDefinition | null {
  return serviceFile.safeParse(content).data ?? null
}

/** Reads a service file and keeps the places of everything in it. Never throws. */
export function loadFile(text: string, file: string): LoadedFile {
  const nowhere = (fault: Fault): Finding => ({
    file,
    line: 1,
    column: 1,
    severity: fault.severity,
    code: fault.code,
    message: fault.message,
  })
  const refused = (code: string, message: string): LoadedFile => ({
    definition: null,
    findings: [nowhere({ path: [], code, message, severity: 'error' })],
    locate: nowhere,
  })
  if (Buffer.byteLength(text) > MAX_BYTES) return refused('too_large', 'a service file may have 1 MB')
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' })
    const locate = (fault: Fault): Finding => ({ ...nowhere(fault), ...lines1(lines, offsetOf(document, fault)) })
    if (document.errors.length > 0) {
      const findings = document.errors.map((error): Finding => {
        const message = error.message.split('\n')[0] ?? 'is not YAML'
        return { ...nowhere({ path: [], code: 'yaml', message, severity: 'error' }), ...lines1(lines, error.pos[0]) }
      })
      return { definition: null, findings, locate }
    }
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    const read = serviceFile.safeParse(data)
    if (read.success) return { definition: read.data, content: data, findings: [], locate }
    return { definition: null, findings: read.error.issues.flatMap(shapeFaults).map(locate), locate }
  } catch (error) {
    return refused('yaml', `cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
  }
}

type ShapeIssue = { code: string; path: PropertyKey[]; message: string; keys?: string[]; errors?: ShapeIssue[][] }

function shapeFaults(issue: ShapeIssue): Fault[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    return issue.keys.map((key) => ({
      path: [...path, key],
      code: 'unknown_key',
      message: `there is no key "${key}" here`,
      severity: 'error',
    }))
  }
  const message = issue.code === 'invalid_union' ? 'has none of the forms that may stand here' : issue.message
  return [{ path, code: 'schema', message: `${path.at(-1) ?? 'the file'}: ${message}`, severity: 'error' }]
}

function lines1(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** The offset in the file of a fault: of its text when it has an offset there, else of its key or list item. */
function offsetOf(document: Document, fault: Fault): number {
  let node: unknown = document.contents
  let at = 0
  for (const step of fault.path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step))
      if (!pair) break
      at = startOf(pair.key) ?? at
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) break
      at = startOf(item) ?? at
      node = item
    } else break
  }
  if (fault.offset === undefined || !isScalar(node) || typeof node.value !== 'string') return at
  return offsetInText(node, fault.offset) ?? at
}

function offsetInText(node: Scalar, offset: number): number | null {
  const start = startOf(node)
  if (start === null) return null
  if (node.type === 'PLAIN') return start + offset
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return start + 1 + offset
  // In a block the text begins on the line after its header and is indented: the header is near enough.
  return start
}

function startOf(node: unknown): number | null {
  if (node === null || typeof node !== 'object' || !('range' in node) || !Array.isArray(node.range)) return null
  const first: unknown = node.range[0]
  return typeof first === 'number' ? first : null
}
