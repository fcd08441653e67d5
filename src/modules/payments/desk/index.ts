export { figureSubscriber } from './figures/figures.ts'
export { deskRoutes } from './routes.ts'
