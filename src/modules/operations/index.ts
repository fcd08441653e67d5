export { readiness } from './module.ts'
