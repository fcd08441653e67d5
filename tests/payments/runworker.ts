// Moves one run of property tax until it is done or killed: DATABASE_URL and run id as arguments. Says each turn on a line.
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createHasher } from '../../src/modules/identity/index.ts'
import { moveRun } from '../../src/modules/payments/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { memoryMailer, root } from '../support/app.ts'

const [url = '', run = '', folder = ''] = process.argv.slice(2)
const config = { ...readConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent' }, root), demo: false }
const app = await createApp(config, url, { mailer: memoryMailer(), hasher: createHasher(true), keys: keysFromPhrase('test') })
if (!app.treasury) throw new Error('no treasury')
await moveRun(app.treasury, run, Number.POSITIVE_INFINITY, (now) => process.stdout.write(`${now.state} ${now.billed}\n`))
await app.close()
