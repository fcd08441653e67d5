export {
  adoptRecord, type Ask, blindedPerson, comparisonToken, createPerson, createRecord, describeDocuments, erasePerson, eraseRecord, findByWords,
  index, open, openDocument, openMany, ownsDocuments, profileOf, putDocument, type Reason, removeDocument, removeFiles, seal, updateProfile,
} from './vault.ts' // prettier-ignore
export { anyPerson } from './store.ts'
