import { randomUUID } from 'node:crypto'
import { type Actor } from '../auth/actor.ts'
import { readConfigWith } from '../config.ts'
import { createDataSources, openStores } from '../datasources/index.ts'
import { alertmanagerConfig, contractRulesYaml } from '../datasources/slo/contract-rules.ts'
import { readSloFiles } from '../datasources/slo/files.ts'
import { writeOpenSlo } from '../datasources/slo/openslo-text.ts'
import { generateRules } from '../datasources/slo/rules.ts'
import { prove } from '../datasources/storage/prove.ts'
import { migrate } from '../datasources/sql/migrate.ts'
import { encodeId } from '../ids.ts'
import { systemClock } from '../time.ts'
import { type Arguments, UsageError } from './arguments.ts'

/** Whoever may run the command on the tables: no token says who. */
const OPERATOR: Actor = { id: 'command-line', kind: 'SYSTEM', displayName: null }
const quiet = { warn: () => undefined }

const usage = 'Say `orrery slo apply FILE...`, `orrery slo export`, or `orrery slo rules [contract|alertmanager]`.'

/** `orrery slo apply|export|rules`: works on the tables directly. */
export async function sloCommand(given: Arguments): Promise<void> {
  const [action, ...rest] = given.words
  const config = readConfigWith(given.overrides)
  if (action === 'rules' && rest[0] === 'contract') {
    process.stdout.write(
      contractRulesYaml({ burnRateThreshold: config.burnRateThreshold, ...(given.name === undefined ? {} : { job: given.name }) }),
    )
    return
  }
  if (action === 'rules' && rest[0] === 'alertmanager') {
    process.stdout.write(
      alertmanagerConfig({
        webhookUrl: 'http://orrery:4000/alerts/security',
        tokenFile: '/etc/alertmanager/secrets/orrery-token',
        slackFile: '/etc/alertmanager/secrets/slack-url',
      }),
    )
    return
  }
  if (!(action === 'export' || (action === 'apply' && rest.length > 0) || (action === 'rules' && rest.length === 0)))
    throw new UsageError(usage)
  const specs = action === 'apply' ? await readSloFiles(rest) : []
  const stores = await openStores(config, { clock: systemClock })
  try {
    await migrate(stores.sql)
    const { slo, audit } = createDataSources({ stores, config, clock: systemClock })
    const scope = { tenantId: given.tenant ?? config.defaultTenant }
    for (const spec of specs) {
      const { created } = await slo.upsert(scope, spec, OPERATOR.id)
      await prove(
        { audit, scope, log: quiet },
        {
          ...{ actor: OPERATOR, action: 'upsertSlo', subject: encodeId('Slo', [scope.tenantId, spec.name]), outcome: 'SloAccepted' },
          ...{ requestId: `cli-${randomUUID()}`, input: spec, refused: false },
        },
      )
      process.stdout.write(`${spec.name}: ${created ? 'created' : 'changed'}\n`)
    }
    if (action === 'export') process.stdout.write(writeOpenSlo(await slo.definitions(scope)))
    if (action === 'rules') process.stdout.write(generateRules(await slo.definitions(scope), systemClock.now()))
  } finally {
    await stores.close()
  }
}
