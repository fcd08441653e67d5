const entities: ReadonlyMap<string, string> = new Map(Object.entries({
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', pound: '£', euro: '€', copy: '©', reg: '®', trade: '™',
  ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', hellip: '…', bull: '•', middot: '·',
  laquo: '«', raquo: '»', times: '×', deg: '°', frac12: '½', frac14: '¼', sect: '§', para: '¶', shy: '', zwnj: '',
  eacute: 'é', egrave: 'è', ecirc: 'ê', agrave: 'à', acirc: 'â', ccedil: 'ç', ocirc: 'ô', icirc: 'î', ucirc: 'û',
  ugrave: 'ù', euml: 'ë', iuml: 'ï', Eacute: 'É', Agrave: 'À', Ccedil: 'Ç', Egrave: 'È', rarr: '→', larr: '←',
})) // prettier-ignore

const TOKEN = /<!--[\s\S]*?-->|<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>|[^<]+|</g
const blocks = new Set(['p', 'div', 'section', 'article', 'header', 'footer', 'main', 'aside', 'address', 'dl', 'dt', 'dd', 'figure', 'figcaption', 'fieldset', 'legend', 'tbody', 'thead', 'details', 'table']) // prettier-ignore
const silent = new Set(['script', 'style', 'iframe', 'svg', 'template', 'object', 'noscript', 'video', 'audio'])
const plain = new Set(['span', 'font', 'u', 'small', 'label', 'abbr', 'time', 'body', 'html', 'center', 'mark', 'cite', 'q', 'wbr'])
const marks: ReadonlyMap<string, string> = new Map([['strong', '**'], ['b', '**'], ['em', '*'], ['i', '*'], ['code', '`']]) // prettier-ignore

/** Whether a text has HTML tags in it. */
export function hasHtml(text: string): boolean {
  return /<\/?[a-zA-Z][^>]*>/.test(text)
}

/** HTML as Markdown, and the names of elements that Markdown has no place for (`table`, `script`, `img`, ...). */
export function htmlToMarkdown(html: string): { text: string; lost: string[] } {
  const writer = new MarkdownWriter()
  for (const match of html.matchAll(TOKEN)) {
    const [token, slash, name, attributes] = match
    if (token.startsWith('<!--')) continue
    if (name === undefined) writer.text(token)
    else if (slash === '/') writer.close(name.toLowerCase())
    else writer.open(name.toLowerCase(), attributes ?? '')
  }
  return { text: writer.result(), lost: [...writer.lost] }
}

/** HTML as one line of plain text. */
export function htmlToText(html: string): string {
  return decode(html.replaceAll(/<!--[\s\S]*?-->/g, '').replaceAll(/<\/?[a-zA-Z][^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()
}

class MarkdownWriter {
  readonly lost = new Set<string>()
  #out = ''
  #silent = ''
  readonly #lists: Array<{ ordered: boolean; count: number }> = []
  readonly #links: string[] = []

  text(text: string): void {
    if (this.#silent !== '') return
    const line = escape(decode(text).replaceAll(/[ \t\r\n\u00A0]+/g, ' '))
    this.#out += /(^|\n| )$/.test(this.#out) ? line.replace(/^ /, '') : line
  }

  open(name: string, attributes: string): void {
    if (this.#silent !== '') return
    if (silent.has(name)) {
      this.#silent = name
      this.lost.add(name)
    } else if (name === 'br') this.#out = `${this.#out.trimEnd()}  \n`
    else if (name === 'hr') this.#break('\n\n---\n\n')
    else if (name === 'img') this.#image(attributes)
    else if (/^h[1-6]$/.test(name)) this.#break(`\n\n${'#'.repeat(Number(name.charAt(1)))} `)
    else if (name === 'ul' || name === 'ol') this.#list(name === 'ol')
    else if (name === 'li') this.#entry()
    else if (name === 'a') this.#link(attributes)
    else if (name === 'blockquote') this.#break('\n\n> ')
    else if (name === 'summary') this.#break('\n\n**')
    else if (name === 'tr') this.#break('\n\n')
    else if (name === 'td' || name === 'th') this.#cell()
    else if (blocks.has(name)) this.#block(name)
    else if (marks.has(name)) this.#out += marks.get(name) ?? ''
    else if (!plain.has(name)) this.lost.add(name)
  }

  close(name: string): void {
    if (this.#silent !== '') {
      if (this.#silent === name) this.#silent = ''
      return
    }
    const mark = marks.get(name)
    if (mark !== undefined) this.#closeMark(mark)
    else if (name === 'a') this.#out += this.#links.pop() ?? ''
    else if (name === 'summary') this.#closeMark('**')
    else if (name === 'ul' || name === 'ol') {
      this.#lists.pop()
      this.#break(this.#lists.length > 0 ? '\n' : '\n\n')
    } else if (/^h[1-6]$/.test(name) || name === 'blockquote' || name === 'tr') this.#break('\n\n')
    else if (blocks.has(name)) this.#break(this.#lists.length > 0 ? ' ' : '\n\n')
  }

  result(): string {
    return this.#out
      .replaceAll(/\*\*\s*\*\*/g, '')
      .replaceAll(/[ \t]+\n/g, (end) => (end.startsWith('  ') ? '  \n' : '\n'))
      .replaceAll(/\n{3,}/g, '\n\n')
      .replaceAll(/(?: {2})?\n\n/g, '\n\n')
      .trim()
  }

  #break(text: string): void {
    this.#out = this.#out.replace(/[ \t]+$/, '') + text
  }

  #block(name: string): void {
    if (name === 'table' || name === 'fieldset') this.lost.add(name)
    if (this.#lists.length === 0) this.#break('\n\n')
  }

  #list(ordered: boolean): void {
    this.#break(this.#lists.length > 0 ? '\n' : '\n\n')
    this.#lists.push({ ordered, count: 0 })
  }

  #entry(): void {
    const list = this.#lists.at(-1) ?? { ordered: false, count: 0 }
    list.count += 1
    const indent = '   '.repeat(Math.max(0, this.#lists.length - 1))
    this.#out = `${this.#out.trimEnd()}\n${list.count === 1 && this.#lists.length <= 1 ? '\n' : ''}${indent}${list.ordered ? `${list.count}.` : '-'} `
  }

  #cell(): void {
    if (!/\n\s*$/.test(this.#out) && this.#out !== '') this.#out = `${this.#out.trimEnd()} – `
  }

  #image(attributes: string): void {
    this.lost.add('img')
    this.text(attribute(attributes, 'alt'))
  }

  #link(attributes: string): void {
    const href = attribute(attributes, 'href').trim()
    const safe = /^(https?:|mailto:|tel:)/i.test(href) && !/[\s<>()]/.test(href)
    if (!safe && href !== '') this.lost.add(`a (link to "${href.slice(0, 80)}")`)
    if (safe) this.#out += '['
    this.#links.push(safe ? `](${href})` : '')
  }

  #closeMark(mark: string): void {
    const inner = this.#out.trimEnd()
    const space = this.#out.slice(inner.length)
    this.#out = `${inner}${mark}${space}`
  }
}

function attribute(attributes: string, name: string): string {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes)
  return decode(match?.[1] ?? match?.[2] ?? match?.[3] ?? '')
}

function escape(text: string): string {
  return text.replaceAll(/[*`[\]\\]/g, (sign) => `\\${sign}`)
}

function decode(text: string): string {
  return text.replaceAll(/&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g, (whole, body: string) => {
    if (!body.startsWith('#')) return entities.get(body) ?? whole
    const code = /^#[xX]/.test(body) ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}
