/** The two formats of GeoReport v2 (Format Support). */
export type Format = 'xml' | 'json'

/** Whether a request is still open; `closed` says nothing about whether the thing was mended. */
export type RequestStatus = 'open' | 'closed'

/** When the id of a request is known: at once, later by a token, never (GET Service List). */
export type ServiceType = 'realtime' | 'batch' | 'blackbox'

/** One kind of request (GET Service List). */
export type Service = {
  readonly service_code: string
  readonly service_name: string
  readonly description: string | null
  /** Whether there is a definition with attributes to ask for. */
  readonly metadata: boolean
  readonly type: ServiceType
  /** Comma separated. */
  readonly keywords: string | null
  readonly group: string | null
}

/** How an attribute is asked for (GET Service Definition). */
export const datatypes = ['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist'] as const
export type Datatype = (typeof datatypes)[number]

/** One option of a list. */
export type AttributeValue = { readonly key: string; readonly name: string }

/** One question of a service (GET Service Definition). */
export type Attribute = {
  /** False: only words for the reader, nothing to fill in. */
  readonly variable: boolean
  readonly code: string
  readonly datatype: Datatype
  readonly required: boolean
  readonly datatype_description: string | null
  /** 1 is shown first. */
  readonly order: number
  readonly description: string | null
  readonly values: readonly AttributeValue[]
}

/** The questions of a service (GET Service Definition). */
export type ServiceDefinition = { readonly service_code: string; readonly attributes: readonly Attribute[] }

/** What servers add below `extended_attributes`: flat, by name. */
export type ExtendedAttributes = Readonly<Record<string, string | number | boolean | null>>

/** One request as everyone may read it (GET Service Requests). Times are W3C date times with a zone; null is "not told". */
export type ServiceRequest = {
  readonly service_request_id: string
  readonly status: RequestStatus
  readonly status_notes: string | null
  readonly service_name: string | null
  readonly service_code: string | null
  readonly description: string | null
  readonly agency_responsible: string | null
  readonly service_notice: string | null
  readonly requested_datetime: string | null
  readonly updated_datetime: string | null
  readonly expected_datetime: string | null
  readonly address: string | null
  readonly address_id: string | null
  readonly zipcode: string | null
  /** WGS 84, degrees. */
  readonly lat: number | null
  readonly long: number | null
  readonly media_url: string | null
  readonly extended_attributes?: ExtendedAttributes
}

/** What making a request answers: an id or a token, never both (POST Service Request). */
export type RequestReceipt = {
  readonly service_notice: string | null
  readonly account_id: string | null
} & (
  | { readonly service_request_id: string; readonly token?: undefined }
  | { readonly token: string; readonly service_request_id?: undefined }
)

/** The request behind a token (GET service_request_id from a token). */
export type TokenAnswer = { readonly service_request_id: string; readonly token: string }

/** One error; a document holds a list of them (Errors). */
export type ErrorLine = { readonly code: string; readonly description: string }

/** One version of an API (Service Discovery). */
export type Endpoint = {
  readonly specification: string
  readonly url: string
  readonly changeset: string
  readonly type: 'production' | 'test' | 'acceptance'
  /** Content types. */
  readonly formats: readonly string[]
}

/** What a server says of itself (Service Discovery). */
export type Discovery = {
  /** When services or their definitions last changed. */
  readonly changeset: string
  readonly contact: string
  /** How to get a key. */
  readonly key_service: string
  readonly endpoints: readonly Endpoint[]
}

/** One public line of a request's history (FixMyStreet's GET Service Request Updates). */
export type RequestUpdate = {
  readonly update_id: string
  readonly service_request_id: string
  readonly status: string
  readonly updated_datetime: string | null
  readonly description: string | null
  readonly media_url: string | null
}

/** What a client sends to make a request (POST Service Request); null is "not sent". */
export type NewRequest = {
  readonly jurisdiction_id: string | null
  readonly service_code: string | null
  /** As it was typed: whether it is a number is judged by whoever takes it. */
  readonly lat: string | null
  readonly long: string | null
  readonly address_string: string | null
  readonly address_id: string | null
  readonly email: string | null
  readonly device_id: string | null
  readonly account_id: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly phone: string | null
  readonly description: string | null
  readonly media_url: string | null
  /** `attribute[code]=value` and `attribute[code][]=value`, in the order they came. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** The address that names the specification (Service Discovery). */
export const SPECIFICATION = 'http://wiki.open311.org/GeoReport_v2'

/** The content types of the two formats (Format Support). */
export const contentTypes: Readonly<Record<Format, string>> = {
  xml: 'text/xml; charset=utf-8',
  json: 'application/json; charset=utf-8',
}
