import { type Page, type PageRequest } from '../page.ts'
import { type Scope } from '../scope.ts'
import { type Nanos } from '../../time.ts'

export type SourceKind = 'LOG' | 'SQL' | 'GRAPH' | 'CACHE' | 'METRICS' | 'ALERTS' | 'STORAGE'
export type SourceStatus = 'UP' | 'DEGRADED' | 'DOWN' | 'UNKNOWN'

/** One store or neighbour, as the last probe saw it. */
export interface Source {
  readonly name: string
  readonly kind: SourceKind
  readonly mode: 'EMBEDDED' | 'CONNECTED'
  readonly status: SourceStatus
  /** The deployment cannot be ready without it. */
  readonly critical: boolean
  readonly asOf: Nanos | null
  readonly lagSeconds: number | null
  readonly lagEvents: bigint | null
  readonly latencyMs: number | null
  /** A sentence of ours; never a driver's text. */
  readonly lastError: string | null
}

/** Whether it answers, be it with something wrong. */
export const serves = ({ status }: Pick<Source, 'status'>): boolean => status === 'UP' || status === 'DEGRADED'

/** Something that a source may have or not, as a look at it found. */
export interface SourceCapability {
  readonly name: string
  readonly available: boolean
  readonly detail: string
}

/** A message that could not be read, kept whole with its reason. */
export interface DeadLetter {
  readonly source: string
  readonly sequence: bigint
  readonly subject: string
  readonly reason: string
  readonly receivedAt: Nanos
  readonly payload: string
}

export interface SourcesDataSource {
  /** Every source, probed within the last few seconds; never throws for a source that is down. */
  list(): Promise<Source[]>
  /** What was found in a source that differs from install to install; nothing for others, and while it is down. */
  capabilities(source: string): Promise<readonly SourceCapability[]>
  /** Newest first. Messages that belong to another tenant's subject are left out. */
  deadLetters(scope: Scope, source: string, page: PageRequest): Promise<Page<DeadLetter>>
  countDeadLetters(scope: Scope, source: string): Promise<number>
}
