import { type Config } from './config.ts'

/** The header that the command needs; nobody's own token is known here. */
const proofHeader = ({ authMode }: Pick<Config, 'authMode'>): string =>
  authMode === 'none' ? '' : ` -H '${authMode === 'apikey' ? 'x-api-key: YOUR_KEY' : 'authorization: Bearer YOUR_TOKEN'}'`

/** A command that shows somebody new that the server answers, as it is typed into a shell. @param indent before its second line */
export const commandToTry = (config: Pick<Config, 'authMode'>, origin: string, indent: string): string =>
  `curl -s ${origin}/graphql${proofHeader(config)} -H 'content-type: application/json' \\
${indent}-d '{"query":"{ runs(first: 3) { nodes { ritualId runId status } } }"}'`
