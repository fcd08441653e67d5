export { type AddressAnswer, type Answer, type Answers, type Issue, type IssueCode, type PlaceAnswer } from './answers.ts'
export {
  decisionTable,
  outcomes,
  serviceFile,
  type DecisionTable,
  type DocumentTemplate,
  type Effect,
  type Example,
  type FeeTurn,
  type Outcome,
  type Page,
  type Question,
  type QuestionKind,
  type RowQuestion,
  type ServiceDefinition,
  type State,
  type Transition,
  type Workflow,
} from './schema.ts'
export { compileService, type Service } from './service.ts'
export { compileTable, evaluateTable, type CompiledTable, type TableResult } from './table.ts'
export { expressionsOf, warmService } from './warm.ts'
export { evaluate, type Evaluation, type Facts, type PageView } from './engine.ts'
export { documentValidity, evaluateGuard, explain, type Trace } from './explain.ts'
export { fillIn } from './fillin.ts'
export { exampleFor, type AnswerPath, type CheckedAnswer } from './question.ts'
export { fileLimits, MOST_ROWS, textLimits } from './answertext.ts'
export { refusedAnswer, type RefusedAnswer } from './refused.ts'

export { type Contact, contactOf } from './contact.ts'
export { lapsedIn } from './lapsed.ts'
export { checkService, type City } from './check.ts'
export { parseService, readContent, type Finding } from './load.ts'
export { type ExampleFailure } from './examples.ts'
export { type FeelProblem } from './feel.ts'
export { importForm, type Imported, type Note, renderService } from './import/import.ts'
