import { notFound } from '../../kernel/problem.ts'
import { type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { pathOf } from '../../platform/http/visit.ts'
import { rowTitle } from '../fields/index.ts'
import { speakAlso } from '../identity/index.ts'
import { MOST_ROWS } from '../servicefile/index.ts'
import { keepUnseen, readPagePost, rowPost, rowsOf } from './pagepost.ts'
import { groupOf, journeyActor, type JourneyParts, keepOwn, openFor, pageOf, switchLanguage } from './visitor.ts'
import { openJourney } from './service.ts'
import { isOwnerAway } from './tokens.ts'
import { FORM, rowOf, rowPage } from './views/question.ts'

type RowParams = { Params: { id: string; page: string; group: string; row: string } }

/** The pages of one row of a repeating group. */
export function rowRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const path = '/apply/:id/p/:page/:group/:row'
  return (app) => {
    app.get<RowParams>(path, { config: { access: 'public' } }, async (request, reply) => {
      const opened = await openFor(parts, request)
      keepOwn(parts, request, reply, opened)
      const page = pageOf(opened, request.params.page)
      const group = groupOf(page, request.params.group)
      const row = rowNumber(request.params.row, rowsOf(opened.answers[group.id]).length)
      const view = pages.view(request)
      const from = textOf(request.query, 'from') === 'check' ? 'check' : null
      // there is no room for it: the page of the group says so
      if (row >= (group.max_rows ?? MOST_ROWS))
        return seeOther(reply, `/apply/${opened.journey.id}/p/${page.id}${from ? '?from=check' : ''}`)
      const main = rowPage(view, opened, page, group, row, { typed: rowOf(opened.answers[group.id], row), issues: [], from })
      const back = { href: `/apply/${opened.journey.id}/p/${page.id}${from ? '?from=check' : ''}` }
      return pages.send(request, reply, { title: rowTitle(view, group, row), main, back, formId: FORM })
    })
    app.post<RowParams>(path, { config: { access: 'public' } }, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const { id, page: pageId, group: groupId } = request.params
      const definition = (await openJourney(house, actor, id)).service.definition
      const page = definition.form.pages.find((each) => each.id === pageId)
      if (!page) throw notFound('page')
      const group = groupOf(page, groupId)
      const row = rowNumber(request.params.row, MOST_ROWS)
      const post = await readPagePost(house.platform, request)
      const result = await rowPost(house, actor, id, page, group, row, post)
      if (post.language !== null && result.kind === 'go')
        return switchLanguage(parts, request, reply, actor, post.language, `/apply/${id}/p/${pageId}/${groupId}/${row}`)
      if (result.kind === 'go') return seeOther(reply, result.path)
      if (isOwnerAway(actor, result.opened.journey)) return seeOther(reply, await keepUnseen(house, actor, result, pathOf(request)))
      speakAlso(house.platform, request, definition.languages)
      const view = pages.view(request)
      const main = rowPage(view, result.opened, page, group, row, {
        typed: rowOf(result.opened.answers[group.id], row),
        issues: result.issues,
        from: post.from,
      })
      return pages.send(
        request,
        reply,
        { title: rowTitle(view, group, row), main, back: { href: `/apply/${id}/p/${pageId}` }, formId: FORM, errors: result.issues.length },
        422,
      )
    })
  }
}

function rowNumber(text: string, most: number): number {
  const row = /^\d{1,2}$/.test(text) ? Number(text) : -1
  if (row < 0 || row > most) throw notFound('page')
  return row
}
