import type { Adapter, AdapterPayload } from 'oidc-provider'

/** How many things of one kind the invented national ID remembers; the oldest go first. */
const MOST = 1000

/** Makes the store of the invented national ID: in memory, gone with the process, like the nation. */
export function memoryStore(): (name: string) => Adapter {
  const kinds = new Map<string, Map<string, AdapterPayload>>()
  return (name) => {
    const items = kinds.get(name) ?? new Map<string, AdapterPayload>()
    kinds.set(name, items)
    const found = (fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined => [...items.values()].find(fits)
    return {
      async upsert(id, payload) {
        const [oldest] = items.keys()
        if (items.size >= MOST && oldest !== undefined) items.delete(oldest)
        items.set(id, payload)
      },
      find: async (id) => items.get(id),
      findByUid: async (uid) => found((payload) => payload.uid === uid),
      findByUserCode: async (code) => found((payload) => payload.userCode === code),
      async consume(id) {
        const payload = items.get(id)
        if (payload) items.set(id, { ...payload, consumed: true })
      },
      async destroy(id) {
        items.delete(id)
      },
      async revokeByGrantId(grantId) {
        for (const [id, payload] of items) if (payload.grantId === grantId) items.delete(id)
      },
    }
  }
}
