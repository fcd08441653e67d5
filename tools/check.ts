// Checks what can be known without running the program: format, lint, types, what nothing uses, architecture.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Check = { readonly name: string; readonly args: readonly string[]; readonly mend: string }
type Result = { readonly check: Check; readonly passed: boolean; readonly output: string }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const script = (path: string): string => join(root, 'node_modules', path)
const architecture = globSync('tests/architecture/*.test.ts', { cwd: root }).toSorted()
if (architecture.length === 0) throw new Error('There are no tests in tests/architecture.')

const checks: readonly Check[] = [
  { name: 'lint', args: [script('oxlint/bin/oxlint'), '--type-aware'], mend: 'rules are in .oxlintrc.json' },
  { name: 'types', args: [script('typescript/bin/tsc'), '-p', '.'], mend: 'options are in tsconfig.json' },
  { name: 'unused', args: [script('knip/bin/knip.js'), '--no-progress'], mend: 'what counts as used is in knip.json' },
  { name: 'architecture', args: ['--test', '--test-reporter=dot', ...architecture], mend: 'rules are in tests/architecture' },
  { name: 'format', args: [script('oxfmt/bin/oxfmt'), '--check', '.'], mend: 'mend with: npx oxfmt .' },
]

const begun = performance.now()
const results = await Promise.all(checks.map(run))
const failed = results.filter((result) => !result.passed)
for (const { check, output } of failed) console.log(`\n--- ${check.name} (${check.mend})\n${output.trimEnd()}`)
const seconds = ((performance.now() - begun) / 1000).toFixed(1)
console.log(
  failed.length === 0
    ? `\nAll ${checks.length} checks passed in ${seconds} s.`
    : `\n${failed.length} of ${checks.length} checks failed in ${seconds} s.`,
)
process.exit(failed.length === 0 ? 0 : 1)

/** Runs a check on this Node and tells its outcome as soon as it has one; its own output is kept for the end. */
function run(check: Check): Promise<Result> {
  return new Promise((done) => {
    const start = performance.now()
    const output: Buffer[] = []
    const child = spawn(process.execPath, check.args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const end = (passed: boolean): void => {
      const took = (performance.now() - start) / 1000
      console.log(`${passed ? 'ok  ' : 'FAIL'} ${check.name.padEnd(12)} ${took.toFixed(1).padStart(5)} s`)
      done({ check, passed, output: Buffer.concat(output).toString('utf8') })
    }
    child.stdout.on('data', (part: Buffer) => output.push(part))
    child.stderr.on('data', (part: Buffer) => output.push(part))
    child.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`))
      end(false)
    })
    child.once('close', (code) => end(code === 0))
  })
}
