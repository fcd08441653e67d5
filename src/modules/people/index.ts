export {
  adoptRecord, type Ask, blindedPerson, comparisonToken, countDocuments, createPerson, createRecord, describeDocuments, destroyPerson, eraseDocument, erasePerson, eraseRecord,
  open, openDocument, openMany, ownsDocuments, personByNationalId, profileOf, profileSince, putDocument, type Reason, removeDocument, removeFiles, sameDocument, seal, sealMany, updateProfile,
} from './vault.ts' // prettier-ignore
export { findByValues, findByWords, index, withWords } from './lookup.ts'
export { createPersons, type NewPerson } from './many.ts'
export { anyPerson, type RecordsWith, timesOpened } from './store.ts'
export { hasContent, type Holdings, holdingsOf, notEmpty, notErased, ownerOf, recordKinds, recordsOfDocuments } from './holdings.ts'
export { continuityFindings } from './continuity.ts'
export { indexStreet, namedAmong, neighboursAmong } from './likeness.ts'
