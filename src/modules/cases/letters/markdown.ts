import MarkdownIt from 'markdown-it'

/** A piece of a line. */
export type Inline = { t: 'text'; v: string } | { t: 'strong' | 'emph'; c: Inline[] } | { t: 'break' }

/** A piece of a letter's body, as the letter's Typst file draws it. */
export type Block =
  | { t: 'heading'; level: number; c: Inline[] }
  | { t: 'para'; c: Inline[] }
  | { t: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { t: 'quote'; c: Block[] }
  | { t: 'table'; columns: number; head: Inline[][]; cells: Inline[][] }
  | { t: 'rule' }

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number]

/**
 * Reads the Markdown of letters: headings, paragraphs, lists, quotes, tables, bold and emphasis. All else is text as
 * it stands. Headings begin at level 2 and never skip one, as PDF/UA asks, because the letter's title is level 1.
 */
export function readMarkdown(text: string): Block[] {
  const reader = new MarkdownIt({ html: false, linkify: false, typographer: false })
  const tokens = reader.disable(['image', 'code', 'fence', 'backticks', 'autolink', 'reference']).parse(text, {})
  return tidyHeadings(new Reader(tokens).blocks())
}

/** Typed words as Markdown that reads as exactly these words. Line breaks stay; empty lines part paragraphs. */
export function escapeMarkdown(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim().replaceAll(/[!-/:-@[-`{-~]/g, '\\$&'))
    .join('\n')
    .replaceAll(/\n{2,}/g, '\n\n')
    .replaceAll(/(?<!\n)\n(?!\n)/g, '\\\n')
}

/** The plain words of a line. */
export function plainText(nodes: readonly Inline[]): string {
  return nodes.map((node) => ('v' in node ? node.v : 'c' in node ? plainText(node.c) : ' ')).join('')
}

class Reader {
  readonly tokens: readonly Token[]
  at = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  /** Blocks up to the closing token of this level, which is taken too. */
  blocks(): Block[] {
    const found: Block[] = []
    for (let token = this.next(); token && token.nesting !== -1; token = this.next()) {
      const block = this.block(token)
      if (block) found.push(block)
    }
    return found
  }

  next(): Token | undefined {
    const token = this.tokens[this.at]
    this.at += 1
    return token
  }

  block(token: Token): Block | null {
    switch (token.type) {
      case 'heading_open':
        return { t: 'heading', level: Number(token.tag.slice(1)), c: this.line() }
      case 'paragraph_open':
        return { t: 'para', c: this.line() }
      case 'bullet_list_open':
        return { t: 'list', ordered: false, start: 1, items: this.items() }
      case 'ordered_list_open':
        return { t: 'list', ordered: true, start: Number(token.attrGet('start') ?? 1), items: this.items() }
      case 'blockquote_open':
        return { t: 'quote', c: this.blocks() }
      case 'table_open':
        return this.table()
      case 'hr':
        return { t: 'rule' }
      default:
        return null
    }
  }

  line(): Inline[] {
    const inline = this.next()
    this.next()
    return readInline(inline?.children ?? [])
  }

  items(): Block[][] {
    const items: Block[][] = []
    while (this.next()?.type === 'list_item_open') items.push(this.blocks())
    return items
  }

  table(): Block {
    const head: Inline[][] = []
    const cells: Inline[][] = []
    for (let token = this.next(); token && token.type !== 'table_close'; token = this.next()) {
      if (token.type === 'th_open') head.push(this.line())
      if (token.type === 'td_open') cells.push(this.line())
    }
    return { t: 'table', columns: Math.max(1, head.length), head, cells }
  }
}

function readInline(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = []
  const open: Inline[][] = [root]
  const links: string[] = []
  const add = (node: Inline): void => void open.at(-1)?.push(node)
  for (const token of tokens) {
    if (token.type === 'strong_open' || token.type === 'em_open') {
      const c: Inline[] = []
      add({ t: token.type === 'em_open' ? 'emph' : 'strong', c })
      open.push(c)
    } else if (token.type === 'strong_close' || token.type === 'em_close') open.pop()
    else if (token.type === 'hardbreak') add({ t: 'break' })
    else if (token.type === 'softbreak') add({ t: 'text', v: ' ' })
    else if (token.type === 'link_open') links.push(String(token.attrGet('href') ?? ''))
    // paper has no links: the address stands beside its words
    else if (token.type === 'link_close') add({ t: 'text', v: ` (${links.pop() ?? ''})` })
    else if (token.content !== '') add({ t: 'text', v: token.content })
  }
  return root
}

function tidyHeadings(blocks: readonly Block[]): Block[] {
  let last = 1
  return blocks.map((block, index) => {
    if (block.t !== 'heading' || (index === 0 && block.level === 1)) return block
    last = Math.min(Math.max(2, block.level), last + 1)
    return { ...block, level: last }
  })
}
