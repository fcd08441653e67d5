/** Reads the crews' forms: what they still need, what was filled in, and pictures made small. */

/** Pictures are made so wide and high before they are kept, in pixels. */
const PIXELS = 2_000

/** A picture as small as it is still good, without what cameras hide in it; as it was when this browser cannot read it. */
export async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const scale = Math.min(1, PIXELS / Math.max(picture.width, picture.height))
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)))
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })
  } catch {
    return file
  }
}

/** What an act still needs, by the name of its words; the server asks the same again. */
export function missing(kind, data) {
  const has = (name) => {
    const value = data.get(name)
    return value instanceof File ? value.size > 0 : (value ?? '').trim() !== ''
  }
  const day = ['on-day', 'on-month', 'on-year'].every(has)
  if (kind === 'note') return has('text') ? null : 'note_needed'
  if (kind === 'other_crew') return has('crew') ? null : 'crew_needed'
  if (kind === 'done') return has('order') ? (day ? null : 'day_needed') : has('after') ? null : 'evidence_needed'
  if (kind !== 'cannot') return null
  const needs = { not_ours: ['authority', 'authority_needed'], duplicate: ['of', 'of_needed'], referred: ['programme', 'programme_needed'] }
  const why = data.get('why')
  if (!why) return 'why_needed'
  const [field, key] = needs[why] ?? []
  if (field && !has(field)) return key
  return why === 'referred' && !day ? 'programme_day_needed' : null
}

/** What was filled in, in the words of the form. */
export function mineOf(form) {
  const texts = [...form.elements].flatMap((control) => {
    if (control.type === 'hidden' || control.closest('[data-needs][hidden]') || control.closest('.st-date')) return []
    if (control.type === 'radio') return control.checked ? [control.labels[0].textContent] : []
    if (control.tagName === 'SELECT') return control.value === '' ? [] : [control.selectedOptions[0].textContent]
    if (control.type === 'file') return [...control.files].map((file) => file.name)
    return /^(INPUT|TEXTAREA)$/.test(control.tagName) && control.value.trim() !== '' ? [control.value.trim()] : []
  })
  return texts.map((text) => text.trim()).join(' · ')
}
