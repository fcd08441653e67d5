import type { NewRequest } from './shapes.ts'

const plainFields = [
  'jurisdiction_id', 'service_code', 'lat', 'long', 'address_string', 'address_id', 'email', 'device_id', 'account_id', 'first_name',
  'last_name', 'phone', 'description', 'media_url',
] as const // prettier-ignore

/** The most `attribute[...]` values that are read from one form. */
export const MOST_ATTRIBUTES = 200

const ATTRIBUTE = /^attribute\[([^[\]]{1,100})\](\[\d{0,4}\])?$/

/**
 * Reads the fields of a form as they came (POST Service Request): the first of each name counts, an empty one is as if it
 * had not been sent (Optional Arguments), several values of one attribute are kept in order.
 */
export function readRequestForm(fields: Iterable<readonly [name: string, value: string]>): NewRequest {
  const plain = new Map<string, string>()
  const attributes = new Map<string, string[]>()
  let count = 0
  for (const [name, value] of fields) {
    if (value.trim() === '') continue
    const code = ATTRIBUTE.exec(name)?.[1]
    if (code === undefined) {
      if (!plain.has(name)) plain.set(name, value)
    } else if ((count += 1) <= MOST_ATTRIBUTES) attributes.set(code, [...(attributes.get(code) ?? []), value])
  }
  const [jurisdiction_id, service_code, lat, long, address_string, address_id, email, device_id, account_id, first_name, last_name, phone, description, media_url] =
    plainFields.map((name) => plain.get(name) ?? null) // prettier-ignore
  return {
    jurisdiction_id: jurisdiction_id ?? null,
    service_code: service_code ?? null,
    lat: lat ?? null,
    long: long ?? null,
    address_string: address_string ?? null,
    address_id: address_id ?? null,
    email: email ?? null,
    device_id: device_id ?? null,
    account_id: account_id ?? null,
    first_name: first_name ?? null,
    last_name: last_name ?? null,
    phone: phone ?? null,
    description: description ?? null,
    media_url: media_url ?? null,
    attributes,
  }
}

/** The fields of a form that makes a request, with the key; an attribute with several values is sent as `attribute[code][]`. */
export function writeRequestForm(request: Partial<NewRequest>, apiKey: string | null): URLSearchParams {
  const form = new URLSearchParams()
  if (apiKey !== null) form.append('api_key', apiKey)
  for (const name of plainFields) {
    const value = request[name]
    if (typeof value === 'string' && value !== '') form.append(name, value)
  }
  for (const [code, values] of request.attributes ?? []) {
    for (const value of values) form.append(values.length > 1 ? `attribute[${code}][]` : `attribute[${code}]`, value)
  }
  return form
}
