/** A colour in OKLCH: lightness 0 to 1, chroma, hue in degrees. */
type Oklch = { l: number; c: number; h: number }

/** The steps of one colour's scale, by the design system's names. */
export type Scale = Readonly<Record<(typeof STEPS)[number], string>>

const STEPS = [
  'background-default', 'background-tinted', 'surface-default', 'surface-tinted', 'surface-hover', 'surface-active', 'border-subtle',
  'border-default', 'border-strong', 'text-subtle', 'text-default', 'base-default', 'base-hover', 'base-active', 'base-contrast-default',
] as const // prettier-ignore

const ROLES = ['accent', 'neutral', 'info', 'success', 'warning', 'danger'] as const

/** What a colour is for. */
export type Role = (typeof ROLES)[number]

const FIXED: Readonly<Record<Exclude<Role, 'accent' | 'neutral'>, { h: number; c: number }>> = {
  info: { h: 245, c: 0.13 },
  success: { h: 152, c: 0.13 },
  warning: { h: 75, c: 0.13 },
  danger: { h: 27, c: 0.18 },
}

/** All scales of a city in one scheme; text on its own surfaces has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3). */
export function makeScales(colour: string, scheme: 'light' | 'dark'): Readonly<Record<Role, Scale>> {
  const { l, c, h } = toOklch(colour)
  const accent = { l, c: Math.min(c, 0.2), h }
  const make = (seed: Oklch, base?: string): Scale => (scheme === 'light' ? lightScale(seed, base) : darkScale(seed))
  return {
    accent: make(accent, colour.toLowerCase()),
    neutral: make({ l: 0.3, c: Math.min(c, 0.012), h }),
    info: make({ l: 0.5, ...FIXED.info }),
    success: make({ l: 0.5, ...FIXED.success }),
    warning: make({ l: 0.5, ...FIXED.warning }),
    danger: make({ l: 0.52, ...FIXED.danger }),
  }
}

/** The theme's style sheet: the scales for light, and for dark where the reader asks for it. */
export function themeCss(colour: string): string {
  const light = makeScales(colour, 'light')
  const dark = makeScales(colour, 'dark')
  const focusLight = '--ds-color-focus-inner:#fff;--ds-color-focus-outer:' + light.accent['text-default']
  const focusDark = `--ds-color-focus-inner:${dark.neutral['background-default']};--ds-color-focus-outer:${dark.accent['text-default']}`
  const pointers = ROLES.map((role) => {
    const selector = role === 'accent' ? ':root,[data-color=accent]' : `[data-color=${role}]`
    return `${selector}{${STEPS.map((step) => `--ds-color-${step}:var(--ds-color-${role}-${step})`).join(';')}}`
  })
  return [
    '@layer ds.theme{',
    `:root{${variables(light)};${focusLight}}`,
    `@media (prefers-color-scheme:dark){:root{${variables(dark)};${focusDark}}}`,
    // paper is white whatever the screen is
    `@media print{:root{${variables(light)}}}`,
    ...pointers,
    '}',
  ].join('\n')
}

function variables(scales: Readonly<Record<Role, Scale>>): string {
  return ROLES.flatMap((role) => STEPS.map((step) => `--ds-color-${role}-${step}:${scales[role][step]}`)).join(';')
}

function lightScale(seed: Oklch, own?: string): Scale {
  const at = (l: number, share: number): string => toHex({ l, c: seed.c * share, h: seed.h })
  const active = at(0.875, 0.45)
  const tinted = at(0.955, 0.16)
  const base = own ?? reach(seed, seed.l, -1, '#ffffff', 4.5)
  return {
    'background-default': '#ffffff',
    'background-tinted': at(0.98, 0.08),
    'surface-default': '#ffffff',
    'surface-tinted': tinted,
    'surface-hover': at(0.92, 0.28),
    'surface-active': active,
    'border-subtle': at(0.84, 0.4),
    'border-default': reach(seed, 0.62, -1, tinted, 3),
    'border-strong': reach(seed, 0.55, -1, tinted, 4.5),
    'text-subtle': reach(seed, 0.5, -1, active, 4.5),
    'text-default': reach({ ...seed, c: seed.c * 0.7 }, 0.32, -1, active, 7),
    ...baseSteps(base),
  }
}

function darkScale(seed: Oklch): Scale {
  const tint = { ...seed, c: Math.min(seed.c, 0.1) }
  const at = (l: number, share: number): string => toHex({ l, c: tint.c * share, h: seed.h })
  const active = at(0.36, 0.55)
  const tinted = at(0.26, 0.4)
  return {
    'background-default': at(0.175, 0.2),
    'background-tinted': at(0.205, 0.25),
    'surface-default': at(0.215, 0.25),
    'surface-tinted': tinted,
    'surface-hover': at(0.31, 0.5),
    'surface-active': active,
    'border-subtle': at(0.42, 0.5),
    'border-default': reach(tint, 0.62, 1, tinted, 3),
    'border-strong': reach(tint, 0.72, 1, tinted, 4.5),
    'text-subtle': reach(tint, 0.78, 1, active, 4.5),
    'text-default': reach({ ...tint, c: tint.c * 0.3 }, 0.93, 1, active, 7),
    ...baseSteps(reach(tint, 0.75, 1, '#000000', 4.5)),
  }
}

/** The strong colour with its text: white or black, whichever reads; hover and active move away from that text. */
function baseSteps(base: string): Pick<Scale, 'base-default' | 'base-hover' | 'base-active' | 'base-contrast-default'> {
  const white = contrast(base, '#ffffff') >= 4.5
  const seed = toOklch(base)
  const away = white ? -1 : 1
  const step = (by: number): string => {
    const moved = toHex({ ...seed, l: Math.min(0.99, Math.max(0.05, seed.l + away * by)) })
    const text = white ? '#ffffff' : '#000000'
    return contrast(moved, text) >= 4.5 ? moved : base
  }
  return {
    'base-default': base,
    'base-hover': step(0.06),
    'base-active': step(0.11),
    'base-contrast-default': white ? '#ffffff' : '#000000',
  }
}

/** The first shade from `start`, darker (-1) or lighter (1), that has the contrast against `ground`. */
function reach(seed: Oklch, start: number, towards: -1 | 1, ground: string, ratio: number): string {
  for (let l = start; l >= 0 && l <= 1; l += towards * 0.01) {
    const hex = toHex({ ...seed, l })
    if (contrast(hex, ground) >= ratio) return hex
  }
  return towards < 0 ? '#000000' : '#ffffff'
}

/** The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

function luminance(hex: string): number {
  const [r, g, b] = linearRgb(hex)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function linearRgb(hex: string): [number, number, number] {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

function toOklch(hex: string): Oklch {
  const [r, g, b] = linearRgb(hex)
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  return {
    l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    c: Math.hypot(a, bb),
    h: (Math.atan2(bb, a) * 180) / Math.PI,
  }
}

/** The nearest colour a screen can show: chroma gives way until all channels fit. */
function toHex(colour: Oklch): string {
  for (let c = colour.c; c > 0; c -= 0.005) {
    const rgb = toLinear({ ...colour, c })
    if (rgb.every((value) => value >= -0.0005 && value <= 1.0005)) return encode(rgb)
  }
  return encode(toLinear({ ...colour, c: 0 }))
}

function toLinear({ l, c, h }: Oklch): [number, number, number] {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const x = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const y = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const z = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ]
}

function encode(rgb: readonly number[]): string {
  const channels = rgb.map((value) => {
    const v = Math.min(1, Math.max(0, value))
    const gamma = v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055
    return Math.round(gamma * 255)
      .toString(16)
      .padStart(2, '0')
  })
  return `#${channels.join('')}`
}
