export {
  adoptRecord, type Ask, blindedPerson, comparisonToken, createPerson, createRecord, describeDocuments, destroyPerson, eraseDocument, erasePerson, eraseRecord, findByValues, findByWords,
  index, open, openDocument, openMany, ownsDocuments, personByNationalId, profileOf, putDocument, type Reason, removeDocument, removeFiles, seal, sealMany, updateProfile,
} from './vault.ts' // prettier-ignore
export { createPersons, type NewPerson } from './many.ts'
export { anyPerson, timesOpened } from './store.ts'
export { hasContent, type Holdings, holdingsOf, notEmpty, notErased, ownerOf, recordKinds, recordsOfDocuments } from './holdings.ts'
export { continuityFindings } from './continuity.ts'
export { indexStreet, namedAmong, neighboursAmong } from './likeness.ts'
