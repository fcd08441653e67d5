import { type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import { confirmFollower, isAsked } from './acts.ts'
import { comeTo, type PageParts, type ReportRoute } from './come.ts'
import { reportPath } from './paths.ts'
import { confirmPage } from './views/acts.ts'
import { categoryWords } from './views/words.ts'

const ASKED_COOKIE = 'stoa_report_asked'
const open = { config: { access: 'public' } } as const

/**
 * The link of the mail that asks whether an address wants to hear of a report. Opening it changes nothing, because mail
 * programs open links by themselves; the button does.
 */
export function confirmRoutes({ board, pages }: PageParts): RouteModule {
  return (app) => {
    app.get<ReportRoute>('/reports/:reference/follow', open, async (request, reply) => {
      const { report } = await comeTo(board, request)
      const path = `${reportPath(report)}/follow`
      const given = textOf(request.query, 'c')
      if (given !== null) {
        const https = board.platform.publicOrigin.startsWith('https:')
        if (/^[\w-]{10,60}$/.test(given)) appendCookie(reply, cookie(ASKED_COOKIE, given, { https, path, maxAge: 3_600 }))
        return seeOther(reply, path)
      }
      const code = cookieOf(request, ASKED_COOKIE)
      if (code === null || !(await isAsked(board, report, code))) return seeOther(reply, `${reportPath(report)}?done=link`)
      const view = pages.view(request)
      const main = confirmPage(view, report, categoryWords(view, board, report.category))
      return pages.send(request, reply, { title: view.t('reports.page.confirm.title'), main })
    })
    app.post<ReportRoute>('/reports/:reference/follow/confirm', open, async (request, reply) => {
      const { report } = await comeTo(board, request)
      const code = cookieOf(request, ASKED_COOKIE)
      if (code === null || !(await isAsked(board, report, code))) return seeOther(reply, `${reportPath(report)}?done=link`)
      await confirmFollower(board, report, code)
      return seeOther(reply, `${reportPath(report)}?done=following`)
    })
  }
}
