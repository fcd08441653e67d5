export { forgetPrograms, open311Job } from './cleaning.ts'
export { addKnownClient, DEMO_KEY } from './clients.ts'
export { open311Api } from './openapi.ts'
export { open311Routes } from './routes.ts'
