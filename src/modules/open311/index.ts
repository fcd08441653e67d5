export {
  type Attribute,
  type AttributeValue,
  contentTypes,
  type Datatype,
  type Discovery,
  type Endpoint,
  type ErrorLine,
  type ExtendedAttributes,
  type Format,
  type NewRequest,
  type RequestReceipt,
  type RequestStatus,
  type RequestUpdate,
  type Service,
  type ServiceDefinition,
  type ServiceRequest,
  type ServiceType,
  SPECIFICATION,
  type TokenAnswer,
} from './shapes.ts'
export {
  encodeDefinition,
  encodeDiscovery,
  encodeErrors,
  encodeReceipt,
  encodeRequests,
  encodeServices,
  encodeTokenAnswer,
  encodeUpdateReceipt,
  encodeUpdates,
} from './encode.ts'
export {
  decodeDefinition,
  decodeDiscovery,
  decodeErrors,
  decodeReceipt,
  decodeRequests,
  decodeServices,
  decodeUpdateReceipt,
  decodeUpdates,
  type Reading,
} from './decode.ts'
export { readRequestForm, writeRequestForm } from './form.ts'
export { parseLooseTime, parseW3c, w3cDateTime } from './time.ts'
export { readXml, Unreadable, type XmlElement, xmlText } from './xml.ts'
export { checkConformance, type Conformance, type ConformOptions, type Finding } from './conform/run.ts'
export { conformanceText, ruleTable } from './conform/told.ts'
export { conformanceRules } from './conform/rules.ts'
