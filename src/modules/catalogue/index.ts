export { type Catalogue, cityRules, inForce, loadCatalogue, type Offer, readServices } from './catalogue.ts'
export type { ServicePanel, ServicePanels } from './routes.ts'
export { prose } from './views/service.ts'
