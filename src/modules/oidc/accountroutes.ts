import { type RouteModule, formOf, seeOther, textOf } from '../../platform/http/routes.ts'
import { visitOf } from '../identity/index.ts'
import { endAccess, givenAccess } from './grants.ts'
import type { OidcParts } from './parts.ts'
import { accessPage } from './views.ts'

const signedIn = { config: { access: 'signed-in' } } as const
const PATH = '/account/apps'

/** Where people see which applications have access, and end it. */
export function accountRoutes({ platform, pages }: OidcParts): RouteModule {
  return (app) => {
    app.get(PATH, signedIn, async (request, reply) => {
      const apps = await givenAccess(platform, visitOf(platform, request).actor)
      return pages.send(request, reply, accessPage(pages.view(request), apps, textOf(request.query, 'ended') !== null))
    })
    app.post(`${PATH}/end`, signedIn, async (request, reply) => {
      await endAccess(platform, visitOf(platform, request).actor, textOf(formOf(request), 'app') ?? '')
      return seeOther(reply, `${PATH}?ended=1`)
    })
  }
}
