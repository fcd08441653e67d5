export { type Catalogue, cityRules, loadCatalogue, type Offer, readServices } from './catalogue.ts'
export type { ServicePanel } from './routes.ts'
export { prose } from './views/service.ts'
