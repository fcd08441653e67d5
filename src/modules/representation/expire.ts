import { addDays } from '../../kernel/time.ts'
import type { Job } from '../../platform/jobs.ts'
import type { Subscriber } from '../../platform/journal/subscribers.ts'
import { today, transact } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import { forgetPerson } from './forget.ts'
import { endHelp } from './help.ts'
import { ASKED_DAYS, REMINDER_DAYS } from './mandate.ts'
import { endLocked, tell } from './service.ts'
import * as store from './store.ts'

/** How many of a kind one run works on; the next run goes on. */
const BATCH = 500
const DAY_MS = 86_400_000

/** Ends what is over, reminds of what ends soon, and forgets old codes. Acting by what is over was refused before this runs. */
export const expireJob: Job = {
  name: 'representation:expire',
  cron: '*/10 * * * *',
  async run(platform) {
    const actor = systemActor('mandates')
    const now = platform.now()
    const day = today(platform)
    for (const id of await store.mandatesOver(platform.db, day, new Date(now.getTime() - (ASKED_DAYS + 1) * DAY_MS), BATCH)) {
      await transact(platform, async (tx) => {
        const mandate = await store.mandateById(tx.db, id, true)
        if (mandate) await endLocked(tx, actor, mandate, 'time')
      })
    }
    for (const id of await store.mandatesEnding(platform.db, addDays(day, REMINDER_DAYS), BATCH)) {
      await transact(platform, async (tx) => {
        const mandate = await store.mandateById(tx.db, id, true)
        if (!mandate || mandate.status !== 'granted' || mandate.reminded) return
        await store.updateMandate(tx.db, id, { reminded: true })
        await tell(tx, mandate, 'ending', 'holder')
        await tell(tx, mandate, 'ending', 'person')
      })
    }
    for (const id of await store.assistancesOver(platform.db, now, BATCH)) {
      await transact(platform, (tx) => endHelp(tx, actor, id, 'time'))
    }
    await store.deleteOldCodes(platform.db, new Date(now.getTime() - ASKED_DAYS * DAY_MS))
  },
}

/** Whoever is erased is acted for no more and acts for nobody; what the others were told of them is forgotten too. */
export const erasedSubscriber: Subscriber = {
  name: 'representation.erased',
  types: ['people.person.erased'],
  async handle(tx, events) {
    for (const { stream: person } of events) await forgetPerson(tx, person)
  },
}
