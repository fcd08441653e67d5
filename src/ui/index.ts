export { html, Html, type Content } from './html.ts'
export { direction } from '../kernel/text.ts'
export { wordingOf, words, plainWords, day, instant, money, type ActingView, type View, type Viewer, type NavItem } from './view.ts'
export { LANGUAGE_PATH, layout, type PageParts, withoutSuggestions } from './layout.ts'
export { withTyped } from './typed.ts'
export { element, type Attributes } from './components/element.ts'
export { button, linkButton, buttonRow, type ButtonKind, type ButtonOptions } from './components/button.ts'
export { errorSummary, alert, tag, panel, type Tone } from './components/feedback.ts'
export { icon, type IconName } from './components/icon.ts'
export {
  summaryList, linkList, taskList, timeline, statusCard, cardGrid, pagination, type SummaryRow, type TaskItem, type TimelineItem, type CardItem,
} from './components/lists.ts' // prettier-ignore
export { dataTable, type TableOptions } from './components/table.ts'
export {
  textField, textArea, selectField, radios, checkboxes, fileField, fieldset, hiddenInputs, PICTURES, searchBox,
  type FieldBase, type TextFieldOptions, type Choice,
} from './components/field.ts' // prettier-ignore
export { dateField, type DateParts } from './components/date.ts'
export { barChart, type ChartBar, type ChartPart } from './components/chart.ts'
export { md } from './components/md.ts'
export { hero } from './components/hero.ts'
export type { Pages } from './pages.ts'
