/** A text in the source: a quoted string, or a template with `\0` where its values stand. */
export type Literal = { readonly value: string; readonly at: number; readonly template: boolean }

/** One import or re-export of a file. */
export type Import = { readonly specifier: string; readonly names: readonly string[]; readonly line: number; readonly star: boolean }

/** A source file, read once. `code` is the text with comments, strings and patterns blanked out: same length, same lines. */
export type Source = {
  readonly path: string
  readonly text: string
  readonly code: string
  readonly literals: readonly Literal[]
  readonly imports: readonly Import[]
}

/** Reads a source file: its code, its texts and its imports. */
export function scan(path: string, text: string): Source {
  const { code, literals } = blank(text)
  return { path, text, code, literals, imports: importsOf(code, literals) }
}

/** The line of a place in a text, from 1. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

type Reader = { readonly text: string; readonly out: string[]; readonly literals: Literal[]; at: number; last: string }

function blank(text: string): { code: string; literals: Literal[] } {
  const reader: Reader = { text, out: text.split(''), literals: [], at: 0, last: '' }
  readCode(reader, false)
  return { code: reader.out.join(''), literals: reader.literals.toSorted((a, b) => a.at - b.at) }
}

/** Reads code to the end, or to the `}` that closes a value of a template. */
function readCode(reader: Reader, inTemplate: boolean): void {
  let depth = 0
  while (reader.at < reader.text.length) {
    const { text, at } = reader
    const char = text.charAt(at)
    if (text.startsWith('//', at) || text.startsWith('/*', at)) skipComment(reader)
    else if (char === '"' || char === "'") readString(reader, char)
    else if (char === '`') readTemplate(reader)
    else if (char === '/' && patternMayStart(reader.last)) skipPattern(reader)
    else {
      if (char === '{') depth += 1
      if (char === '}') depth -= 1
      if (depth < 0 && inTemplate) return
      if (/\w|\$/.test(char)) reader.last = /\w|\$/.test(text.charAt(at - 1)) ? reader.last + char : char
      else if (!/\s/.test(char)) reader.last = char
      reader.at += 1
    }
  }
}

/** After a value a slash divides; anywhere else it begins a pattern. */
function patternMayStart(last: string): boolean {
  if (/^(return|typeof|case|of|in|do|else|void|delete|await|yield)$/.test(last)) return true
  return last === '' || !/[\w$)\]}'"`]$/.test(last)
}

function cover(reader: Reader, from: number, to: number): void {
  for (let at = from; at < to; at += 1) if (reader.out[at] !== '\n') reader.out[at] = ' '
}

function skipComment(reader: Reader): void {
  const { text, at } = reader
  const found = text.startsWith('//', at) ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2
  const end = found < at + 2 ? text.length : found
  cover(reader, at, end)
  reader.at = end
}

function readString(reader: Reader, quote: string): void {
  const start = reader.at
  let at = start + 1
  while (at < reader.text.length && reader.text.charAt(at) !== quote) at += reader.text.charAt(at) === '\\' ? 2 : 1
  reader.literals.push({ value: reader.text.slice(start + 1, at), at: start, template: false })
  cover(reader, start + 1, at)
  reader.at = at + 1
  reader.last = quote
}

function readTemplate(reader: Reader): void {
  const start = reader.at
  let value = ''
  let from = start + 1
  reader.at = from
  while (reader.at < reader.text.length && reader.text.charAt(reader.at) !== '`') {
    if (reader.text.charAt(reader.at) === '\\') reader.at += 2
    else if (!reader.text.startsWith('${', reader.at)) reader.at += 1
    else {
      value += `${reader.text.slice(from, reader.at)}\0`
      cover(reader, from, reader.at + 1)
      reader.at += 2
      reader.last = '{'
      readCode(reader, true)
      reader.at += 1
      from = reader.at
    }
  }
  cover(reader, from, reader.at)
  reader.literals.push({ value: value + reader.text.slice(from, reader.at), at: start, template: true })
  reader.at += 1
  reader.last = '`'
}

function skipPattern(reader: Reader): void {
  const start = reader.at
  let inClass = false
  let at = start + 1
  for (; at < reader.text.length; at += 1) {
    const char = reader.text.charAt(at)
    if (char === '\\') at += 1
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) break
  }
  cover(reader, start + 1, at)
  reader.at = at + 1
  reader.last = '/)'
}

function importsOf(code: string, literals: readonly Literal[]): Import[] {
  const textAt = new Map(literals.map((literal) => [literal.at, literal.value]))
  const found: Import[] = []
  const add = (clause: string, quoteAt: number, at: number): void => {
    const specifier = textAt.get(quoteAt)
    if (specifier === undefined) return
    found.push({ specifier, names: clause.match(/[\w$]+/g) ?? [], line: lineAt(code, at), star: /^\s*export\s+(type\s+)?\*/.test(clause) })
  }
  for (const match of code.matchAll(/^[ \t]*(?:import|export)\b[^'"`;=()]*?\bfrom\s*(?=['"])/gm))
    add(match[0], match.index + match[0].length, match.index)
  for (const match of code.matchAll(/^[ \t]*import\s*(?=['"])/gm)) add('', match.index + match[0].length, match.index)
  for (const match of code.matchAll(/\bimport\s*\(\s*(?=['"])/g)) add('', match.index + match[0].length, match.index)
  return found.toSorted((a, b) => a.line - b.line)
}

/** A function of a file with its length in lines, from its first to its last. */
export type FunctionSpan = { readonly line: number; readonly lines: number }

/** Every function, method and arrow function that has a body in braces. */
export function functionsOf(source: Source): FunctionSpan[] {
  const { code } = source
  const spans: FunctionSpan[] = []
  const add = (start: number, brace: number): void => {
    const line = lineAt(code, start)
    spans.push({ line, lines: lineAt(code, closing(code, brace)) - line + 1 })
  }
  for (const match of code.matchAll(/=>\s*\{/g)) add(arrowStart(code, match.index), match.index + match[0].length - 1)
  for (const match of code.matchAll(
    /(?:\bfunction\b\s*\*?\s*[\w$]*|^[ \t]*(?:(?:async|static|get|set|override|private)\s+)*\*?#?[\w$]+)\s*(?:<[^(){}]*>)?\(/gm,
  )) {
    if (/^\s*(if|for|while|switch|catch|with|await|return)\b/.test(match[0])) continue
    const start = match.index + (match[0].length - match[0].trimStart().length)
    const brace = bodyAfter(code, closing(code, match.index + match[0].length - 1) + 1)
    if (brace !== null) add(start, brace)
  }
  return spans
}

/** Where an arrow function begins: back over its return type and parameters, to what stands before them. */
function arrowStart(code: string, arrow: number): number {
  let depth = 0
  let start = arrow
  for (let at = arrow - 1; at >= 0; at -= 1) {
    const char = code.charAt(at)
    if (')]}'.includes(char)) depth += 1
    if ('([{'.includes(char)) depth -= 1
    if (depth < 0 || (depth === 0 && '=,;'.includes(char))) return start
    if (!/\s/.test(char)) start = at
  }
  return start
}

/** The brace that opens a function's body, past its return type; null when there is none. */
function bodyAfter(code: string, from: number): number | null {
  let previous = ')'
  for (let at = from; at < code.length; at += 1) {
    const char = code.charAt(at)
    if (/\s/.test(char)) continue
    if (at === from || previous === ')') {
      if (char === '{') return at
      if (char !== ':') return null
    }
    if (char === '{' && !/^([:|&<,([]|=>)$/.test(previous)) return at
    const arrow = code.startsWith('=>', at)
    const opens = '{(['.includes(char)
    if (!arrow && ';})='.includes(char)) return null
    if (opens) at = closing(code, at)
    else if (arrow) at += 1
    previous = arrow ? '=>' : opens ? 'type' : char
  }
  return null
}

/** The bracket that closes the one at a place. */
export function closing(code: string, from: number): number {
  let depth = 0
  for (let at = from; at < code.length; at += 1) {
    if ('{(['.includes(code.charAt(at))) depth += 1
    else if ('})]'.includes(code.charAt(at))) depth -= 1
    if (depth === 0) return at
  }
  return code.length - 1
}
