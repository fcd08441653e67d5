import { escape } from './html.ts'

/**
 * What was typed into a drawn page, taken along when it is drawn again. Quotes and angle brackets in texts and values are
 * escaped, so what looks like a tag here is one.
 */

/** The form of a page that its language buttons take along. */
export type TypedForm = {
  /** The page's main part, in which the form has its id. */
  readonly main: string
  readonly id: string
  /** Where the form is sent to, as its tag says; empty when it does not. */
  readonly action: string
  /** What the form's first control that sends it would send, which Enter in a field presses. */
  readonly enter: {
    readonly name: string | null
    readonly value: string | null
    readonly formaction: string | null
    readonly formnovalidate: boolean
  }
}

/** What a form sent: each name with its values in order. */
type Typed = { readonly action: string; readonly fields: ReadonlyMap<string, readonly string[]> }

type Form = { readonly at: number; readonly tag: string; readonly inner: string }

const FORM_ID = 'st-typed'
/** Kinds of inputs that nobody types into, or that are on no page again. */
const UNTYPED = new Set(['hidden', 'password', 'file', 'submit', 'button', 'image', 'reset'])

/** The form in which most is typed: the first with a long text, else with a short one, else with a choice; null without any. */
export function typedForm(main: string): TypedForm | null {
  const forms = formsOf(main)
  const form =
    forms.find(({ inner }) => inner.includes('<textarea')) ??
    forms.find(({ inner }) => inputs(inner).some((tag) => !/^(checkbox|radio)$/.test(kindOf(tag)))) ??
    forms.find(({ inner }) => inner.includes('<select') || inputs(inner).length > 0)
  if (!form) return null
  const known = attribute(form.tag, 'id')
  const tag = known === null ? form.tag.replace('<form', `<form id="${FORM_ID}"`) : form.tag
  const first = [...form.inner.matchAll(/<(?:button|input)\b[^>]*>/g)].map(([each]) => each).find(sends)
  const of = (name: string): string | null => (first === undefined ? null : attribute(first, name))
  // a picture sends where it was pressed: Enter in a field has pressed nowhere
  const pressed = first !== undefined && kindOf(first) !== 'image'
  return {
    main: main.slice(0, form.at) + tag + main.slice(form.at + form.tag.length),
    id: known ?? FORM_ID,
    action: attribute(form.tag, 'action') ?? '',
    enter: {
      name: pressed ? of('name') : null,
      value: pressed ? of('value') : null,
      formaction: of('formaction'),
      formnovalidate: of('formnovalidate') !== null,
    },
  }
}

/** A page with what was typed in its form of that address, which is in sight then; the page as it is when it has none. */
export function withTyped(page: string, typed: Typed): string {
  const fits = ({ inner }: Form): number =>
    [...inner.matchAll(/<input\b[^>]*>/g)].filter(
      ([tag]) => kindOf(tag) === 'hidden' && typed.fields.get(attribute(tag, 'name') ?? '')?.includes(attribute(tag, 'value') ?? ''),
    ).length
  // several forms may go to one address: what the page put into them tells them apart
  const form = formsOf(page)
    .filter(({ tag }) => (attribute(tag, 'action') ?? '') === typed.action)
    .toSorted((a, b) => fits(b) - fits(a))[0]
  if (!form) return page
  const begin = form.at + form.tag.length
  return inSight(page.slice(0, form.at)) + form.tag + filled(form.inner, typed.fields) + page.slice(begin + form.inner.length)
}

function formsOf(page: string): Form[] {
  return [...page.matchAll(/(<form\b[^>]*>)([^]*?)<\/form>/g)]
    .map(({ index, 1: tag = '', 2: inner = '' }) => ({ at: index, tag, inner }))
    .filter(({ tag }) => attribute(tag, 'method')?.toLowerCase() === 'post')
}

function inputs(inner: string): string[] {
  return [...inner.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag).filter((tag) => !UNTYPED.has(kindOf(tag)))
}

/** Whether a button or input sends its form. */
function sends(tag: string): boolean {
  const kind = attribute(tag, 'type')?.toLowerCase() ?? (tag.startsWith('<button') ? 'submit' : 'text')
  return kind === 'submit' || kind === 'image'
}

const kindOf = (tag: string): string => attribute(tag, 'type')?.toLowerCase() ?? 'text'

/** The value of an attribute of a tag; null when it is not there. */
function attribute(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}(?:="([^"]*)")?(?=[\\s/>])`).exec(tag)
  return value === null
    ? null
    : (value[1] ?? '').replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&')
}

function filled(inner: string, fields: Typed['fields']): string {
  const left = new Map([...fields].map(([name, values]) => [name, [...values]]))
  return inner
    .replaceAll(/(<textarea\b[^>]*>)[^]*?<\/textarea>/g, (whole, tag: string) => {
      const text = left.get(attribute(tag, 'name') ?? '')?.shift()
      return text === undefined ? whole : `${tag}\n${escape(text)}</textarea>`
    })
    .replaceAll(/(<select\b[^>]*>)([^]*?)<\/select>/g, (whole, tag: string, options: string) => {
      const chosen = fields.get(attribute(tag, 'name') ?? '')
      if (chosen === undefined) return whole
      return `${tag}${options.replaceAll(/<option\b[^>]*>/g, (each) => marked(each, 'selected', chosen.includes(attribute(each, 'value') ?? '')))}</select>`
    })
    .replaceAll(/<input\b[^>]*>/g, (tag) => {
      const [kind, name] = [kindOf(tag), attribute(tag, 'name') ?? '']
      if (UNTYPED.has(kind)) return tag
      if (kind === 'checkbox' || kind === 'radio')
        return marked(tag, 'checked', fields.get(name)?.includes(attribute(tag, 'value') ?? 'on') ?? false)
      const text = left.get(name)?.shift()
      return text === undefined ? tag : tag.replace(/\svalue="[^"]*"/, '').replace('<input', () => `<input value="${escape(text)}"`)
    })
}

function marked(tag: string, mark: 'checked' | 'selected', on: boolean): string {
  const plain = tag.replace(new RegExp(`\\s${mark}(="[^"]*")?(?=[\\s/>])`), '')
  return on ? plain.replace(/^<\w+/, (name) => `${name} ${mark}`) : plain
}

/** What comes before the form, with everything that folds away around it unfolded. */
function inSight(before: string): string {
  const around: number[] = []
  for (const { index, 0: tag } of before.matchAll(/<details\b[^>]*>|<\/details>/g)) {
    if (tag.startsWith('</')) around.pop()
    else if (attribute(tag, 'open') === null) around.push(index + '<details'.length)
    else around.push(-1)
  }
  return around.filter((at) => at >= 0).reduceRight((text, at) => `${text.slice(0, at)} open${text.slice(at)}`, before)
}
