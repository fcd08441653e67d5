import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { faultCode } from '../../../platform/http/parts.ts'
import { type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { readForm, shownLocale } from '../../fields/index.ts'
import { addPhoto, type Draft, dropPhoto, keepWords, photosOfDraft } from './draft.ts'
import { pacePhoto } from './pace.ts'
import { categoryOf, describe, type Described } from './steps.ts'
import { describePage } from './views/describe.ts'
import { FORM } from './views/frame.ts'
import { at } from './what.ts'
import { type AskParts, draftOf, goOn, type Posted, readPost, switchLanguage } from './writer.ts'

const PATH = '/reports/new/describe'

/** Words, the category's questions and photos. What was sent is kept, right or not, so that an error loses nothing. */
export function describeRoutes(parts: AskParts): RouteModule {
  return (app) => {
    app.get(PATH, { config: { access: 'public' } }, (request, reply) =>
      at(parts, request, reply, 'describe', (draft) => show(parts, request, reply, draft, null, null)),
    )
    app.post(PATH, { config: { access: 'public', upload: true } }, async (request, reply) => {
      const post = await readPost(request)
      const draft = await draftOf(parts, request)
      if (!draft) return seeOther(reply, '/reports/new')
      const category = categoryOf(parts.board.categories, draft)
      if (!category) return seeOther(reply, '/reports/new/what')
      const kept = await keepTyped(parts, draft, post, request.visit?.language)
      const photos = await keepPhotos(parts, kept, post, request.ip)
      const switched = switchLanguage(parts, reply, post.body, PATH)
      if (switched) return switched
      if (textOf(post.body, '_remove_photo') !== null) return seeOther(reply, `${PATH}#photos`)
      const now = describe(parts.board.categories, category, photos.draft.words, today(parts.board.platform))
      const shownBefore = new Set((textOf(post.body, '_shown') ?? '').split(' '))
      const asked = now.issues.filter((issue) => issue.code !== 'missing' || shownBefore.has(issue.question))
      // questions that an answer has just brought up are asked before anything is called wrong
      if (asked.length === 0 && now.issues.length > 0 && now.fault === null && photos.fault === null) return seeOther(reply, PATH)
      if (now.issues.length > 0 || now.fault !== null || photos.fault !== null)
        return show(parts, request, reply, photos.draft, { issues: asked, fault: now.fault }, photos.fault)
      return goOn(parts, reply, photos.draft)
    })
  }
}

async function keepTyped({ board }: AskParts, draft: Draft, { body }: Posted, asked: string | undefined): Promise<Draft> {
  const tags = board.platform.city.languages.map(({ tag }) => tag)
  const form = board.categories.form(draft.category ?? '')
  const shown = (textOf(body, '_shown') ?? '').split(' ')
  const questions = (form?.definition.form.pages[0]?.questions ?? []).filter((question) => shown.includes(question.id))
  const typed = readForm(questions, body, '', board.platform.city.currency, shownLocale(body, tags, asked))
  return keepWords(board.platform, draft, {
    text: cleanText(textOf(body, 'text') ?? '').slice(0, 10_000),
    answers: { ...draft.words.answers, ...typed },
  })
}

/** Keeps what photos can be kept; says what was wrong with the first that cannot. */
async function keepPhotos({ board }: AskParts, draft: Draft, post: Posted, ip: string): Promise<{ draft: Draft; fault: string | null }> {
  let kept = draft
  let fault = faultCode(post.fault, ['photos'])
  const remove = textOf(post.body, '_remove_photo')
  if (remove !== null) kept = await dropPhoto(board.platform, kept, remove)
  for (const file of post.files.filter((each) => each.field === 'photos')) {
    await pacePhoto(board.platform, ip)
    try {
      kept = await addPhoto(board.platform, kept, file)
    } catch (error) {
      if (!(error instanceof Problem) || !error.code.startsWith('upload.')) throw error
      fault ??= error.code
      if (error.code === 'upload.too-many') break
    }
  }
  return { draft: kept, fault }
}

async function show(
  { board, pages }: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: Draft,
  wrong: Pick<Described, 'issues' | 'fault'> | null,
  photoFault: string | null,
): Promise<FastifyReply> {
  const category = categoryOf(board.categories, draft)
  if (!category) return seeOther(reply, '/reports/new/what')
  const view = pages.view(request)
  const { questions } = describe(board.categories, category, draft.words, today(board.platform))
  const main = describePage(view, {
    category,
    words: draft.words,
    photos: await photosOfDraft(board.platform, draft),
    wrong,
    photoFault: photoFault === null ? null : view.t(photoFault === 'upload.type' ? 'reports.ask.photos.type' : `problem.${photoFault}`),
    questions,
  })
  const errors = (wrong?.issues.length ?? 0) + (wrong?.fault ? 1 : 0) + (photoFault ? 1 : 0)
  const page = { title: view.t('reports.ask.describe.title'), main, back: { href: '/reports/new/what' }, formId: FORM, errors }
  return pages.send(request, reply, page, errors > 0 ? 422 : 200)
}
