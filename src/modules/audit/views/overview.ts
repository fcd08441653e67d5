import { cardGrid, html, type Html, type View } from '../../../ui/index.ts'
import { flagKinds } from '../flags.ts'
import type { Overview } from '../service.ts'
import { auditNav } from './parts.ts'
import { reviewText } from './policies.ts'

/** What waits for the auditor, and the way to each room. */
export function overviewPage(view: View, found: Overview): Html {
  const { t } = view
  const open = flagKinds.map((kind) => found.flags.get(kind) ?? 0)
  const flags = open.reduce((sum, count) => sum + count, 0)
  return html`<h1>${t('audit.title')}</h1>
    <p class="st-lead">${t('audit.lead')}</p>
    ${auditNav(view)}
    ${cardGrid(
      [
        {
          href: '/audit/access',
          title: t('audit.access.title'),
          text: t('audit.overview.flags', { n: flags }),
          meta: flagKinds
            .flatMap((kind, at) => ((open[at] ?? 0) > 0 ? [`${t(`audit.flag.${kind}`)}: ${t('ui.number', { n: open[at] ?? 0 })}`] : []))
            .join(' · '),
        },
        {
          href: '/audit/emergencies',
          title: t('audit.emergencies.title'),
          text: t('audit.overview.emergencies', { n: found.emergencies }),
        },
        { href: '/audit/journal', title: t('audit.journal.title'), text: t('audit.overview.journal') },
        {
          href: '/audit/grants',
          title: t('audit.grants.title'),
          text: t('audit.overview.grants', { n: found.grants }),
          meta: t('audit.overview.due', { n: found.due }),
        },
        { href: '/audit/policies', title: t('audit.policies.title'), text: reviewText(view, found.policies) },
        { href: '/audit/watch', title: t('audit.watch.title'), text: t('audit.overview.watch') },
      ],
      2,
    )}`
}
