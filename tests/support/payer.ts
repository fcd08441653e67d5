/** What a payer does on the hosted pages of the sandbox bank, without a browser. */
export type Payer = {
  /** Loads the page and gives its text. */
  look(): Promise<string>
  /** Sends one of the page's forms; where it leads, or null when the page came back. */
  send(act: string, fields?: Readonly<Record<string, string>>): Promise<string | null>
}

/** A payer on the page of a payment. */
export function payerAt(payUrl: string): Payer {
  const look = async (): Promise<string> => (await fetch(payUrl)).text()
  return {
    look,
    async send(act, fields = {}) {
      const token = /name="token" value="([^"]+)"/.exec(await look())?.[1] ?? ''
      const body = new URLSearchParams({ token, ...fields })
      const response = await fetch(`${payUrl}/${act}`, { method: 'POST', redirect: 'manual', body })
      await response.body?.cancel()
      return response.status === 303 ? response.headers.get('location') : null
    },
  }
}

/** Pays by card, with the code that the page shows as the payer's telephone; gives where the payer is led in the end. */
export async function payByCard(payUrl: string, number = '4111 1111 1111 1111'): Promise<string | null> {
  const payer = payerAt(payUrl)
  const next = await payer.send('card', { number, expiry: '09/99', security: '123' })
  const code = /id="sent-code">(\d{6})</.exec(await payer.look())?.[1]
  return code === undefined ? next : payer.send('code', { code })
}

/** Pays by wallet; gives where the payer is led in the end. */
export async function payByWallet(payUrl: string): Promise<string | null> {
  const payer = payerAt(payUrl)
  await payer.send('wallet')
  return payer.send('confirm')
}
