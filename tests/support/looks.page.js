/** What tests ask a page in the browser; given to it as text, see looks.ts. */
globalThis.looks = {
  async violations() {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']
    const found = await globalThis.axe.run(document, {
      runOnly: { type: 'tag', values: tags },
      rules: { 'target-size': { enabled: true } },
      resultTypes: ['violations'],
    })
    return found.violations.map(({ id, help, nodes }) => {
      const [first] = nodes
      return `${id}: ${help}, ${nodes.length} times, first ${first?.html.slice(0, 200)} ${first?.failureSummary?.slice(0, 200)}`
    })
  },

  overflow() {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('body *')].filter((each) => {
      const box = each.getBoundingClientRect()
      return box.right > clientWidth + 1 || box.left < -1
    })
    const names = wide.slice(0, 6).map((each) => `${each.tagName.toLowerCase()}.${each.className}`)
    return [`overflow: ${scrollWidth} px in ${clientWidth} px: ${names.join(', ')}`]
  },

  /** Targets under 24 px (WCAG 2.5.8); links within a line of text are let off, as the criterion does. */
  smallTargets() {
    const targets = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    return targets.flatMap((target) => {
      const box = target.getBoundingClientRect()
      const style = getComputedStyle(target)
      const hidden = box.width <= 1 || box.height <= 1 || style.visibility === 'hidden' || target.closest('dialog:not([open])')
      const inText = style.display === 'inline' && target.parentElement?.textContent.trim() !== target.textContent.trim()
      if (hidden || inText || (box.width >= 23.9 && box.height >= 23.9)) return []
      return [`small target: ${Math.round(box.width)} x ${Math.round(box.height)} px ${target.outerHTML.slice(0, 160)}`]
    })
  },

  async faults() {
    return [...(await this.violations()), ...this.overflow(), ...this.smallTargets()]
  },

  /** What has the focus, whether that can be seen, and whether it is what was looked for. */
  focus(selector) {
    const focused = document.activeElement
    if (!focused || focused === document.body) return { there: false, visible: true, what: 'page' }
    const style = getComputedStyle(focused)
    const ring = (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
    return {
      there: focused.matches(selector),
      visible: ring && focused.getBoundingClientRect().width > 1,
      what: focused.outerHTML.slice(0, 120),
    }
  },

  /** Posts the page's form (a passkey's has nothing to fill in) with every field emptied. */
  sendEmpty(form) {
    for (const field of document.querySelectorAll('main input:not([type=hidden]), main textarea, main select')) {
      field.checked = false
      if (field.type !== 'radio' && field.type !== 'checkbox') field.value = ''
    }
    document.querySelector(form)?.requestSubmit()
  },
}
