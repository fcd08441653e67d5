export {
  adoptRecord, type Ask, blindedPerson, comparisonToken, createPerson, createRecord, describeDocuments, destroyPerson, eraseDocument, erasePerson, eraseRecord, findByWords,
  index, open, openDocument, openMany, ownsDocuments, personByNationalId, profileOf, putDocument, type Reason, removeDocument, removeFiles, seal, updateProfile,
} from './vault.ts' // prettier-ignore
export { anyPerson, timesOpened } from './store.ts'
export { hasContent, type Holdings, holdingsOf, notEmpty, notErased, recordKinds, recordsOfDocuments } from './holdings.ts'
export { continuityFindings } from './continuity.ts'
export { indexStreet, namedAmong, neighboursAmong } from './likeness.ts'
