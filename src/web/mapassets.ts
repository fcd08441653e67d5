import { readFile } from 'node:fs/promises'

/** Adds one asset and gives its address. */
export type AddAsset = (name: string, extension: string, type: string, text: string) => string

const SCRIPT = 'text/javascript; charset=utf-8'

/**
 * Adds the scripts of maps and gives the address of the first, which is all that a page loads until a map is near. In
 * a script the text `asset:NAME`, or the file beside it that it imports, stands for the address of that part.
 */
export async function addMapAssets(add: AddAsset, browser: (name: string) => Promise<string>): Promise<string> {
  const known = new Map<string, string>()
  const [leaflet, style, protomaps] = await Promise.all([leafletScript(), leafletStyle(), protomapsScript()])
  known.set('leaflet.js', add('leaflet', 'js', SCRIPT, leaflet))
  known.set('leaflet.css', add('leaflet', 'css', 'text/css; charset=utf-8', style))
  known.set('protomaps.js', add('protomaps', 'js', SCRIPT, protomaps))
  for (const name of ['mapbase', 'mappick', 'mapthings', 'mapdrawing', 'map']) {
    const text = (await browser(name)).replaceAll(
      /'(?:asset:([\w.]+)|\.\/(\w+)\.js)'/g,
      (_, asset: string | undefined, file: string | undefined) => {
        const part = asset ?? file ?? ''
        const address = known.get(part)
        if (address === undefined) throw new Error(`${name}.js asks for ${part}, which is no part of the map`)
        return `'${address}'`
      },
    )
    known.set(name, add(name, 'js', SCRIPT, text))
  }
  return known.get('map') ?? ''
}

/**
 * Leaflet as it is shipped, but for one line: when it starts it writes HTML to find out whether the browser knows SVG in
 * HTML, which every browser with modules does, and which Trusted Types forbid.
 */
async function leafletScript(): Promise<string> {
  const text = await readFile(new URL(import.meta.resolve('leaflet/dist/leaflet.js')), 'utf8')
  const asked =
    /\(\((\w+)=document\.createElement\("div"\)\)\.innerHTML="<svg\/>","http:\/\/www\.w3\.org\/2000\/svg"===\(\1\.firstChild&&\1\.firstChild\.namespaceURI\)\)/
  if (!asked.test(text)) throw new Error('this Leaflet does not ask about SVG as 1.9.4 does: look at it anew')
  return withoutSourceMap(text.replace(asked, '!0'))
}

/** Leaflet's own style below ours, without the pictures of controls that we do not use. */
async function leafletStyle(): Promise<string> {
  const text = await readFile(new URL(import.meta.resolve('leaflet/dist/leaflet.css')), 'utf8')
  return `@layer ds.components{${text.replaceAll(/url\([^)]*\)/g, 'none')}}`
}

/** protomaps-leaflet, which is a script with a global, as a module with a default. */
async function protomapsScript(): Promise<string> {
  const folder = new URL('.', import.meta.resolve('protomaps-leaflet/package.json'))
  const text = await readFile(new URL('dist/protomaps-leaflet.js', folder), 'utf8')
  return `${withoutSourceMap(text)}\nexport default protomapsL\n`
}

function withoutSourceMap(text: string): string {
  return text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n')
}
