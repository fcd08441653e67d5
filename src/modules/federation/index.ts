export { hasProvider, openProviders, plantProvider } from './service.ts'
export { providerLinks } from './views.ts'
export type { Provider } from './provider.ts'
export { eidasLevels } from './provider.ts'
