import { text } from './database.ts'
import type { Parts } from './parts.ts'

/** How webhooks travel: at once, half a minute late, never, twice, in another order, or not until they are let go. */
export const webhookWeathers = ['prompt', 'late', 'lost', 'duplicate', 'shuffled', 'held'] as const
/** How the API answers: well, after three seconds, with 503, or not at all after it has done what was asked. */
export const apiWeathers = ['up', 'slow', 'down', 'cut'] as const

/** What the sandbox makes go wrong. */
export type Weather = { readonly webhooks: (typeof webhookWeathers)[number]; readonly api: (typeof apiWeathers)[number] }

/** The weather now. */
export function weatherOf({ db }: Pick<Parts, 'db'>): Weather {
  const facts = new Map(
    db.all("select name, value from facts where name like 'weather.%'").map((row) => [text(row, 'name'), text(row, 'value')]),
  )
  return {
    webhooks: webhookWeathers.find((each) => each === facts.get('weather.webhooks')) ?? 'prompt',
    api: apiWeathers.find((each) => each === facts.get('weather.api')) ?? 'up',
  }
}

/** Changes the weather; webhooks that were held go out when they are held no longer. */
export function setWeather(parts: Parts, change: Partial<Weather>): Weather {
  return parts.db.transact(() => {
    for (const [name, value] of Object.entries(change))
      parts.db.run('insert into facts values (?, ?) on conflict (name) do update set value = excluded.value', `weather.${name}`, value)
    const now = weatherOf(parts)
    if (now.webhooks !== 'held') {
      parts.db.run("update deliveries set state = 'due', next_at = ? where state = 'held'", parts.now().getTime())
      parts.nudge()
    }
    return now
  })
}
