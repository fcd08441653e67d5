import type {
  Attribute,
  Discovery,
  ErrorLine,
  Format,
  RequestReceipt,
  RequestUpdate,
  Service,
  ServiceDefinition,
  ServiceRequest,
  TokenAnswer,
} from './shapes.ts'
import { element, XML_DECLARATION, xmlText } from './xml.ts'

/** The service list (GET Service List). */
export function encodeServices(services: readonly Service[], format: Format): string {
  if (format === 'json') {
    return JSON.stringify(services.map(({ service_code, service_name, description, metadata, type, keywords, group }) => (
      { service_code, service_name, description, metadata, type, keywords, group }
    ))) // prettier-ignore
  }
  return root('services', services.map((service) => `<service>${[
    element('service_code', service.service_code),
    element('service_name', service.service_name),
    element('description', service.description),
    element('metadata', service.metadata),
    element('type', service.type),
    element('keywords', service.keywords),
    element('group', service.group),
  ].join('')}</service>`)) // prettier-ignore
}

/** The definition of a service (GET Service Definition). */
export function encodeDefinition(definition: ServiceDefinition, format: Format): string {
  if (format === 'json') {
    const attributes = definition.attributes.map((a) => ({
      variable: a.variable,
      code: a.code,
      datatype: a.datatype,
      required: a.required,
      datatype_description: a.datatype_description,
      order: a.order,
      description: a.description,
      values: a.values.map(({ key, name }) => ({ key, name })),
    }))
    return JSON.stringify({ service_code: definition.service_code, attributes })
  }
  return root('service_definition', [
    element('service_code', definition.service_code),
    `<attributes>${definition.attributes.map(attributeXml).join('')}</attributes>`,
  ])
}

function attributeXml(attribute: Attribute): string {
  return `<attribute>${[
    element('variable', attribute.variable),
    element('code', attribute.code),
    element('datatype', attribute.datatype),
    element('required', attribute.required),
    element('datatype_description', attribute.datatype_description),
    element('order', attribute.order),
    element('description', attribute.description),
  ].join('')}<values>${attribute.values
    .map(({ key, name }) => `<value>${element('key', key)}${element('name', name)}</value>`)
    .join('')}</values></attribute>`
}

/** The fields of a request in the order of the specification's examples. */
const requestFields = [
  'service_request_id', 'status', 'status_notes', 'service_name', 'service_code', 'description', 'agency_responsible', 'service_notice',
  'requested_datetime', 'updated_datetime', 'expected_datetime', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url',
] as const // prettier-ignore

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** Requests (GET Service Requests, GET Service Request). Every field is there: null or empty says "not told". */
export function encodeRequests(requests: readonly ServiceRequest[], format: Format): string {
  return format === 'json' ? `[${requests.map(requestJson).join(',')}]` : root('service_requests', requests.map(requestXml))
}

function requestJson(request: ServiceRequest): string {
  let line = '{'
  for (const field of requestFields) line += `${field === 'service_request_id' ? '' : ','}"${field}":${JSON.stringify(request[field])}`
  const more = request.extended_attributes
  return more ? `${line},"extended_attributes":${JSON.stringify(more)}}` : `${line}}`
}

function requestXml(request: ServiceRequest): string {
  let line = '<request>'
  for (const field of requestFields) {
    const value = request[field]
    line += value === null ? `<${field}></${field}>` : `<${field}>${typeof value === 'number' ? value : xmlText(value)}</${field}>`
  }
  if (request.extended_attributes) {
    const more = Object.entries(request.extended_attributes).filter(([name]) => PLAIN_NAME.test(name))
    line += `<extended_attributes>${more.map(([name, value]) => element(name, value)).join('')}</extended_attributes>`
  }
  return `${line}</request>`
}

/** What making a request answers (POST Service Request). */
export function encodeReceipt(receipt: RequestReceipt, format: Format): string {
  const known: Readonly<Record<string, string>> =
    receipt.token === undefined ? { service_request_id: receipt.service_request_id } : { token: receipt.token }
  return listOfOne({ ...known, service_notice: receipt.service_notice, account_id: receipt.account_id }, format)
}

/** The request behind a token (GET service_request_id from a token). */
export function encodeTokenAnswer({ service_request_id, token }: TokenAnswer, format: Format): string {
  return listOfOne({ service_request_id, token }, format)
}

function listOfOne(fields: Readonly<Record<string, string | null>>, format: Format): string {
  if (format === 'json') return JSON.stringify([fields])
  const inner = Object.entries(fields).map(([name, value]) => element(name, value))
  return root('service_requests', [`<request>${inner.join('')}</request>`])
}

/** Errors, a list even for one (Errors). */
export function encodeErrors(errors: readonly ErrorLine[], format: Format): string {
  if (format === 'json') {
    return JSON.stringify(errors.map(({ code, description }) => ({ code: /^[1-9]\d{2,8}$/.test(code) ? Number(code) : code, description })))
  }
  return root(
    'errors',
    errors.map((error) => `<error>${element('code', error.code)}${element('description', error.description)}</error>`),
  )
}

/** What a server says of itself (Service Discovery). */
export function encodeDiscovery(discovery: Discovery, format: Format): string {
  const { changeset, contact, key_service, endpoints } = discovery
  if (format === 'json') {
    return JSON.stringify({
      changeset,
      contact,
      key_service,
      endpoints: endpoints.map((e) => ({ specification: e.specification, url: e.url, changeset: e.changeset, type: e.type, formats: e.formats })),
    }) // prettier-ignore
  }
  const listed = endpoints.map((each) =>
    [
      '<endpoint>',
      element('specification', each.specification),
      element('url', each.url),
      element('changeset', each.changeset),
      element('type', each.type),
      `<formats>${each.formats.map((format_) => element('format', format_)).join('')}</formats>`,
      '</endpoint>',
    ].join(''),
  )
  return root('discovery', [
    element('changeset', changeset),
    element('contact', contact),
    element('key_service', key_service),
    `<endpoints>${listed.join('')}</endpoints>`,
  ])
}

/** The history of requests (FixMyStreet's GET Service Request Updates). */
export function encodeUpdates(updates: readonly RequestUpdate[], format: Format): string {
  return updatesOf(
    updates.map(({ update_id, service_request_id, status, updated_datetime, description, media_url }) => (
      { update_id, service_request_id, status, updated_datetime, description, media_url }
    )),
    format,
  ) // prettier-ignore
}

/** What sending an update answers (FixMyStreet's POST Service Request Updates). */
export function encodeUpdateReceipt(updateId: string, format: Format): string {
  return updatesOf([{ update_id: updateId }], format)
}

function updatesOf(updates: ReadonlyArray<Readonly<Record<string, string | null>>>, format: Format): string {
  if (format === 'json') return JSON.stringify(updates)
  return root(
    'service_request_updates',
    updates.map(
      (update) =>
        `<request_update>${Object.entries(update)
          .map(([name, value]) => element(name, value))
          .join('')}</request_update>`,
    ),
  )
}

function root(name: string, parts: readonly string[]): string {
  return `${XML_DECLARATION}<${name}>${parts.length === 0 ? '' : `\n${parts.join('\n')}\n`}</${name}>\n`
}
