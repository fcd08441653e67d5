import type { FastifyInstance } from 'fastify'
import { readFile } from 'node:fs/promises'
import type { City } from '../platform/city.ts'
import { encodingFor, makeReady, type ReadyBody } from '../platform/http/ready.ts'
import { buildStyles } from '../ui/styles.ts'
import type { View } from '../ui/index.ts'
import { addCrewAssets } from './crewassets.ts'
import { addMapAssets } from './mapassets.ts'

/** The style sheets, script and pictures, each under an address with its fingerprint. */
export type Assets = { readonly urls: View['assets']; readonly routes: (app: FastifyInstance) => void }

/** Makes the assets of a city ready for sending. */
export async function createAssets(city: City): Promise<Assets> {
  const { css, theme } = await buildStyles(city)
  const browser = (name: string): Promise<string> => readFile(new URL(`../ui/browser/${name}.js`, import.meta.url), 'utf8')
  const svg = city.logo ? coloured(city.logo, city.colour) : null
  const bodies = new Map<string, ReadyBody>()
  const add = (name: string, extension: string, type: string, text: string): string => {
    const ready = makeReady(type, text, 0)
    const path = `/assets/${name}-${ready.etag.slice(1, 11)}.${extension}`
    bodies.set(path, ready)
    return path
  }
  const urls = {
    css: add('stoa', 'css', 'text/css; charset=utf-8', css),
    theme: add('theme', 'css', 'text/css; charset=utf-8', theme),
    script: add('stoa', 'js', 'text/javascript; charset=utf-8', await browser('stoa')),
    passkeys: add('passkeys', 'js', 'text/javascript; charset=utf-8', await browser('passkeys')),
    map: await addMapAssets(add, browser),
    ...(await addCrewAssets(add, browser)),
    logo: svg ? add('logo', 'svg', 'image/svg+xml; charset=utf-8', svg) : null,
    icon: add(
      'icon',
      'svg',
      'image/svg+xml; charset=utf-8',
      svg ?? '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>',
    ),
  }
  return {
    urls,
    routes(app) {
      for (const [path, ready] of bodies) {
        app.get(path, { config: { access: 'public' } }, (request, reply) => {
          const { body, encoding } = encodingFor(ready, request.headers['accept-encoding'])
          if (encoding) void reply.header('content-encoding', encoding)
          return reply
            .header('cache-control', 'public, max-age=31536000, immutable')
            .header('vary', 'accept-encoding')
            .type(ready.type)
            .send(body)
        })
      }
      app.get('/favicon.ico', { config: { access: 'public' } }, (_request, reply) => reply.redirect(urls.icon, 302))
      app.get('/robots.txt', { config: { access: 'public' } }, (_request, reply) =>
        reply
          .type('text/plain; charset=utf-8')
          .send('User-agent: *\nDisallow: /apply/\nDisallow: /cases/\nDisallow: /officer\nDisallow: /my\n'),
      )
    },
  }
}

/** An image has no text colour to take: `currentColor` becomes the city's own. */
function coloured(svg: string, colour: string): string {
  return svg.replaceAll('currentColor', colour)
}
