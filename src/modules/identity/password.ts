import { hash, verify } from '@node-rs/argon2'

/** Hashes passwords with argon2id (RFC 9106, 4: 64 MiB, 3 passes), at most two at once so that pages keep their threads. */
export type PasswordHasher = {
  hash(password: string): Promise<string>
  /** Takes as long for no hash (an unknown account) as for a wrong password. */
  verify(hash: string | null, password: string): Promise<boolean>
}

/** Shortest and longest password (NIST SP 800-63B-4, 3.1.1.2: length, no composition rules). */
export const passwordLength = { min: 12, max: 128 } as const

/** Makes a hasher. `light` is for tests and seeding only. */
export function createHasher(light = false): PasswordHasher {
  const options = light ? { memoryCost: 1024, timeCost: 1, parallelism: 1 } : { memoryCost: 65_536, timeCost: 3, parallelism: 1 }
  const queue: Array<() => void> = []
  let running = 0
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= 2) await new Promise<void>((resume) => queue.push(resume))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      queue.shift()?.()
    }
  }
  const decoy = limited(() => hash('no account has this password', options))
  return {
    hash: (password) => limited(() => hash(password, options)),
    verify: async (known, password) => {
      const against = known ?? (await decoy)
      const fits = await limited(() => verify(against, password))
      return known !== null && fits
    },
  }
}
