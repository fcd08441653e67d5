import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { readMarkdown } from './markdown.ts'
import { qrSquare } from '../../../platform/qr.ts'

/** A letter, in words that are ready to be read; `body` is Markdown (see `readMarkdown`). */
export type Letter = {
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  readonly city: string
  readonly agency: string
  readonly agencyAddress: string
  readonly title: string
  readonly recipient: { readonly name: string; readonly lines: readonly string[] } | null
  readonly reference: string
  readonly date: string
  readonly body: string
  readonly facts: ReadonlyArray<{ readonly label: string; readonly value: string }>
  /** Where and with which code anybody can ask whether the letter is genuine; null for what nobody else has to trust. */
  readonly check: { readonly url: string; readonly code: string; readonly text: string } | null
  /** The city's hex colour. */
  readonly colour: string
  /** The city's emblem as SVG. */
  readonly logo: string | null
  /** A word across every page, such as "Preview"; null on real letters. */
  readonly watermark: string | null
  /** The letter's own small words; `page` holds `{n}` and `{m}`. */
  readonly words: { readonly page: string; readonly qr: string; readonly reference: string; readonly date: string }
}

/** Makes letters into PDF. */
export type LetterRenderer = {
  /** The letter as a tagged PDF that keeps PDF/UA-1; one with a script that no font here has is tagged but keeps no standard. */
  render(letter: Letter): Uint8Array
}

/** How many renderings the compiler's memory of earlier ones lives. */
const CACHE_AGE = 5

/** A renderer with a compiler of its own, which is made when the first letter comes. */
export function createLetterRenderer(): LetterRenderer {
  const sheets = createTypesetter(new URL('letter.typ', import.meta.url), 'letter')
  return { render: (letter) => sheets.set(dataOf(letter)) }
}

/** Sets data on a sheet of its own as PDF. */
export type Typesetter = {
  /** A tagged PDF that keeps PDF/UA-1; one with a script that no font here has is tagged but keeps no standard. */
  set(data: Readonly<Record<string, unknown>>): Uint8Array
}

/**
 * A typesetter for one template, which reads its data as JSON from the input of this name. Its compiler is made when the
 * first sheet comes.
 */
export function createTypesetter(template: URL, input: string): Typesetter {
  let ready: { compiler: NodeCompiler; source: string } | null = null
  return {
    set(data) {
      ready ??= {
        compiler: NodeCompiler.create({ fontArgs: [{ fontPaths: fontFolders() }] }),
        source: readFileSync(template, 'utf8'),
      }
      try {
        return pdfOf(ready.compiler, { mainFileContent: ready.source, inputs: { [input]: JSON.stringify(data) } })
      } finally {
        ready.compiler.evictCache(CACHE_AGE)
      }
    },
  }
}

type Source = { mainFileContent: string; inputs: Record<string, string> }

function pdfOf(compiler: NodeCompiler, source: Source): Uint8Array {
  for (const options of [{ pdfStandard: 'ua-1' }, {}]) {
    try {
      return new Uint8Array(compiler.pdf(source, options))
    } catch {
      // Typst's words quote the letter, and what is thrown here is written to the log of jobs
    }
  }
  throw new Error('A letter could not be set.')
}

function dataOf(letter: Letter): Record<string, unknown> {
  const blocks = readMarkdown(letter.body)
  const first = blocks[0]
  const titled = first?.t === 'heading' && first.level === 1
  const { language, direction, ...rest } = letter
  return {
    ...rest,
    lang: language.split('-')[0],
    rtl: direction === 'rtl',
    heading: titled ? first.c : [{ t: 'text', v: letter.title }],
    body: titled ? blocks.slice(1) : blocks,
    // Typst has no surrounding text whose colour could be taken
    logo: letter.logo?.replaceAll('currentColor', letter.colour) ?? null,
    qr: letter.check && qrSquare(letter.check.url),
  }
}

function fontFolders(): string[] {
  const folder = (name: string): string => dirname(fileURLToPath(import.meta.resolve(`@expo-google-fonts/${name}/package.json`)))
  const [latin, arabic] = [folder('noto-sans'), folder('noto-sans-arabic')]
  const styles = ['400Regular', '700Bold', '400Regular_Italic', '700Bold_Italic'].map((style) => join(latin, style))
  return [...styles, join(arabic, '400Regular'), join(arabic, '700Bold')]
}
