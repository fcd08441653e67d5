export { demoAccounts, DEMO_PASSWORD } from './accounts.ts'
export { startCatcher } from './catcher.ts'
export { seedDemo } from './seed.ts'
export { seedCity } from './seedcity.ts'
