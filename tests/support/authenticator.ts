import assert from 'node:assert/strict'

/** The codes that the demo's authenticator shows for an account: the one now, then the next. */
export async function demoCodes(url: string, email: string): Promise<string[]> {
  const page = await (await fetch(`${url}/demo/authenticator`)).text()
  const row = page.split('<tr').find((each) => each.includes(email)) ?? ''
  return [...row.matchAll(/>(\d{6})</g)].map((match) => match[1] ?? '')
}

/**
 * Tries the codes of the demo's authenticator until one is taken: the one now, the next when this one is spent, and when
 * both are, those that come after some seconds.
 */
export async function withDemoCode(url: string, email: string, attempt: (code: string) => Promise<boolean>): Promise<void> {
  const tried = new Set<string>()
  for (const begun = performance.now(); performance.now() - begun < 65_000;) {
    const code = (await demoCodes(url, email)).find((each) => !tried.has(each))
    if (code === undefined) await new Promise((done) => setTimeout(done, 1_000))
    else if (await attempt(code)) return
    else tried.add(code)
  }
  assert.fail(`no code was taken for ${email}`)
}
