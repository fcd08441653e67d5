import { direction } from '../../../kernel/text.ts'
import { createTypesetter, readMarkdown } from '../../cases/index.ts'
import { qrSquare } from '../../../platform/qr.ts'

/** A fact on a sheet; `code` is drawn as it stands, left to right (references, account numbers). */
export type SheetFact = { readonly label: string; readonly value: string; readonly code?: boolean }

/** A bill, reminder or receipt, in words that are ready to be read. `lead` and the sections' bodies are Markdown. */
export type Sheet = {
  readonly language: string
  readonly city: string
  readonly agency: string
  readonly agencyAddress: string
  /** The city's hex colour, and its emblem as SVG. */
  readonly colour: string
  readonly logo: string | null
  readonly title: string
  readonly recipient: { readonly name: string; readonly lines: readonly string[] } | null
  readonly reference: string
  readonly date: string
  readonly facts: readonly SheetFact[]
  readonly lead: string
  /** What it is made of, and what that comes to. */
  readonly lines: {
    readonly what: string
    readonly amount: string
    readonly rows: ReadonlyArray<{ readonly title: string; readonly note: string | null; readonly amount: string }>
    readonly sums: ReadonlyArray<{ readonly title: string; readonly amount: string }>
  } | null
  /** How to pay by transfer; `code` is the text of the EPC QR code, null for a currency that has none. */
  readonly pay: {
    readonly title: string
    readonly text: string
    readonly rows: readonly SheetFact[]
    readonly code: string | null
    /** What the code is, for who does not see it; and what is said below it. */
    readonly alt: string
    readonly scan: string
  } | null
  readonly sections: ReadonlyArray<{ readonly title: string; readonly body: string }>
  readonly watermark: string | null
  /** The sheet's own small words; `page` holds `{n}` and `{m}`. */
  readonly words: { readonly page: string; readonly reference: string; readonly date: string }
}

/** Makes sheets into PDF. */
export type SheetRenderer = {
  /** The sheet as a tagged PDF that keeps PDF/UA-1; one with a script that no font here has is tagged but keeps no standard. */
  render(sheet: Sheet): Uint8Array
  /** Several sheets one after another in one PDF, each with its own page numbers, as `render` makes one. */
  renderAll(sheets: readonly Sheet[]): Uint8Array
}

/** A renderer with a compiler of its own, which is made when the first sheet comes. */
export function createSheetRenderer(): SheetRenderer {
  const typesetter = createTypesetter(new URL('sheet.typ', import.meta.url), 'data')
  const renderAll = (sheets: readonly Sheet[]): Uint8Array => typesetter.set({ sheets: sheets.map(dataOf) })
  return { render: (sheet) => renderAll([sheet]), renderAll }
}

function dataOf(sheet: Sheet): Record<string, unknown> {
  const { language, lead, sections, pay, facts, ...rest } = sheet
  return {
    ...rest,
    lang: language.split('-')[0],
    rtl: direction(language) === 'rtl',
    facts: facts.map(factOf),
    lead: readMarkdown(lead),
    sections: sections.map((each) => ({ title: each.title, body: readMarkdown(each.body) })),
    pay: pay && { ...pay, rows: pay.rows.map(factOf), qr: pay.code === null ? null : epcSquare(pay.code) },
    // Typst has no surrounding text whose colour could be taken
    logo: sheet.logo?.replaceAll('currentColor', sheet.colour) ?? null,
  }
}

const factOf = (fact: SheetFact): Required<SheetFact> => ({ ...fact, code: fact.code ?? false })

/** The EPC QR code of a text as SVG: error correction level M, as the guidelines ask (EPC069-12, 3.3). */
export function epcSquare(text: string): string {
  return qrSquare(text, 2)
}
