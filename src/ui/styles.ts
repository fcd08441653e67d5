import { readFile } from 'node:fs/promises'
import type { City } from '../platform/city.ts'
import { themeCss } from './theme.ts'

/** The parts of the design system that our pages use, in its own order, with their layer. */
const PARTS = [
  ['base', 'ds.base'],
  ['skip-link', 'ds.components'],
  ['button', 'ds.components'],
  ['alert', 'ds.components'],
  ['tag', 'ds.components'],
  ['link', 'ds.components'],
  ['input', 'ds.components'],
  ['field', 'ds.components'],
  ['fieldset', 'ds.components'],
  ['error-summary', 'ds.components'],
] as const

/** Our own sheets; the first begins with the order of the layers. */
const OWN = ['stoa', 'components', 'forms', 'states', 'map', 'reports', 'crew', 'triage'] as const

/** The style sheets of a city: `css` is the same for every city, `theme` holds its colours for light and dark. */
export async function buildStyles(city: City): Promise<{ css: string; theme: string }> {
  const own = await Promise.all(OWN.map(async (name) => minifyCss(await readFile(new URL(`styles/${name}.css`, import.meta.url), 'utf8'))))
  const parts = await Promise.all(
    PARTS.map(
      async ([name, layer]) =>
        `@layer ${layer}{${minifyCss(await readFile(new URL(import.meta.resolve(`@digdir/designsystemet-css/${name}.css`)), 'utf8'))}}`,
    ),
  )
  return { css: [...own, ...parts].join('\n'), theme: themeCss(city.colour) }
}

/** CSS without comments and needless white space; strings stay as they are. */
export function minifyCss(css: string): string {
  return css
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replaceAll(/\/\*[\s\S]*?\*\//g, '')
            .replaceAll(/\s+/g, ' ')
            .replaceAll(/ ?([{};,]) ?/g, '$1')
            .replaceAll(/: (?=[^{}]*[;}])/g, ':')
            .replaceAll(';}', '}'),
    )
    .join('')
    .trim()
}
