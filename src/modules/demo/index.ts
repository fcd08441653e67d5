export { demoAccounts, DEMO_PASSWORD } from './accounts.ts'
export { startCatcher } from './catcher.ts'
export { seedCity } from './seedcity.ts'
export { cityState, openDemoAccount } from './state.ts'
