/**
 * Passkeys on the pages that have them: asks the server what is to be signed, lets the browser sign it (WebAuthn Level 3),
 * and sends the answer with the page's own form. Binary members travel as base64url, as in `PublicKeyCredential.toJSON`.
 */

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (symbol) => symbol.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }))

/** What the server said, with bytes where the browser wants bytes. */
function prepared(options) {
  const ready = { ...options, challenge: bytes(options.challenge) }
  if (options.user) ready.user = { ...options.user, id: bytes(options.user.id) }
  if (options.excludeCredentials) ready.excludeCredentials = keys(options.excludeCredentials)
  if (options.allowCredentials) ready.allowCredentials = keys(options.allowCredentials)
  return ready
}

/** What the browser made or signed, as text. */
function answerOf(credential) {
  const { response } = credential
  const own = response.attestationObject
    ? { attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
    : {
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
      }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: { clientDataJSON: text(response.clientDataJSON), ...own },
  })
}

let waiting = null

/** Ends a request that waits in the background: the browser takes one at a time. */
function stopWaiting() {
  waiting?.abort()
  waiting = null
}

async function optionsOf(form) {
  const answer = await fetch(form.dataset.options, { method: 'POST', headers: { accept: 'application/json' } })
  if (!answer.ok) throw new Error(String(answer.status))
  return prepared(await answer.json())
}

function sendOff(form, credential) {
  form.elements.answer.value = answerOf(credential)
  form.submit()
}

/** The button: the browser asks for finger, face or screen lock. */
async function ask(form) {
  const failed = form.querySelector('[data-passkey-failed]')
  failed.textContent = ''
  stopWaiting()
  try {
    const publicKey = await optionsOf(form)
    const credential =
      form.dataset.passkey === 'create' ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey })
    sendOff(form, credential)
  } catch {
    failed.textContent = failed.dataset.text
  }
}

/** Autofill: the browser offers passkeys where the address is typed. What is to be signed is asked for anew before it gets too old. */
async function autofill(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  const own = new AbortController()
  waiting = own
  const timer = setTimeout(() => own.abort('again'), 240_000)
  try {
    const publicKey = await optionsOf(form)
    if (own.signal.aborted) return
    sendOff(form, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: own.signal }))
  } catch {
    if (own.signal.reason === 'again') autofill(form)
  } finally {
    clearTimeout(timer)
  }
}

if (window.PublicKeyCredential && window.isSecureContext) {
  for (const note of document.querySelectorAll('[data-passkey-off]')) note.hidden = true
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    form.hidden = false
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      ask(form)
    })
    if (form.dataset.autofill) autofill(form)
  }
}
