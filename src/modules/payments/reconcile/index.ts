export { reconcileJob } from './jobs.ts'
export { reconcileRoutes } from './routes.ts'
export { reconcile, type Report } from './run.ts'
