import type { Module } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Catalogue } from './catalogue.ts'
import type { Pages } from '../../ui/index.ts'
import { catalogueRoutes, type ServicePanels } from './routes.ts'

/** What the city offers, and its pages. */
export const catalogueModule = (platform: Platform, catalogue: Catalogue, pages: Pages, panels: ServicePanels): Module => ({
  name: 'catalogue',
  uses: ['servicefile'],
  routes: catalogueRoutes(platform, catalogue, pages, panels),
  migrations: true,
  locales: true,
})
