/**
 * Tagged templates that give HTML. Every value is escaped by the place where it stands; a place where no value is safe
 * (tag and attribute names, unquoted attributes, `on*`, `style`, script, comments) is refused when the template is
 * first used. Parsed templates are cached by their string array, as the language does for tagged templates.
 */

/** A piece of HTML that is safe to send. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

/** What a template may hold: text, numbers, other HTML, lists of these; null, undefined and false are nothing. */
export type Content = Html | string | number | bigint | null | undefined | false | readonly Content[]

type Hole = 'text' | 'attribute' | 'url' | 'boolean'

const URL_ATTRIBUTES = new Set(['href', 'src', 'action', 'formaction', 'poster', 'cite', 'data', 'xlink:href'])
const parsed = new WeakMap<TemplateStringsArray, Hole[]>()

/** Makes HTML from a template. Throws when a hole stands where no value is safe. */
export function html(strings: TemplateStringsArray, ...values: ReadonlyArray<Content | true>): Html {
  let holes = parsed.get(strings)
  if (!holes) {
    holes = findHoles(strings)
    parsed.set(strings, holes)
  }
  let out = strings[0] ?? ''
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]
    const hole = holes[i]
    if (hole === 'text') out += render(value === true ? 'true' : value)
    else if (hole === 'boolean') {
      // `?checked="${x}"`: the attribute is there when the value is true, else it is not
      out = out.slice(0, out.lastIndexOf('?'))
      const name = strings[i]?.slice(strings[i]?.lastIndexOf('?')).slice(1, -2) ?? ''
      out += value ? name : ''
      out += (strings[i + 1] ?? '').slice(1)
      continue
    } else if (hole === 'url') out += escape(safeUrl(plain(value)))
    else out += escape(plain(value))
    out += strings[i + 1] ?? ''
  }
  return new Html(out)
}

/** HTML that comes from a trusted maker (Markdown without HTML, an SVG of our own); never from a person's input. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** Escapes text for HTML content and quoted attributes. */
export function escape(text: string): string {
  return /[&<>"'`]/.test(text) ? text.replaceAll(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`) : text
}

function plain(value: Content | true): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'object' && !(value instanceof Html)) return value.map(plain).join(' ')
  if (value instanceof Html) throw new TypeError('HTML cannot stand in an attribute')
  return String(value)
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(render).join('')
  return escape(String(value))
}

/** A URL whose scheme is http, https, mailto or tel, or none; anything else becomes `#`. */
export function safeUrl(url: string): string {
  // browsers skip these characters inside a scheme, so we must too
  const bare = url.replaceAll(/[\u0000-\u0020\u007F-\u009F\u200B-\u200F\u2028\u2029\uFEFF]/g, '')
  const scheme = /^([^/?#:]*):/.exec(bare)
  if (!scheme) return url
  return /^(https?|mailto|tel)$/i.test(scheme[1] ?? '') ? url : '#'
}

type State = 'text' | 'tag' | 'double' | 'single' | 'raw' | 'comment'

function findHoles(strings: TemplateStringsArray): Hole[] {
  const holes: Hole[] = []
  let state: State = 'text'
  let attribute = ''
  let rawTag = ''
  for (let s = 0; s < strings.length - 1; s += 1) {
    const text = strings[s] ?? ''
    for (let i = 0; i < text.length; i += 1) {
      const c = text[i] ?? ''
      if (state === 'text') {
        if (text.startsWith('<!--', i)) state = 'comment'
        else if (c === '<' && /[a-zA-Z/!]/.test(text[i + 1] ?? '')) {
          state = 'tag'
          rawTag = /^<(script|style|title|textarea|iframe|noscript|xmp|plaintext)\b/i.exec(text.slice(i))?.[1]?.toLowerCase() ?? ''
        }
      } else if (state === 'comment') {
        if (text.startsWith('-->', i)) state = 'text'
      } else if (state === 'raw') {
        if (text.slice(i).toLowerCase().startsWith(`</${rawTag}`)) state = 'tag'
        if (state === 'tag') rawTag = ''
      } else if (state === 'tag') {
        if (c === '>') state = rawTag && !['title', 'textarea'].includes(rawTag) ? 'raw' : 'text'
        else if (c === '"' || c === "'") {
          const name = /([^\s"'<>/=]+)\s*=\s*$/.exec(text.slice(0, i))?.[1]
          if (!name) throw new TypeError('a quote stands where no attribute value begins')
          attribute = name.toLowerCase()
          state = c === '"' ? 'double' : 'single'
        }
      } else if ((state === 'double' && c === '"') || (state === 'single' && c === "'")) state = 'tag'
    }
    holes.push(holeAt(state, attribute, text))
  }
  return holes
}

function holeAt(state: State, attribute: string, text: string): Hole {
  if (state === 'text') {
    if (text.endsWith('<') || text.endsWith('</')) throw new TypeError('a hole stands in a tag name')
    return 'text'
  }
  if (state === 'raw') throw new TypeError('a hole stands in script or style')
  if (state === 'comment') throw new TypeError('a hole stands in a comment')
  if (state === 'tag') throw new TypeError('a hole stands in a tag, outside a quoted attribute value')
  if (attribute.startsWith('?')) {
    if (!text.endsWith('"') && !text.endsWith("'")) throw new TypeError('a boolean attribute is its hole alone')
    if (attribute.startsWith('?on') || attribute === '?style') throw new TypeError(`a hole stands in ${attribute}`)
    return 'boolean'
  }
  if (attribute.startsWith('on') || attribute === 'style' || attribute === 'srcdoc') throw new TypeError(`a hole stands in ${attribute}`)
  if (URL_ATTRIBUTES.has(attribute)) {
    // only the whole value can be checked: what stands before the hole must already fix the scheme
    const before = text.slice(Math.max(text.lastIndexOf('"'), text.lastIndexOf("'")) + 1)
    return before === '' ? 'url' : /^[^:]*[/?#]/.test(before) ? 'attribute' : refuseUrl(attribute)
  }
  return 'attribute'
}

function refuseUrl(attribute: string): never {
  throw new TypeError(`a hole stands inside the scheme of ${attribute}`)
}
