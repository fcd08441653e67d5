/**
 * The best time of this thread's processor over so many runs, in milliseconds, on a machine as fast as one that counts to
 * twenty million in 20 ms: what tests of speed hold against their bounds, however busy the machine is.
 */
export function milliseconds(act: () => unknown, runs = 4): number {
  const counted = best(4, () => {
    let sum = 0
    for (let i = 0; i < 20_000_000; i += 1) sum = (sum + i) | 0
    return sum
  })
  return best(runs, act) / Math.max(1, counted / 20)
}

function best(runs: number, act: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const before = process.threadCpuUsage()
    act()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...times)
}
