export { keepTokensApart } from './apart.ts'
export { actingView, helpsSomebody } from './label.ts'
export { standInsPanel } from './panel.ts'
