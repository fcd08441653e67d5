export { billsPanel, payCallout } from './panels.ts'
export type { PayParts } from './parts.ts'
export { payRoutes } from './routes.ts'
