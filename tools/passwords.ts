// Makes the list of breached passwords from a file with one password on each line: node tools/passwords.ts FILE
// The shipped list was made from "10 million password list, top 1,000,000" of Mark Burnett's collection (public domain).
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { breachedDigest, DIGEST_BYTES } from '../src/modules/identity/passwords/digest.ts'
import { passwordLength } from '../src/modules/identity/password.ts'

const [file] = process.argv.slice(2)
if (!file) throw new Error('Say which file has the passwords.')
const digests = new Set(
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => [...line].length >= passwordLength.min)
    .map((line) => breachedDigest(line).toString('hex')),
)
const sorted = [...digests].toSorted()
const target = fileURLToPath(new URL('../src/modules/identity/passwords/breached.bin', import.meta.url))
writeFileSync(target, Buffer.from(sorted.join(''), 'hex'))
process.stdout.write(`${sorted.length} passwords, ${DIGEST_BYTES} bytes each\n`)
