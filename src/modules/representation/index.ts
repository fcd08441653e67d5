export { keepTokensApart } from './apart.ts'
export { actingView } from './label.ts'
export { standInsPanel } from './panel.ts'
