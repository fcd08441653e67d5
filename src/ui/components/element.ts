import { escape, safeUrl, trusted, type Content, type Html, html } from '../html.ts'

/** Values of attributes: true is the bare attribute; null, undefined and false leave it out. */
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

const VOID = new Set(['input', 'img', 'link', 'meta', 'br', 'hr'])
const URLS = new Set(['href', 'src', 'action', 'formaction'])

/** One element whose attributes may be absent; values are escaped and URLs checked as the templates do. */
export function element(name: string, attributes: Attributes, content?: Content): Html {
  let open = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (!/^[a-z][a-z0-9-]*$/.test(key) || key.startsWith('on') || key === 'style') throw new TypeError(`attribute ${key} is refused`)
    if (value === null || value === undefined || value === false) continue
    if (value === true) open += ` ${key}`
    else open += ` ${key}="${escape(URLS.has(key) ? safeUrl(String(value)) : String(value))}"`
  }
  if (VOID.has(name)) return trusted(`${open}>`)
  return trusted(`${open}>${html`${content}`.text}</${name}>`)
}
