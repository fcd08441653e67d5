export { type Catalogue, cityRules, inForce, loadCatalogue, type Offer, readServices } from './catalogue.ts'
export { type ServicePanel, type ServicePanels, spokenIn } from './routes.ts'
export { prose } from './views/service.ts'
