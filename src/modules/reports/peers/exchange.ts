/** What another server answered. `fault` is a code when there was no whole answer. */
export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly fault: string | null }

/** One request to another server. */
export type Ask = {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** A form to be posted; without one it is a GET. */
  readonly form?: URLSearchParams
  /** The time for the whole answer, in milliseconds. */
  readonly patience: number
  /** The most bytes of the answer. */
  readonly bytes: number
}

/**
 * Asks another server once. Redirects are not followed, so that nobody is asked but whom the operator named; an answer that is
 * too long, too slow or broken off is a fault. Never throws for what the other side does.
 */
export async function exchange({ url, headers = {}, form, patience, bytes }: Ask): Promise<Reply> {
  const none = { status: 0, headers: new Headers(), text: '' }
  try {
    const response = await fetch(url.href, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
      headers: {
        'user-agent': 'Stoa (Open311 GeoReport v2)',
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
        ...headers,
      },
      ...(form ? { body: form.toString() } : {}),
    })
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body ?? []) {
      const chunk: Uint8Array = part
      size += chunk.byteLength
      if (size > bytes) return { ...none, fault: 'too_long' }
      parts.push(chunk)
    }
    return { status: response.status, headers: response.headers, text: Buffer.concat(parts).toString('utf8'), fault: null }
  } catch (error) {
    return { ...none, fault: error instanceof Error && error.name === 'TimeoutError' ? 'too_slow' : 'away' }
  }
}

/** How long a server wants to be left alone (`Retry-After`, in seconds or as a date), in milliseconds; null when it says nothing. */
export function retryAfter(headers: Headers, now: Date): number | null {
  const said = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,7}$/.test(said)) return Number(said) * 1_000
  const at = said === '' ? Number.NaN : Date.parse(said)
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
