import type {
  Attribute,
  Discovery,
  Endpoint,
  ErrorLine,
  ExtendedAttributes,
  RequestStatus,
  RequestUpdate,
  Service,
  ServiceDefinition,
  ServiceRequest,
} from './shapes.ts'
import { parseLooseTime, w3cDateTime } from './time.ts'
import { boolean, field, listed, numberIn, readTree, text, type Tree } from './tree.ts'

/** How to read what a server leaves open. */
export type Reading = {
  /** The zone of times that name none: `Z` or `+01:00`. */
  readonly assumeZone?: string
}

/** A service list. Throws `Unreadable`. Entries without a code are left out. */
export function decodeServices(body: string): Service[] {
  return listed(readTree(body), 'services', 'service').flatMap((each) => {
    const code = text(each, 'service_code', 'code', 'id')
    if (code === null) return []
    const type = text(each, 'type')?.toLowerCase()
    return [
      {
        service_code: code,
        service_name: text(each, 'service_name', 'name') ?? code,
        description: text(each, 'description'),
        metadata: boolean(field(each, 'metadata')) ?? false,
        type: type === 'batch' || type === 'blackbox' ? type : 'realtime',
        keywords: text(each, 'keywords'),
        group: text(each, 'group'),
      },
    ]
  })
}

/** The definition of a service. Throws `Unreadable`; null when it names no service. */
export function decodeDefinition(body: string): ServiceDefinition | null {
  const tree = readTree(body)
  const inside = field(tree, 'service_definition') ?? tree
  const definition = Array.isArray(inside) ? (inside[0] ?? null) : inside
  const code = text(definition, 'service_code')
  if (code === null) return null
  return { service_code: code, attributes: listed(field(definition, 'attributes'), 'attributes', 'attribute').flatMap(attributeOf) }
}

function attributeOf(tree: Tree, index: number): Attribute[] {
  const code = text(tree, 'code')
  const datatype = text(tree, 'datatype')?.toLowerCase()
  if (code === null) return []
  return [
    {
      variable: boolean(field(tree, 'variable')) ?? true,
      code,
      datatype: datatypeOf(datatype),
      required: boolean(field(tree, 'required')) ?? false,
      datatype_description: text(tree, 'datatype_description'),
      order: numberIn(tree, 'order') ?? index + 1,
      description: text(tree, 'description'),
      values: listed(field(tree, 'values'), 'values', 'value').flatMap((value) => {
        const key = text(value, 'key')
        return key === null ? [] : [{ key, name: text(value, 'name') ?? key }]
      }),
    },
  ]
}

function datatypeOf(said: string | undefined): Attribute['datatype'] {
  switch (said) {
    case 'number':
    case 'datetime':
    case 'text':
    case 'singlevaluelist':
    case 'multivaluelist':
      return said
    default:
      return 'string'
  }
}

/**
 * Requests, as living servers write them: wrapped in an object or not, one without its list, numbers as texts, `lng` for
 * `long`, statuses in capitals or in words of their own. Throws `Unreadable`. Entries without an id are left out.
 */
export function decodeRequests(body: string, reading: Reading = {}): ServiceRequest[] {
  return listed(readTree(body), 'service_requests', 'request').flatMap((each) => {
    const id = text(each, 'service_request_id', 'id')
    return id === null ? [] : [requestOf(each, id, reading)]
  })
}

function requestOf(tree: Tree, id: string, reading: Reading): ServiceRequest {
  const extended = extendedOf(field(tree, 'extended_attributes'))
  return {
    service_request_id: id,
    status: statusOf(text(tree, 'status')),
    status_notes: text(tree, 'status_notes'),
    service_name: text(tree, 'service_name'),
    service_code: text(tree, 'service_code'),
    description: text(tree, 'description'),
    agency_responsible: text(tree, 'agency_responsible'),
    service_notice: text(tree, 'service_notice'),
    requested_datetime: timeOf(tree, reading, 'requested_datetime'),
    updated_datetime: timeOf(tree, reading, 'updated_datetime'),
    expected_datetime: timeOf(tree, reading, 'expected_datetime'),
    address: text(tree, 'address', 'address_string'),
    address_id: text(tree, 'address_id'),
    zipcode: text(tree, 'zipcode', 'zip_code'),
    lat: numberIn(tree, 'lat', 'latitude'),
    long: numberIn(tree, 'long', 'lng', 'lon', 'longitude'),
    media_url: mediaOf(field(tree, 'media_url')),
    ...(extended ? { extended_attributes: extended } : {}),
  }
}

/** What `status` says; words of servers with more than two states count as closed when they end the matter. */
export function statusOf(said: string | null): RequestStatus {
  return /^(closed|fixed|resolved|archived|completed|duplicate|not[ _]councils?[ _]responsibility|unable[ _]to[ _]fix|no[ _]further[ _]action)/i.test(
    said ?? '',
  )
    ? 'closed'
    : 'open'
}

function timeOf(tree: Tree, reading: Reading, name: string): string | null {
  const said = text(tree, name)
  const instant = said === null ? null : parseLooseTime(said, reading.assumeZone)
  return instant ? w3cDateTime(instant) : null
}

/** The first address: some servers send a list, or an element with several. */
function mediaOf(tree: Tree): string | null {
  const first = Array.isArray(tree) ? tree[0] : tree
  const said = typeof first === 'object' ? text(first ?? null, 'media_url', 'url') : first
  return typeof said === 'string' && /^https?:\/\/\S+$/.test(said.trim()) ? said.trim() : null
}

function extendedOf(tree: Tree): ExtendedAttributes | null {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return null
  const flat = Object.entries(tree).filter(
    (entry): entry is [string, string | number | boolean | null] => typeof entry[1] !== 'object' || entry[1] === null,
  )
  return Object.fromEntries(flat.map(([name, value]) => [name, value === '' ? null : value]))
}

/** What making a request answered; null when it holds neither an id nor a token. Throws `Unreadable`. */
export function decodeReceipt(
  body: string,
): { readonly service_request_id: string | null; readonly token: string | null; readonly service_notice: string | null } | null {
  const [first] = listed(readTree(body), 'service_requests', 'request')
  const [id, token] = [text(first ?? null, 'service_request_id'), text(first ?? null, 'token')]
  if (id === null && token === null) return null
  return { service_request_id: id, token, service_notice: text(first ?? null, 'service_notice') }
}

/** The errors of an error document; none when it is something else. Never throws: servers answer pages to errors. */
export function decodeErrors(body: string): ErrorLine[] {
  try {
    return listed(readTree(body), 'errors', 'error').flatMap((each) => {
      const description = text(each, 'description', 'message')
      return description === null ? [] : [{ code: text(each, 'code') ?? '', description }]
    })
  } catch {
    return []
  }
}

/** The history of requests. Throws `Unreadable`. */
export function decodeUpdates(body: string, reading: Reading = {}): RequestUpdate[] {
  return listed(readTree(body), 'service_request_updates', 'request_update').flatMap((each) => {
    const [id, request] = [text(each, 'update_id'), text(each, 'service_request_id')]
    if (id === null || request === null) return []
    return [
      {
        update_id: id,
        service_request_id: request,
        status: text(each, 'status') ?? '',
        updated_datetime: timeOf(each, reading, 'updated_datetime'),
        description: text(each, 'description'),
        media_url: mediaOf(field(each, 'media_url')),
      },
    ]
  })
}

/** The id in the answer to an update; null when there is none. Throws `Unreadable`. */
export function decodeUpdateReceipt(body: string): string | null {
  const [first] = listed(readTree(body), 'service_request_updates', 'request_update')
  return text(first ?? null, 'update_id')
}

/** What a server says of itself. Throws `Unreadable`; null when it is no discovery document. */
export function decodeDiscovery(body: string): Discovery | null {
  const tree = readTree(body)
  const inside = field(tree, 'discovery') ?? tree
  const endpoints = listed(field(inside, 'endpoints'), 'endpoints', 'endpoint').flatMap(endpointOf)
  if (endpoints.length === 0) return null
  return {
    changeset: text(inside, 'changeset') ?? '',
    contact: text(inside, 'contact') ?? '',
    key_service: text(inside, 'key_service') ?? '',
    endpoints,
  }
}

function endpointOf(tree: Tree): Endpoint[] {
  const url = text(tree, 'url')
  const type = text(tree, 'type')
  if (url === null) return []
  return [
    {
      specification: text(tree, 'specification') ?? '',
      url,
      changeset: text(tree, 'changeset') ?? '',
      type: type === 'test' || type === 'acceptance' ? type : 'production',
      formats: listed(field(tree, 'formats'), 'formats', 'format').flatMap((each) => (typeof each === 'string' ? [each] : [])),
    },
  ]
}
