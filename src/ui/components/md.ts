import MarkdownIt from 'markdown-it'
import { html, trusted, type Html } from '../html.ts'

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable('image')

/** Markdown as HTML: no HTML of its own, no images, headings at level 2 and below. */
export function md(text: string): Html {
  const tokens = markdown.parse(text, {})
  for (const token of tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue
    token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`
  }
  return html`<div class="st-flow">${trusted(markdown.renderer.render(tokens, markdown.options, {}))}</div>`
}
