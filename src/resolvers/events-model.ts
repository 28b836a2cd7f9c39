import { type DomainEvent } from '../domain-events/event.ts'

/** An event that is shown in the shape all domains share; `epoch` is the life of its stream. */
export interface GenericEvent extends DomainEvent {
  readonly epoch: string
}
