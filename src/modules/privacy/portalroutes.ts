import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import {
  alert, button, type Content, dataTable, errorSummary, hiddenInputs, html, type Html, instant, textField, type View,
} from '../../ui/index.ts' // prettier-ignore
import { visitOf } from '../identity/index.ts'
import type { PrivacyParts } from './parts.ts'
import { endPortal, type Portal, portals, registerPortal } from './portals.ts'

const staff = { config: { access: 'staff' } } as const

/** For administrators: which portals may ask on behalf of a person. */
export function portalRoutes({ house: { platform }, pages }: PrivacyParts): RouteModule {
  const show = async (request: FastifyRequest, reply: FastifyReply, o: { key?: string; error?: string } = {}): Promise<FastifyReply> => {
    const view = pages.view(request)
    const known = await portals(platform, visitOf(platform, request).actor)
    const main = portalsView(view, known, o)
    return pages.send(request, reply, { title: view.t('privacy.portals.title'), main, errors: o.error ? 1 : 0 }, o.error ? 422 : 200)
  }
  return (app) => {
    app.get('/admin/portals', staff, (request, reply) => show(request, reply))
    app.post('/admin/portals', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      try {
        // shown here and nowhere else: an address or a cookie would keep it
        return await show(request, reply, { key: await registerPortal(platform, actor, textOf(formOf(request), 'name') ?? '') })
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 422) throw error
        return show(request, reply, { error: pages.view(request).t(`problem.${error.code}`) })
      }
    })
    app.post('/admin/portals/end', staff, async (request, reply) => {
      await endPortal(platform, visitOf(platform, request).actor, textOf(formOf(request), 'portal') ?? '')
      return seeOther(reply, '/admin/portals')
    })
  }
}

function portalsView(view: View, known: readonly Portal[], { key, error }: { key?: string; error?: string }): Html {
  const { t } = view
  return html`${errorSummary(view, error ? [{ href: '#name', text: error }] : [])}
    <h1>${t('privacy.portals.title')}</h1>
    <p class="st-lead">${t('privacy.portals.lead')}</p>
    ${
      key
        ? alert(
            'success',
            t('privacy.portals.key'),
            html`<p class="st-code"><bdi>${key}</bdi></p>
        <p>${t('privacy.portals.key.once')}</p>`,
          )
        : null
    }
    ${known.length > 0 ? dataTable({ caption: t('privacy.portals.list'), head: [t('privacy.portals.name'), t('privacy.portals.since'), t('privacy.portals.state')], rows: known.map((portal) => row(view, portal)) }) : null}
    <h2>${t('privacy.portals.new')}</h2>
    <form method="post" action="/admin/portals" class="st-form" novalidate>
      ${textField({ id: 'name', name: 'name', label: t('privacy.portals.name'), error, maxlength: 120 })} ${button(t('privacy.portals.add'))}
    </form>`
}

function row(view: View, portal: Portal): Content[] {
  const ends = portal.endedAt
    ? html`${view.t('privacy.portals.ended')} ${instant(view, portal.endedAt)}`
    : html`<form method="post" action="/admin/portals/end">
        ${hiddenInputs({ portal: portal.id })} ${button(view.t('privacy.portals.end'), { kind: 'tertiary', about: portal.name })}
      </form>`
  return [html`<bdi>${portal.name}</bdi>`, instant(view, portal.createdAt), ends]
}
