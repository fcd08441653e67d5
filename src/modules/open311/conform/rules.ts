import type { Rule } from './rule.ts'
import { definitionRules } from './rules/definition.ts'
import { discoveryRules } from './rules/discovery.ts'
import { errorRules } from './rules/errors.ts'
import { filterRules } from './rules/filters.ts'
import { formatRules } from './rules/formats.ts'
import { postingRules } from './rules/posting.ts'
import { requestRules } from './rules/requests.ts'
import { serviceRules } from './rules/services.ts'
import { singleRules } from './rules/single.ts'
import { updateRules } from './rules/updates.ts'

/** Every rule, in the order they are run: those that look at all answers of a run come last. */
export const conformanceRules: readonly Rule[] = [
  ...discoveryRules,
  ...serviceRules,
  ...definitionRules,
  ...requestRules,
  ...filterRules,
  ...singleRules,
  ...errorRules,
  ...postingRules,
  ...updateRules,
  ...formatRules,
]
