import { createHmac, timingSafeEqual } from 'node:crypto'
import { type GuaranteeSignals } from '../guarantees/signals.ts'
import { sha256 } from './canonical-patch.ts'
import { type TicketKeys } from './ticket-keys.ts'
import { newStampId, type SignedTicket } from './ticket-message.ts'
import { type TicketKey } from './ticket-rules.ts'
import { type FileStamp, type TicketChanges, type TicketsDataSource } from './tickets.ts'

const lengthed = (parts: readonly string[]): string => parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
const stampMessage = (repoSha: string, planHash: string, ticketId: string, content: string): string =>
  lengthed(['orrery-stamp', repoSha, planHash, ticketId, sha256(content)])

const stampOf = (secret: Uint8Array, message: string): Buffer => createHmac('sha256', secret).update(message).digest()

/** Stamps say of a file that it was written under a ticket. */
export interface TicketStamps extends Pick<TicketsDataSource, 'isStamp'> {
  make(ticket: SignedTicket, repoSha: string, files: TicketChanges['files']): Promise<FileStamp[]>
}

export function createTicketStamps({ keys, signals }: { keys: TicketKeys; signals: GuaranteeSignals }): TicketStamps {
  return {
    async make(ticket, repoSha, files) {
      const { secret } = await keys.signing()
      return files.map(({ path, content }) => ({
        path,
        stamp: stampOf(secret, stampMessage(repoSha, ticket.planHash, ticket.id, content)).toString('base64'),
        stampId: newStampId(),
      }))
    },
    async isStamp({ stamp, ticketId, repoSha, planHash, content }) {
      const given = Buffer.from(stamp, 'base64')
      const message = stampMessage(repoSha, planHash, ticketId, content)
      const isOf = (signing: readonly TicketKey[]): boolean =>
        // every key is tried: how long it takes tells nothing
        signing
          .map(({ secret }) => stampOf(secret, message))
          .filter((wanted) => given.length === wanted.length && timingSafeEqual(given, wanted)).length > 0
      // a stamp does not name its key: it may be of one that another process has just made
      const valid = isOf(await keys.list()) || isOf(await keys.newest())
      signals.emit.stampVerified(valid)
      return valid
    },
  }
}
