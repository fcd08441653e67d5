import { z } from 'zod'

/** For how many years a closed bill is kept with who paid it, as tax and accounting law ask. */
export const keepRules = { bill_years: z.number().int().min(1).max(100).default(10) } as const
