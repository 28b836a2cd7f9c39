import { type Arguments, UsageError } from './arguments.ts'
import { remoteActions, remoteGraphCommand } from './graph-remote.ts'

const storedActions = ['checksum', 'rebuild']

/** Over the API of a running server, or on the stores: what opens those is loaded only where it is needed, since it is most of a command's time. */
export async function graphCommand(given: Arguments): Promise<void> {
  const [action = ''] = given.words
  if (remoteActions.includes(action)) return remoteGraphCommand(given)
  if (!storedActions.includes(action))
    throw new UsageError(`Say \`graph checksum\`, \`graph rebuild\`, or \`graph\` and one of ${remoteActions.join(', ')}.`)
  return (await import('./graph-stored.ts')).storedGraphCommand(given)
}
