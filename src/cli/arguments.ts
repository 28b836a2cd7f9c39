import { parseArgs } from 'node:util'

/** What the command line says, checked: which command, its own words, and settings given as flags. */
export interface Arguments {
  readonly command: string
  readonly words: readonly string[]
  /** Settings by their name in the environment; they win over it. */
  readonly overrides: Readonly<Record<string, string>>
  readonly help: boolean
  readonly version: boolean
  /** Flags of single commands. */
  readonly tenant: string | undefined
  readonly name: string | undefined
  readonly roles: string | undefined
  readonly expires: string | undefined
  readonly subgraph: string | undefined
  readonly json: boolean
  readonly url: string | undefined
  readonly token: string | undefined
  readonly store: string | undefined
  readonly class: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly expect: string | undefined
  readonly count: string | undefined
  readonly file: string | undefined
  readonly out: string | undefined
  readonly list: boolean | undefined
  readonly pins: string | undefined
  readonly force: boolean
}

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  empty: { type: 'boolean' },
  data: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  tenant: { type: 'string' },
  name: { type: 'string' },
  roles: { type: 'string' },
  expires: { type: 'string' },
  subgraph: { type: 'string' },
  json: { type: 'boolean' },
  url: { type: 'string' },
  token: { type: 'string' },
  store: { type: 'string' },
  class: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  expect: { type: 'string' },
  count: { type: 'string' },
  file: { type: 'string' },
  out: { type: 'string' },
  list: { type: 'boolean' },
  pins: { type: 'string' },
  force: { type: 'boolean' },
} as const

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    // node:util says what is wrong in one sentence and hints at `--` in the next
    const [said = ''] = error instanceof Error ? error.message.split('. ') : []
    throw new UsageError(said === '' ? 'The arguments cannot be read.' : `${said.replace(/\.$/, '')}.`)
  }
}

/** How many words a command takes behind its name, its action included; those that are not listed take any number, or say so themselves. */
const mostWords: Readonly<Record<string, number>> = {
  ...{ serve: 0, migrate: 0, doctor: 0 },
  ...{ 'keys create': 1, 'keys list': 1, 'keys revoke': 2 },
  ...{
    'graph checksum': 1,
    'graph rebuild': 1,
    'graph list': 1,
    'graph log': 2,
    'graph commit': 2,
    'graph tag': 4,
    'graph export': 3,
    'graph import': 2,
  },
  ...{ 'records tail': 2, 'records verify': 2, 'records pin': 2, 'records export': 2, 'records import': 2 },
  ...{ 'slo export': 1, 'slo rules': 2 },
}

/** A word that is passed over was meant for something: of two keys to revoke, the second would live on. */
function refuseMoreWords(command: string, words: readonly string[]): void {
  const most = mostWords[command] ?? mostWords[`${command} ${words[0] ?? ''}`]
  const more = most === undefined ? undefined : words[most]
  if (more !== undefined) throw new UsageError(`There is one word too many: "${more}".`)
}

/** @throws UsageError */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv)
  const [command = 'serve', ...words] = positionals
  if (values.help !== true) refuseMoreWords(command, words)
  const overrides: Record<string, string> = {}
  if (values.empty === true) overrides.SAMPLE_DATA = 'off'
  if (values.data !== undefined) overrides.DATA_DIR = values.data
  if (values.port !== undefined) overrides.PORT = values.port
  if (values.host !== undefined) overrides.HOST = values.host
  return {
    command: values.help === true ? 'help' : command,
    words,
    overrides,
    help: values.help === true,
    version: values.version === true,
    tenant: values.tenant,
    name: values.name,
    roles: values.roles,
    expires: values.expires,
    subgraph: values.subgraph,
    json: values.json === true,
    url: values.url,
    token: values.token,
    store: values.store,
    class: values.class,
    from: values.from,
    to: values.to,
    expect: values.expect,
    count: values.count,
    file: values.file,
    out: values.out,
    list: values.list,
    pins: values.pins,
    force: values.force === true,
  }
}

/** @throws UsageError */
export function wholeNumber(name: string, text: string | undefined): bigint | null {
  if (text === undefined) return null
  if (!/^\d{1,19}$/.test(text)) throw new UsageError(`Say --${name} as a number.`)
  return BigInt(text)
}
