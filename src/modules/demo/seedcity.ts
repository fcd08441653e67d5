/** Filled next. */
export async function seedCity(_app: unknown, _size: { residents: number; cases: number; seed: number }, _say: (line: string) => void): Promise<void> {}
