// Written by `npm run codegen` from schema/*.graphql; change those instead.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Run as RunModel, RunEvent as RunEventModel, PolicyDecision as PolicyDecisionModel, Ritual as RitualModel, ScaleHint as ScaleHintModel } from '../datasources/runs/runs.ts';
import type { GenericEvent as GenericEventModel } from '../resolvers/events-model.ts';
import type { Approval as ApprovalModel } from '../datasources/approvals/approvals.ts';
import type { DecisionOfGate as DecisionModel } from '../resolvers/decision.ts';
import type { Source as SourceModel, DeadLetter as DeadLetterModel } from '../datasources/system/sources.ts';
import type { RunBlocker as RunBlockerModel } from '../datasources/blockers/blockers.ts';
import type { Ticket as TicketModel } from '../datasources/tickets/tickets.ts';
import type { CountedConnection } from '../resolvers/connection.ts';
import type { InvariantReading as InvariantModel, Violation as ViolationModel } from '../datasources/guarantees/invariants.ts';
import type { Release as ReleaseModel } from '../datasources/guarantees/releases.ts';
import type { Alert as AlertModel } from '../datasources/alerts/alerts.ts';
import type { Incident as IncidentModel, TimelineEntry as TimelineEntryModel } from '../datasources/slo/incidents.ts';
import type { SloReport as SloReportModel, Correction as CorrectionModel } from '../datasources/slo/slo.ts';
import type { RecordStream as RecordStreamModel, RecordOfRun as RecordModel, Pin as PinModel, ChainVerification as ChainVerificationModel, StorageStatus as StorageStatusModel } from '../datasources/storage/storage.ts';
import type { AuditReceipt as AuditReceiptModel } from '../datasources/storage/audit.ts';
import type { Graph as GraphModel, GraphCommit as GraphCommitModel, GraphTag as GraphTagModel, GraphNode as GraphNodeModel, GraphRelationship as GraphRelationshipModel, GraphPath as GraphPathModel, GraphDiff as GraphDiffModel, GraphNodeVersion as GraphNodeVersionModel } from '../datasources/graph/graph.ts';
import type { RawMutation as GraphMutationModel, GraphAcceptedModel, GraphChangeModel, NeighbourConnection } from '../resolvers/graph-models.ts';
import type { Context } from '../context.ts';
export type Maybe<T> = T | null | undefined;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** Bytes in base64. */
  Bytes: { input: Uint8Array; output: Uint8Array; }
  /** A number of events; a double, because counts that Prometheus extrapolates have fractions. */
  Count: { input: number; output: number; }
  /** An opaque, signed position in the event log. Valid on every replica and over every transport, for the tenant, field and filter it was made for. */
  Cursor: { input: string; output: string; }
  /** RFC 3339 in UTC, such as `2026-01-31T08:00:00.123456789Z`; nanoseconds are kept where the source has them. Input may carry any offset. */
  DateTime: { input: bigint; output: bigint; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
  /** A 64-bit integer as a decimal string, signed but for ids that other systems give. Numbers are accepted on input. */
  Long: { input: bigint; output: bigint | number; }
  /** A number of seconds; may have a fraction. */
  Seconds: { input: number; output: number; }
};

/** Every accepted mutation says where it stands in the log, and whether the read model already shows it. */
export type Accepted = {
  /** The position of the event that made it so; give it as `minCursor` to read your own write. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Whether reads already show it. False: the wait was cut short; it will. */
  readonly projected: Scalars['Boolean']['output'];
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** Who did something. */
export type Actor = {
  readonly __typename?: 'Actor';
  /** As the source wrote it. */
  readonly id: Scalars['String']['output'];
  /** What kind of actor, as far as the id tells. */
  readonly kind: ActorKind;
  /** A name for people, where one is known. */
  readonly displayName?: Maybe<Scalars['String']['output']>;
};

/** What kind of actor. */
export type ActorKind =
  /** A person. */
  | 'USER'
  /** A program with an identity. */
  | 'SERVICE'
  /** The control plane itself, such as an expiry. */
  | 'SYSTEM'
  /** Cannot be told. */
  | 'UNKNOWN';

/** Takes a period out. */
export type AddCorrectionInput = {
  /** The objective, by global id; or give `name`. */
  readonly slo?: InputMaybe<Scalars['ID']['input']>;
  /** The objective, by name; or give `slo`. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** From here. */
  readonly startsAt: Scalars['DateTime']['input'];
  /** To here. */
  readonly endsAt: Scalars['DateTime']['input'];
  /** Why; must not be empty. */
  readonly reason: Scalars['String']['input'];
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** An alert, joined to what keeps it quiet. */
export type Alert = {
  readonly __typename?: 'Alert';
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** Who raised it. */
  readonly origin: AlertOrigin;
  /** Alertmanager's fingerprint of its labels; our id for our own. */
  readonly fingerprint: Scalars['String']['output'];
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** How urgent it is. */
  readonly severity: Scalars['String']['output'];
  /** Where it stands. */
  readonly state: AlertState;
  /** Whether a silence or another alert keeps it quiet. */
  readonly muted: Scalars['Boolean']['output'];
  /** The objective it is about, where its label `slo` names one of ours. */
  readonly slo?: Maybe<Slo>;
  /** Its labels. */
  readonly labels: Scalars['JSON']['output'];
  /** Its annotations. */
  readonly annotations: Scalars['JSON']['output'];
  /** Since when. */
  readonly startsAt: Scalars['DateTime']['output'];
  /** When it ended; null while it lives. */
  readonly endsAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was last heard of. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Silences that keep it quiet. */
  readonly silencedBy: ReadonlyArray<Silence>;
  /** Fingerprints of the alerts that keep it quiet. */
  readonly inhibitedBy: ReadonlyArray<Scalars['String']['output']>;
  /** Who is told. */
  readonly receivers: ReadonlyArray<Scalars['String']['output']>;
};

/** A page of alerts. */
export type AlertConnection = {
  readonly __typename?: 'AlertConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<AlertEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Alert>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** What `alertChanged` delivers. */
export type AlertDelivery = AlertItem | StreamGap | StreamPhase;

/** One of alerts, and its cursor. */
export type AlertEdge = {
  readonly __typename?: 'AlertEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Alert;
};

/** All given conditions must hold. */
export type AlertFilter = {
  /** In one of these states. */
  readonly states?: InputMaybe<ReadonlyArray<AlertState>>;
  /** With one of these severities. */
  readonly severities?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** With one of these names. */
  readonly names?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** About this objective, by name. */
  readonly slo?: InputMaybe<Scalars['String']['input']>;
  /** Only those that something keeps quiet (true), or nothing does (false). */
  readonly muted?: InputMaybe<Scalars['Boolean']['input']>;
  /** With all of these labels. */
  readonly labels?: InputMaybe<Scalars['JSON']['input']>;
};

/** An alert after a change of its state, and the change's position. */
export type AlertItem = {
  readonly __typename?: 'AlertItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The alert, as it is now. */
  readonly alert: Alert;
  /** The state it changed to; `alert.state` may have moved on. */
  readonly state: AlertState;
};

/** Who raised an alert. */
export type AlertOrigin =
  /** Our own evaluator. */
  | 'ORRERY'
  /** Prometheus; Alertmanager knows it. */
  | 'ALERTMANAGER';

/** Where an alert stands. */
export type AlertState =
  /** The condition does not hold. */
  | 'INACTIVE'
  /** It holds, not long enough yet. */
  | 'PENDING'
  /** It fires. */
  | 'FIRING';

/** Records for one stream: all or none of them are stored. */
export type AppendRecordsInput = {
  /** The stream, by global id. */
  readonly stream?: InputMaybe<Scalars['ID']['input']>;
  /** The stream, by natural key. */
  readonly key?: InputMaybe<StreamKey>;
  /** Append only if the stream has exactly this length. */
  readonly expectedOffset?: InputMaybe<Scalars['Long']['input']>;
  /** The records, in order. */
  readonly records: ReadonlyArray<RecordInput>;
  /** Makes a repeat within 24 hours harmless. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Given back in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What an append came to. */
export type AppendResult = RecordsAppended | OffsetConflict | InvalidInput | NotFound | NotAllowed | Unavailable;

/** A gate of a run: somebody has to decide before the run goes on. */
export type Approval = Node & {
  readonly __typename?: 'Approval';
  /** Opaque global id. */
  readonly id: Scalars['ID']['output'];
  /** Where it lives. */
  readonly system: System;
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** The gate's own id within the run. */
  readonly gateId: Scalars['String']['output'];
  /** Where it stands. */
  readonly state: ApprovalState;
  /** What the source says where it says more than `state`. */
  readonly rawState?: Maybe<Scalars['String']['output']>;
  /** The run it belongs to. */
  readonly run: Run;
  /** Who asked; null where no request was recorded. */
  readonly requester?: Maybe<Actor>;
  /** Why they asked. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** When they asked. */
  readonly requestedAt?: Maybe<Scalars['DateTime']['output']>;
  /** From request to decision, or to now while pending. */
  readonly ageSeconds?: Maybe<Scalars['Float']['output']>;
  /** The first terminal by sequence: the one that counts. */
  readonly decision?: Maybe<Decision>;
  /** Terminals that came after the first. Demon's own pages show the last of these. */
  readonly laterTerminals: ReadonlyArray<Decision>;
  /** What its newest timer says. Demon's worker may deny earlier, later or never. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Where it stands in its escalation. */
  readonly escalation?: Maybe<Escalation>;
  /** Whether the caller may decide it now. */
  readonly viewerCanDecide: Permission;
};

/** Somebody else was first; `approval.decision` names them. `sameOutcome` tells whether they decided what you asked for. */
export type ApprovalAlreadyDecided = UserError & {
  readonly __typename?: 'ApprovalAlreadyDecided';
  /** Always ALREADY_DECIDED. */
  readonly code: ErrorCode;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false. */
  readonly retryable: Scalars['Boolean']['output'];
  /** The gate and its true winner. */
  readonly approval: Approval;
  /** Whether the winner decided what you asked for. */
  readonly sameOutcome: Scalars['Boolean']['output'];
};

/** A page of gates. */
export type ApprovalConnection = {
  readonly __typename?: 'ApprovalConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<ApprovalEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Approval>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** The event is in the log. */
export type ApprovalDecided = Accepted & {
  readonly __typename?: 'ApprovalDecided';
  /** The gate, as the read model shows it now. */
  readonly approval: Approval;
  /** The position of the event that made it so; give it as `minCursor` to read your own write. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Whether reads already show it. */
  readonly projected: Scalars['Boolean']['output'];
  /** Proof that this was done. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** What `approvalUpdated` delivers. */
export type ApprovalDelivery = ApprovalItem | StreamGap | StreamPhase;

/** One of gates, and its cursor. */
export type ApprovalEdge = {
  readonly __typename?: 'ApprovalEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Approval;
};

/** All given conditions must hold. They are applied before the page is cut. */
export type ApprovalFilter = {
  /** In one of these states. */
  readonly states?: InputMaybe<ReadonlyArray<ApprovalState>>;
  /** Exactly this gate. */
  readonly gateId?: InputMaybe<Scalars['String']['input']>;
  /** On runs of this ritual. */
  readonly ritualId?: InputMaybe<Scalars['String']['input']>;
  /** Asked for by exactly this actor. */
  readonly requester?: InputMaybe<Scalars['String']['input']>;
  /** Decided by exactly this actor. */
  readonly approver?: InputMaybe<Scalars['String']['input']>;
  /** Only those the caller could decide now (true), or could not (false). */
  readonly decidableByViewer?: InputMaybe<Scalars['Boolean']['input']>;
  /** Requested at or after this moment. */
  readonly requestedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** With an expiry before this moment. */
  readonly expiresBefore?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A gate as it is after an event, and the event's position. */
export type ApprovalItem = {
  readonly __typename?: 'ApprovalItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The gate. */
  readonly approval: Approval;
};

/** The natural key of a gate in the caller's tenant. */
export type ApprovalKey = {
  /** The ritual that runs. */
  readonly ritualId: Scalars['String']['input'];
  /** The run. */
  readonly runId: Scalars['String']['input'];
  /** The gate; may hold any text. */
  readonly gateId: Scalars['String']['input'];
  /** Where the run lives. */
  readonly system?: InputMaybe<System>;
};

/** How gates are ordered. */
export type ApprovalOrder =
  /** Longest waiting first. */
  | 'REQUESTED_ASC'
  /** Newest first. */
  | 'REQUESTED_DESC'
  /** Next to expire first; without expiry last. */
  | 'EXPIRES_ASC';

/** Outcomes of opening or deciding a gate. */
export type ApprovalResult = ApprovalDecided | ApprovalAlreadyDecided | InvalidInput | NotFound | NotAllowed | Unavailable;

/** Where a gate stands. The first terminal by sequence decides. */
export type ApprovalState =
  /** Nobody has decided. */
  | 'PENDING'
  /** Somebody granted it. */
  | 'GRANTED'
  /** Somebody denied it. */
  | 'DENIED'
  /** Somebody overrode it. */
  | 'OVERRIDDEN'
  /** The system denied it because its time ran out. */
  | 'EXPIRED'
  /** A state that we do not know; see `rawState`. */
  | 'UNKNOWN';

/** A file of a release. */
export type Artifact = {
  readonly __typename?: 'Artifact';
  /** Version and name. */
  readonly id: Scalars['ID']['output'];
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** What kind. */
  readonly type: ArtifactType;
  /** Its place in the bundle. */
  readonly path: Scalars['String']['output'];
  /** SHA-256, computed when it was read. */
  readonly hash: Scalars['String']['output'];
  /** Its size. */
  readonly sizeBytes: Scalars['Count']['output'];
  /** When it was written. */
  readonly at: Scalars['DateTime']['output'];
};

/** What kind of file. */
export type ArtifactType =
  /** A container image. */
  | 'CONTAINER'
  /** An archive. */
  | 'TARBALL'
  /** An npm package. */
  | 'NPM'
  /** A program. */
  | 'BINARY'
  /** A document. */
  | 'DOCUMENT';

/** Hash-chained proof that something was decided: number n contains the hash of number n - 1. */
export type AuditReceipt = Node & {
  readonly __typename?: 'AuditReceipt';
  /** Global id. */
  readonly id: Scalars['ID']['output'];
  /** Its number in the tenant's audit log, counted from 0. */
  readonly sequence: Scalars['Long']['output'];
  /** SHA-256 over the previous hash and the receipt's bytes, in hex. */
  readonly hash: Scalars['String']['output'];
  /** Hash of the receipt before; 64 zeros for the first one. */
  readonly previousHash: Scalars['String']['output'];
  /** The verified identity of who did it. */
  readonly actor: Actor;
  /** What was asked for: the name of the mutation. */
  readonly action: Scalars['String']['output'];
  /** Global id of what it was about, where it is about one thing. */
  readonly subject?: Maybe<Scalars['ID']['output']>;
  /** What came of it: the type of the answer, such as `ApprovalDecided` or `NotAllowed`. */
  readonly outcome: Scalars['String']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** The whole receipt, as it was hashed. */
  readonly payload: Scalars['JSON']['output'];
  /** Recomputes this link of the chain and the newest 1,000 before it. */
  readonly verification: AuditVerification;
};

/** What a check of audit receipts found. */
export type AuditVerification = {
  readonly __typename?: 'AuditVerification';
  /** Nothing was wrong. */
  readonly ok: Scalars['Boolean']['output'];
  /** First number that was looked at. */
  readonly checkedFrom: Scalars['Long']['output'];
  /** Last number that was looked at. */
  readonly checkedTo: Scalars['Long']['output'];
  /** What is wrong, in a sentence. */
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** What keeps a run from going on. */
export type BlockerKind =
  /** A gate waits for a decision. */
  | 'APPROVAL'
  /** A policy denied what it asked for. */
  | 'POLICY'
  /** A quota is spent. */
  | 'QUOTA'
  /** An objective's budget is spent, and freezes its ritual. */
  | 'FROZEN_BUDGET'
  /** A ticket for it was not used, or has expired. */
  | 'TICKET'
  /** No event for longer than the ritual's p99. */
  | 'STALLED';

/** How to spend less. */
export type BudgetAdvice = {
  readonly __typename?: 'BudgetAdvice';
  /** The operation's name. */
  readonly operation: Scalars['String']['output'];
  /** Its share of what the budget gives back in the same time, 0..1. */
  readonly share: Scalars['Float']['output'];
  /** What to do. */
  readonly suggestion: Scalars['String']['output'];
};

/** How a budget is spent. */
export type BudgetingMethod =
  /** Each bad event spends it. */
  | 'OCCURRENCES'
  /** Each slice of time below the slice target spends it. */
  | 'TIMESLICES'
  /** The mean of the slices' ratios, unweighted. */
  | 'RATIO_TIMESLICES';

/** When the fastest tier fires. */
export type BurnThreshold = {
  readonly __typename?: 'BurnThreshold';
  /** Its burn rate; both windows must be above it. */
  readonly factor: Scalars['Float']['output'];
  /** The highest burn rate there can be: 1 / (1 - target). */
  readonly maximum: Scalars['Float']['output'];
};

/** A pair of windows and a factor: it fires when both burn faster. */
export type BurnTier = {
  readonly __typename?: 'BurnTier';
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** How urgent it is, such as `page` or `ticket`. */
  readonly severity: Scalars['String']['output'];
  /** The burn rate it fires above. */
  readonly factor: Scalars['Float']['output'];
  /** Share of the budget that is spent when it fires. */
  readonly budgetShare: Scalars['Float']['output'];
  /** The window that decides. */
  readonly long: BurnWindow;
  /** The window that ends it soon after. */
  readonly short: BurnWindow;
  /** Whether a full outage would pass the factor at all. */
  readonly reachable: Scalars['Boolean']['output'];
  /** Whether too few events hold it back. */
  readonly guarded: Scalars['Boolean']['output'];
  /** Events the long window must have. */
  readonly eventsNeeded: Scalars['Count']['output'];
  /** Seconds from the begin of a full outage until it fires; null = never. */
  readonly detectionSeconds?: Maybe<Scalars['Seconds']['output']>;
  /** Where it stands; told with hysteresis where an evaluator runs. */
  readonly state: AlertState;
  /** Since when. */
  readonly since?: Maybe<Scalars['DateTime']['output']>;
};

/** A burn tier; its factor follows from share, window and long. */
export type BurnTierInput = {
  /** Its name. */
  readonly name: Scalars['String']['input'];
  /** How urgent it is. */
  readonly severity: Scalars['String']['input'];
  /** Share of the budget that is spent when it fires. */
  readonly budgetShare: Scalars['Float']['input'];
  /** The long window, such as `1h`. */
  readonly long: Scalars['String']['input'];
  /** The short window, such as `5m`. */
  readonly short: Scalars['String']['input'];
  /** How long the condition must hold, such as `2m`. */
  readonly for?: InputMaybe<Scalars['String']['input']>;
};

/** A window of a tier. */
export type BurnWindow = {
  readonly __typename?: 'BurnWindow';
  /** Its length. */
  readonly seconds: Scalars['Seconds']['output'];
  /** Its burn rate; null when not measured. */
  readonly burnRate?: Maybe<Scalars['Float']['output']>;
  /** Its events. */
  readonly events?: Maybe<Scalars['Count']['output']>;
};

/** Units of a calendar window. */
export type CalendarUnit =
  /** Days. */
  | 'DAY'
  /** Weeks. */
  | 'WEEK'
  /** Months. */
  | 'MONTH'
  /** Quarters. */
  | 'QUARTER'
  /** Years. */
  | 'YEAR';

/** A period of the calendar. */
export type CalendarWindowInput = {
  /** Its unit. */
  readonly unit: CalendarUnit;
  /** How many. */
  readonly count?: InputMaybe<Scalars['Int']['input']>;
  /** Start of any one period. */
  readonly start: Scalars['DateTime']['input'];
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** The cancellation of a run. */
export type CancelRunInput = {
  /** The run, by global id; or give `key`. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** The run, by natural key; or give `run`. */
  readonly key?: InputMaybe<RunKey>;
  /** Why. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What is left of one capability's quota. */
export type CapabilityQuota = {
  readonly __typename?: 'CapabilityQuota';
  /** The capability. */
  readonly capability: Scalars['String']['output'];
  /** As the newest decision says. */
  readonly quota: Quota;
  /** When it was said. */
  readonly at: Scalars['DateTime']['output'];
  /** Sequence of the event. */
  readonly sequence: Scalars['Long']['output'];
};

/** What a check of a chain found. */
export type ChainVerification = {
  readonly __typename?: 'ChainVerification';
  /** Nothing was wrong. */
  readonly ok: Scalars['Boolean']['output'];
  /** Records that were looked at and found good. */
  readonly checked: Scalars['Long']['output'];
  /** Hash of the last good record that was looked at. */
  readonly headHash?: Maybe<Scalars['String']['output']>;
  /** Where the chain breaks first; null when it does not. */
  readonly firstBrokenOffset?: Maybe<Scalars['Long']['output']>;
  /** Why, in a sentence. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** Where the records were read from: `sql`, `files` or `wire`. */
  readonly mode: Scalars['String']['output'];
  /** How long it took. */
  readonly durationMs: Scalars['Float']['output'];
};

/** Adds a commit. */
export type CommitGraphInput = {
  /** The graph, by global id; or give `scope`. */
  readonly graph?: InputMaybe<Scalars['ID']['input']>;
  /** The graph, by its scope; or give `graph`. */
  readonly scope?: InputMaybe<GraphScopeInput>;
  /** The commit it is made on; the head when left out. */
  readonly parent?: InputMaybe<Scalars['String']['input']>;
  /** Write only if this is the head. */
  readonly expectedHead?: InputMaybe<Scalars['String']['input']>;
  /** What to change, in order; 1 to 10,000. */
  readonly mutations: ReadonlyArray<GraphMutationInput>;
  /** Only say what would differ. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What a release breaks. */
export type CompatReport = {
  readonly __typename?: 'CompatReport';
  /** Whether older clients go on; null when not said. */
  readonly backward?: Maybe<Scalars['Boolean']['output']>;
  /** What breaks. */
  readonly breakingChanges: ReadonlyArray<Scalars['String']['output']>;
  /** The document. */
  readonly document: Scalars['JSON']['output'];
};

/** The end of a run. */
export type CompleteRunInput = {
  /** The run, by global id; or give `key`. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** The run, by natural key; or give `run`. */
  readonly key?: InputMaybe<RunKey>;
  /** What came out; any JSON object. */
  readonly outputs?: InputMaybe<Scalars['JSON']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** A member of a composite. */
export type CompositeMemberInput = {
  /** Name of the objective. */
  readonly slo: Scalars['String']['input'];
  /** Its weight. */
  readonly weight?: InputMaybe<Scalars['Float']['input']>;
};

/** A ticket, and what is to be done with it. */
export type ConsumeTicketInput = {
  /** The token, or the ticket's JSON. */
  readonly token: Scalars['String']['input'];
  /** The repository. */
  readonly repoId: Scalars['String']['input'];
  /** The commit. */
  readonly baseCommit?: InputMaybe<Scalars['String']['input']>;
  /** The plan. */
  readonly planHash?: InputMaybe<Scalars['String']['input']>;
  /** The patch itself; its canonical form is compared. */
  readonly patch?: InputMaybe<Scalars['String']['input']>;
  /** SHA-256 of the canonical patch. */
  readonly patchSha256?: InputMaybe<Scalars['String']['input']>;
  /** What is to be done, such as `write`. */
  readonly scope?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Outcomes of using a ticket. */
export type ConsumeTicketResult = TicketConsumed | TicketRefused | InvalidInput | NotFound | NotAllowed | Unavailable;

/** A period that does not count. */
export type Correction = {
  readonly __typename?: 'Correction';
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** From here. */
  readonly startsAt: Scalars['DateTime']['output'];
  /** To here. */
  readonly endsAt: Scalars['DateTime']['output'];
  /** Why. */
  readonly reason: Scalars['String']['output'];
  /** Who took it out. */
  readonly author: Actor;
  /** When. */
  readonly createdAt: Scalars['DateTime']['output'];
};

/** What this deployment counts itself: `operation`, `operation_duration`, `http_request`, `http_request_duration`, `subscription_lag`, `projector_lag`, `ticket_verification`, or a name of your own with `recordSloEvents`. */
export type CountersInput = {
  /** Name of what is counted. */
  readonly measure: Scalars['String']['input'];
  /** Good ones take at most so long. */
  readonly thresholdMs?: InputMaybe<Scalars['Float']['input']>;
};

/** Makes a graph. */
export type CreateGraphInput = {
  /** Where. */
  readonly scope: GraphScopeInput;
  /** Its first commit; must not be empty. */
  readonly mutations: ReadonlyArray<GraphMutationInput>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What a new stream is like. */
export type CreateRecordStreamInput = {
  /** 1 to 256 characters; names that begin with `_` are reserved. */
  readonly name: Scalars['String']['input'];
  /** Where it shall live. */
  readonly store?: InputMaybe<RecordStoreKind>;
  /** What kind of data it will hold; cannot be changed. */
  readonly dataClass?: InputMaybe<DataClass>;
  /** For how many days records are kept; left out = for ever. Native streams only. */
  readonly retentionDays?: InputMaybe<Scalars['Int']['input']>;
  /** Given back in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What kind of data a stream holds. Payloads of PHI, PII and PCI are shown only to those with the scope `storage:sensitive`. */
export type DataClass =
  /** Health data of a person. */
  | 'PHI'
  /** Health data without the person. */
  | 'DEIDENTIFIED'
  /** Data that identifies a person. */
  | 'PII'
  /** Data of a special category. */
  | 'SENSITIVE'
  /** Data of payment cards. */
  | 'PCI'
  /** Financial records. */
  | 'FINANCIAL'
  /** Business data that is not public. */
  | 'CONFIDENTIAL'
  /** Open to everybody. */
  | 'PUBLIC'
  /** Nobody told us. */
  | 'UNKNOWN';

/** A message that could not be read: kept whole, with the reason. */
export type DeadLetter = {
  readonly __typename?: 'DeadLetter';
  /** The stream it came from. */
  readonly source: Scalars['String']['output'];
  /** Its sequence there. */
  readonly sequence: Scalars['Long']['output'];
  /** The subject it was published on; withheld, as the payload is, where it names no tenant. */
  readonly subject: Scalars['String']['output'];
  /** Why it could not be read. */
  readonly reason: Scalars['String']['output'];
  /** When the log stored it. */
  readonly receivedAt: Scalars['DateTime']['output'];
  /** The payload as text. */
  readonly payload: Scalars['String']['output'];
};

/** A page of dead letters. */
export type DeadLetterConnection = {
  readonly __typename?: 'DeadLetterConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<DeadLetterEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<DeadLetter>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A dead letter and its cursor. */
export type DeadLetterEdge = {
  readonly __typename?: 'DeadLetterEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The dead letter. */
  readonly node: DeadLetter;
};

/** What somebody decided. */
export type Decision = {
  readonly __typename?: 'Decision';
  /** What. */
  readonly kind: DecisionKind;
  /** Who. */
  readonly approver: Actor;
  /** A note of the approver's. */
  readonly note?: Maybe<Scalars['String']['output']>;
  /** Why it was denied. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** Sequence of the event. */
  readonly sequence: Scalars['Long']['output'];
  /** Proof of the decision, where it was made through Orrery. */
  readonly receipt?: Maybe<AuditReceipt>;
};

/** What can be decided about a gate. */
export type DecisionKind =
  /** Let the run go on. */
  | 'GRANT'
  /** Refuse. */
  | 'DENY'
  /** Let the run go on in an emergency. */
  | 'OVERRIDE';

/** Takes a tag away. */
export type DeleteGraphTagInput = {
  /** The graph, by global id; or give `scope`. */
  readonly graph?: InputMaybe<Scalars['ID']['input']>;
  /** The graph, by its scope; or give `graph`. */
  readonly scope?: InputMaybe<GraphScopeInput>;
  /** The name. */
  readonly tag: Scalars['String']['input'];
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Ends an objective. */
export type DeleteSloInput = {
  /** The objective, by global id; or give `name`. */
  readonly slo?: InputMaybe<Scalars['ID']['input']>;
  /** The objective, by name; or give `slo`. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Denies a gate. */
export type DenyApprovalInput = {
  /** The gate, by global id; or give `key`. */
  readonly approval?: InputMaybe<Scalars['ID']['input']>;
  /** The gate, by natural key; or give `approval`. */
  readonly key?: InputMaybe<ApprovalKey>;
  /** Why; must not be empty. */
  readonly reason: Scalars['String']['input'];
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Why the caller may not. */
export type DenyReason =
  /** Nobody is signed in. */
  | 'NOT_AUTHENTICATED'
  /** A scope is missing. */
  | 'MISSING_SCOPE'
  /** The caller is not among the approvers. */
  | 'NOT_AN_APPROVER'
  /** Who asked may not decide. */
  | 'SEPARATION_OF_DUTIES'
  /** It is over already. */
  | 'ALREADY_TERMINAL'
  /** The source can be read only. */
  | 'READ_ONLY_SOURCE'
  /** The run lives on Demon's old 6-token subjects, on which nobody can decide. */
  | 'LEGACY_SUBJECT';

/** Which way relationships are followed. */
export type Direction =
  /** From where they begin. */
  | 'OUT'
  /** From where they end. */
  | 'IN'
  /** Both ways, as Demon does. */
  | 'ANY';

/** Which part of the control plane an event belongs to. */
export type Domain =
  /** Runs and their steps. */
  | 'RUNS'
  /** Gates and decisions. */
  | 'APPROVALS'
  /** Commits and tags of graphs. */
  | 'GRAPH'
  /** Record streams. */
  | 'STORAGE'
  /** Objectives, budgets, alerts, tickets. */
  | 'SLO'
  /** The platform itself. */
  | 'SYSTEM';

/** A relationship. */
export type EdgeInput = {
  /** Its id: any text of 1 to 1,024 bytes. */
  readonly edgeId: Scalars['String']['input'];
  /** The node where it begins; it need not exist. */
  readonly from: Scalars['String']['input'];
  /** The node where it ends; it need not exist. */
  readonly to: Scalars['String']['input'];
  /** Its type. */
  readonly label?: InputMaybe<Scalars['String']['input']>;
  /** What is known about it. */
  readonly properties?: InputMaybe<ReadonlyArray<PropertyInput>>;
};

/** What may go wrong. Never clamped: below zero it says by how much the objective is missed. */
export type ErrorBudget = {
  readonly __typename?: 'ErrorBudget';
  /** 1 - target. */
  readonly totalRatio: Scalars['Float']['output'];
  /** Events that may be bad, as the traffic stands; grows with it. */
  readonly totalEvents?: Maybe<Scalars['Count']['output']>;
  /** Seconds that may be bad; for time slices only. */
  readonly totalSeconds?: Maybe<Scalars['Seconds']['output']>;
  /** Share that is spent; may pass 1. */
  readonly consumedRatio?: Maybe<Scalars['Float']['output']>;
  /** Share that is left; may be negative. */
  readonly remainingRatio?: Maybe<Scalars['Float']['output']>;
  /** Bad events that may still happen; may be negative. */
  readonly remainingEvents?: Maybe<Scalars['Float']['output']>;
  /** When nothing is left if it goes on as in the fastest tier's long window: a projection that ignores old errors leaving the window. */
  readonly exhaustsAt?: Maybe<Scalars['DateTime']['output']>;
};

/** What kind of failing outcome a mutation had. */
export type ErrorCode =
  /** The input cannot be accepted as it is. */
  | 'BAD_USER_INPUT'
  /** What the input names does not exist for the caller. */
  | 'NOT_FOUND'
  /** The caller lacks the right, or the rule of the gate forbids it. */
  | 'NOT_ALLOWED'
  /** Somebody else changed it meanwhile. */
  | 'CONFLICT'
  /** Somebody else decided first. */
  | 'ALREADY_DECIDED'
  /** What the caller saw is no longer the newest. */
  | 'STALE'
  /** It was valid once. */
  | 'EXPIRED'
  /** It was used before and may be used once. */
  | 'REPLAY'
  /** A quota or limit is spent. */
  | 'LIMIT_EXCEEDED'
  /** A store or neighbour does not answer. */
  | 'SOURCE_UNAVAILABLE'
  /** The source cannot do this. */
  | 'UNSUPPORTED';

/** Where a gate stands in its escalation. */
export type Escalation = {
  readonly __typename?: 'Escalation';
  /** The level it has reached. */
  readonly currentLevel: Scalars['Int']['output'];
  /** How many levels there are, as the event says. */
  readonly totalLevels: Scalars['Int']['output'];
  /** When the next level is due; Demon's worker does not wait for it. */
  readonly nextEscalationAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether this level may be overridden. */
  readonly emergencyOverride: Scalars['Boolean']['output'];
  /** The steps so far. */
  readonly history: ReadonlyArray<EscalationStep>;
};

/** A step of an escalation. */
export type EscalationStep = {
  readonly __typename?: 'EscalationStep';
  /** The level it left. */
  readonly fromLevel: Scalars['Int']['output'];
  /** The level it entered. */
  readonly toLevel: Scalars['Int']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** Why. */
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** One fact from the log. Every event of every domain implements it; unknown types arrive as `GenericEvent`. */
export type Event = {
  /** Global id of the event. */
  readonly id: Scalars['ID']['output'];
  /** Its position, to resume after. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Its sequence in its stream. */
  readonly sequence: Scalars['Long']['output'];
  /** When it happened, as its writer says; the log's time where the writer gave none that can be read. */
  readonly at: Scalars['DateTime']['output'];
  /** When the log stored it. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /** The event's type as written, such as `ritual.started:v1`. */
  readonly type: Scalars['String']['output'];
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** Where it comes from. */
  readonly system: System;
  /** The whole payload. */
  readonly raw: Scalars['JSON']['output'];
};

/** A page of events of all domains. */
export type EventConnection = {
  readonly __typename?: 'EventConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<EventEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Event>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An event, or a word about the stream itself. */
export type EventDelivery = EventItem | StreamGap | StreamPhase;

/** One of events, and its cursor. */
export type EventEdge = {
  readonly __typename?: 'EventEdge';
  /** To page on from here, or to subscribe from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Event;
};

/** All given conditions must hold; a list means one of its values. Equal filters share one evaluation, whoever asks. */
export type EventFilter = {
  /** Of one of these types, such as `ritual.failed:v1`. */
  readonly types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Of one of these domains. */
  readonly domains?: InputMaybe<ReadonlyArray<Domain>>;
  /** About this run. */
  readonly runId?: InputMaybe<Scalars['ID']['input']>;
  /** About this graph. */
  readonly graphId?: InputMaybe<Scalars['ID']['input']>;
  /** About this record stream. */
  readonly streamId?: InputMaybe<Scalars['ID']['input']>;
  /** About this objective. */
  readonly sloId?: InputMaybe<Scalars['ID']['input']>;
  /** With one of these labels, such as `ritual=deploy`, `gate=go` or one that its writer gave it. */
  readonly labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** At least this bad. */
  readonly severityAtLeast?: InputMaybe<Severity>;
  /** This text in its type, labels or payload as written, in any case. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
  /**
   * About this node or anything downstream of it: commits that change a node which can be reached from it along the direction of relationships, before
   * or after the commit, and events of runs which such a node names.
   */
  readonly downstreamOf?: InputMaybe<GraphPointInput>;
  /** All of these. */
  readonly all?: InputMaybe<ReadonlyArray<EventFilter>>;
  /** At least one of these. */
  readonly any?: InputMaybe<ReadonlyArray<EventFilter>>;
  /** Not this. */
  readonly not?: InputMaybe<EventFilter>;
};

/** An event and its position. */
export type EventItem = {
  readonly __typename?: 'EventItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The event. */
  readonly event: Event;
};

/** What happens in our own log. */
export type EventsInput = {
  /** Which facts. */
  readonly event: SloEvent;
  /** Good ones take at most so long. */
  readonly thresholdSeconds?: InputMaybe<Scalars['Float']['input']>;
  /** Of this ritual only. */
  readonly ritualId?: InputMaybe<Scalars['String']['input']>;
  /** Of this gate only. */
  readonly gateId?: InputMaybe<Scalars['String']['input']>;
};

/** Ends a silence. */
export type ExpireSilenceInput = {
  /** Alertmanager's id. */
  readonly silence: Scalars['ID']['input'];
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** How a number comes about. */
export type Explain = {
  readonly __typename?: 'Explain';
  /** The formula. */
  readonly formula: Scalars['String']['output'];
  /** What went into it. */
  readonly inputs: Scalars['JSON']['output'];
  /** PromQL, or a sentence. */
  readonly queries: ReadonlyArray<Scalars['String']['output']>;
  /** PromQL; empty where the source is not Prometheus. */
  readonly promql: ReadonlyArray<Scalars['String']['output']>;
};

/** The failure of a run. */
export type FailRunInput = {
  /** The run, by global id; or give `key`. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** The run, by natural key; or give `run`. */
  readonly key?: InputMaybe<RunKey>;
  /** A code for programs. */
  readonly code?: InputMaybe<Scalars['String']['input']>;
  /** What happened. */
  readonly message: Scalars['String']['input'];
  /** More. */
  readonly details?: InputMaybe<Scalars['JSON']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Why events are missing. */
export type GapReason =
  /** The log no longer holds them. */
  | 'EXPIRED'
  /** The reader was too slow. */
  | 'SLOW_CONSUMER'
  /** The stream was replaced, purged or set back. */
  | 'SOURCE_RESET';

/** Where a gate stands. */
export type GateStatus =
  /** It passed. */
  | 'PASSED'
  /** It did not. */
  | 'FAILED'
  /** Nothing was measured. */
  | 'SKIPPED';

/** An event of a type that has no object type of its own. */
export type GenericEvent = Event & Node & {
  readonly __typename?: 'GenericEvent';
  /** Global id of the event. */
  readonly id: Scalars['ID']['output'];
  /** Its position, to resume after. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Its sequence in its stream. */
  readonly sequence: Scalars['Long']['output'];
  /** When it happened, as its writer says; the log's time where the writer gave none that can be read. */
  readonly at: Scalars['DateTime']['output'];
  /** When the log stored it. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /** The event's type as written. */
  readonly type: Scalars['String']['output'];
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** Where it comes from. */
  readonly system: System;
  /** The whole payload. */
  readonly raw: Scalars['JSON']['output'];
  /** Which part of the control plane it belongs to. */
  readonly domain: Domain;
  /** How bad it is. */
  readonly severity: Severity;
  /** Its labels. */
  readonly labels: ReadonlyArray<Scalars['String']['output']>;
};

/** Grants a gate. */
export type GrantApprovalInput = {
  /** The gate, by global id; or give `key`. */
  readonly approval?: InputMaybe<Scalars['ID']['input']>;
  /** The gate, by natural key; or give `approval`. */
  readonly key?: InputMaybe<ApprovalKey>;
  /** A note for whoever reads it later: left out, or at least one visible character. */
  readonly note?: InputMaybe<Scalars['String']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** A graph: its commits, and what they make of it at any moment. */
export type Graph = Node & {
  readonly __typename?: 'Graph';
  /** Opaque global id. */
  readonly id: Scalars['ID']['output'];
  /** Who keeps it. */
  readonly source: GraphSourceKind;
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** Its project. */
  readonly projectId: Scalars['String']['output'];
  /** Its namespace. */
  readonly namespace: Scalars['String']['output'];
  /** Its own id within the namespace. */
  readonly graphId: Scalars['String']['output'];
  /** When its first event was written. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** When its newest event was written. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** The newest commit, in the order of Demon's replay. */
  readonly head?: Maybe<GraphCommit>;
  /** How many nodes it has. */
  readonly nodeCount: Scalars['Int']['output'];
  /** How many relationships it has. */
  readonly relationshipCount: Scalars['Int']['output'];
  /** Its commits, newest first. */
  readonly commits: GraphCommitConnection;
  /** One commit; null when the graph does not have it. */
  readonly commit?: Maybe<GraphCommit>;
  /** Its tags, by name. */
  readonly tags: GraphTagConnection;
  /** One node; null when there is none at that place. */
  readonly node?: Maybe<GraphNode>;
  /** Its nodes, in the order in which they were first named. */
  readonly nodes: GraphNodeConnection;
  /** Its relationships, in the order in which they were first named. */
  readonly relationships: GraphRelationshipConnection;
  /** A shortest path; null when there is none of at most `maxDepth` relationships. `labels` are asked of inner nodes, `types` of relationships. */
  readonly path?: Maybe<GraphPath>;
  /** Whether there is such a path; null when the search had to give up. */
  readonly pathExists?: Maybe<Scalars['Boolean']['output']>;
  /** What differs between two places, whichever is the earlier. */
  readonly diff: GraphDiff;
  /** Versions of one node, newest first. */
  readonly history: GraphNodeVersionConnection;
  /** Rows of Summit's table of entities that its graph does not mirror as it should; only for the source SUMMIT. */
  readonly drift: GraphDriftPage;
  /** Whether the log had dropped commits before they were read, so that positions count from a partial history. */
  readonly historyTruncated: Scalars['Boolean']['output'];
  /** The graph, or what lies around one node, as a file. */
  readonly export: GraphFile;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphNodeCountArgs = {
  ref?: InputMaybe<GraphRef>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphRelationshipCountArgs = {
  ref?: InputMaybe<GraphRef>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphCommitsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphCommitArgs = {
  commitId: Scalars['String']['input'];
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphTagsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphNodeArgs = {
  nodeId: Scalars['String']['input'];
  ref?: InputMaybe<GraphRef>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphNodesArgs = {
  ref?: InputMaybe<GraphRef>;
  labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  where?: InputMaybe<ReadonlyArray<PropertyFilter>>;
  search?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphRelationshipsArgs = {
  ref?: InputMaybe<GraphRef>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphPathArgs = {
  from: Scalars['String']['input'];
  to: Scalars['String']['input'];
  ref?: InputMaybe<GraphRef>;
  maxDepth?: InputMaybe<Scalars['Int']['input']>;
  direction?: InputMaybe<Direction>;
  labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphPathExistsArgs = {
  from: Scalars['String']['input'];
  to: Scalars['String']['input'];
  ref?: InputMaybe<GraphRef>;
  maxDepth?: InputMaybe<Scalars['Int']['input']>;
  direction?: InputMaybe<Direction>;
  labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphDiffArgs = {
  from: GraphRef;
  to: GraphRef;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphHistoryArgs = {
  nodeId: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphDriftArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A graph: its commits, and what they make of it at any moment. */
export type GraphExportArgs = {
  format: GraphFormat;
  ref?: InputMaybe<GraphRef>;
  nodeId?: InputMaybe<Scalars['String']['input']>;
  depth?: InputMaybe<Scalars['Int']['input']>;
  limit?: InputMaybe<Scalars['Int']['input']>;
};

/** The event is in the log (or would be, for a dry run). */
export type GraphAccepted = Accepted & {
  readonly __typename?: 'GraphAccepted';
  /** The graph, as the read model shows it now. */
  readonly graph: Graph;
  /** The commit; null for tags and dry runs. */
  readonly commit?: Maybe<GraphCommit>;
  /** The tag; null for commits and for a tag that was deleted. */
  readonly tag?: Maybe<GraphTag>;
  /** What the commit changed, or would change. */
  readonly diff?: Maybe<GraphDiff>;
  /** The position of the event; give it as `minCursor` to read your own write. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Whether reads already show it. */
  readonly projected: Scalars['Boolean']['output'];
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** What `neighbourhoodChanged` delivers. */
export type GraphChangeDelivery = GraphChangeItem | StreamGap | StreamPhase;

/** A commit that changed a neighbourhood, and what it changed there. */
export type GraphChangeItem = {
  readonly __typename?: 'GraphChangeItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The graph. */
  readonly graph: Graph;
  /** The commit. */
  readonly commit: GraphCommit;
  /** What it changed within the neighbourhood, before or after. */
  readonly diff: GraphDiff;
};

/** A change of a graph, by one writer, all or nothing. */
export type GraphCommit = Node & {
  readonly __typename?: 'GraphCommit';
  /** Opaque global id. */
  readonly id: Scalars['ID']['output'];
  /** Its own id: a hash of scope, parent and mutations. */
  readonly commitId: Scalars['String']['output'];
  /** The commits it was made on: none, or one. Demon's replay does not look at them. */
  readonly parents: ReadonlyArray<Scalars['String']['output']>;
  /** Its rank in the order of Demon's replay, from 1. */
  readonly position: Scalars['Long']['output'];
  /** When it was made, as its writer says. */
  readonly at: Scalars['DateTime']['output'];
  /** When the log stored it. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /** What it changes, in order. */
  readonly mutations: GraphMutationConnection;
  /** How many changes it holds. */
  readonly mutationCount: Scalars['Int']['output'];
  /** Tags on it. */
  readonly tags: ReadonlyArray<Scalars['String']['output']>;
  /** Whether its id is the one that Demon computes from its content. */
  readonly verified: Scalars['Boolean']['output'];
  /** What is odd about it. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};


/** A change of a graph, by one writer, all or nothing. */
export type GraphCommitMutationsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** A page of commits. */
export type GraphCommitConnection = {
  readonly __typename?: 'GraphCommitConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphCommitEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphCommit>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** What `graphCommitted` delivers. */
export type GraphCommitDelivery = GraphCommitItem | StreamGap | StreamPhase;

/** One of commits, and its cursor. */
export type GraphCommitEdge = {
  readonly __typename?: 'GraphCommitEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphCommit;
};

/** A commit or a changed tag, and the event's position. */
export type GraphCommitItem = {
  readonly __typename?: 'GraphCommitItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The graph. */
  readonly graph: Graph;
  /** The commit; null for a tag. */
  readonly commit?: Maybe<GraphCommit>;
  /** The tag after the event; null for a commit, and for a tag that was deleted. */
  readonly tag?: Maybe<GraphTag>;
};

/** A page of graphs. */
export type GraphConnection = {
  readonly __typename?: 'GraphConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Graph>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** What differs between two places of a graph. Each list is cut at 1,000. */
export type GraphDiff = {
  readonly __typename?: 'GraphDiff';
  /** Nodes only at the second place. */
  readonly added: ReadonlyArray<GraphNode>;
  /** Nodes only at the first. */
  readonly removed: ReadonlyArray<GraphNode>;
  /** Nodes at both, with other labels or properties. */
  readonly changed: ReadonlyArray<GraphNodeChange>;
  /** Relationships only at the second place. */
  readonly addedRelationships: ReadonlyArray<GraphRelationship>;
  /** Relationships only at the first. */
  readonly removedRelationships: ReadonlyArray<GraphRelationship>;
  /** Relationships at both, with other ends, type or properties. */
  readonly changedRelationships: ReadonlyArray<GraphRelationshipChange>;
  /** Whether a list was cut. */
  readonly truncated: Scalars['Boolean']['output'];
};

/** A row that is not mirrored as it should be. */
export type GraphDrift = {
  readonly __typename?: 'GraphDrift';
  /** Its id. */
  readonly nodeId: Scalars['String']['output'];
  /** What is wrong. */
  readonly kind: GraphDriftKind;
  /** When the row last changed. */
  readonly postgresUpdatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the node last changed. */
  readonly graphUpdatedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** What can be wrong with a mirror. */
export type GraphDriftKind =
  /** There is no node. */
  | 'MISSING'
  /** The node is a bare stub that nobody owns. */
  | 'STUB'
  /** The node is deleted, or another tenant's. */
  | 'FOREIGN'
  /** The node is older than the row. */
  | 'STALE';

/** Rows that were compared, and those of them that are not mirrored. */
export type GraphDriftPage = {
  readonly __typename?: 'GraphDriftPage';
  /** Rows that were compared. */
  readonly checked: Scalars['Int']['output'];
  /** Those that differ. */
  readonly entries: ReadonlyArray<GraphDrift>;
  /** Whether there are more rows. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** To go on from here. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
};

/** One of graphs, and its cursor. */
export type GraphEdge = {
  readonly __typename?: 'GraphEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Graph;
};

/** A graph as text. */
export type GraphFile = {
  readonly __typename?: 'GraphFile';
  /** Its format. */
  readonly format: GraphFormat;
  /** Its media type. */
  readonly contentType: Scalars['String']['output'];
  /** The whole text. */
  readonly text: Scalars['String']['output'];
  /** Nodes in it. */
  readonly nodeCount: Scalars['Int']['output'];
  /** Relationships in it. */
  readonly relationshipCount: Scalars['Int']['output'];
  /** Whether the limit left something out. */
  readonly truncated: Scalars['Boolean']['output'];
};

/** All given conditions must hold. */
export type GraphFilter = {
  /** Kept by one of these. */
  readonly sources?: InputMaybe<ReadonlyArray<GraphSourceKind>>;
  /** In exactly this project. */
  readonly projectId?: InputMaybe<Scalars['String']['input']>;
  /** In exactly this namespace. */
  readonly namespace?: InputMaybe<Scalars['String']['input']>;
  /** Graphs whose id holds this text, in any case. */
  readonly graphIdContains?: InputMaybe<Scalars['String']['input']>;
};

/** Formats of files. */
export type GraphFormat =
  /** `{ nodes, relationships }`, as `importGraph` takes it. */
  | 'JSON'
  /** GraphML, an XML format that many tools read. */
  | 'GRAPHML'
  /** Graphviz. */
  | 'DOT'
  /** A picture; at most 200 nodes. */
  | 'SVG';

/** Somebody else committed first: the head is another one. */
export type GraphHeadMoved = UserError & {
  readonly __typename?: 'GraphHeadMoved';
  /** Always CONFLICT. */
  readonly code: ErrorCode;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false: read the new head first. */
  readonly retryable: Scalars['Boolean']['output'];
  /** The new head. */
  readonly head: GraphCommit;
};

/** One change within a commit, as it is written; what a change does not have is null. */
export type GraphMutation = {
  readonly __typename?: 'GraphMutation';
  /** Such as `add-node` or `remove-edge`. */
  readonly op?: Maybe<Scalars['String']['output']>;
  /** The node that is changed. */
  readonly nodeId?: Maybe<Scalars['String']['output']>;
  /** The relationship that is changed. */
  readonly edgeId?: Maybe<Scalars['String']['output']>;
  /** Where the relationship begins. */
  readonly from?: Maybe<Scalars['String']['output']>;
  /** Where it ends. */
  readonly to?: Maybe<Scalars['String']['output']>;
  /** The relationship's type. */
  readonly label?: Maybe<Scalars['String']['output']>;
  /** The node's labels. */
  readonly labels?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The whole change, as it is stored. */
  readonly raw: Scalars['JSON']['output'];
};

/** A page of changes. */
export type GraphMutationConnection = {
  readonly __typename?: 'GraphMutationConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphMutationEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphMutation>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of changes, and its cursor. */
export type GraphMutationEdge = {
  readonly __typename?: 'GraphMutationEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphMutation;
};

/** A change. Exactly one of these is given. */
export type GraphMutationInput =
  /** Adds a node, or replaces it whole. */
  { readonly addNode: NodeInput; readonly updateNode?: never; readonly removeNode?: never; readonly addEdge?: never; readonly updateEdge?: never; readonly removeEdge?: never; }
  |  /** Replaces a node whole, or adds it. */
  { readonly addNode?: never; readonly updateNode: NodeInput; readonly removeNode?: never; readonly addEdge?: never; readonly updateEdge?: never; readonly removeEdge?: never; }
  |  /** Removes a node and its relationships, by its id. */
  { readonly addNode?: never; readonly updateNode?: never; readonly removeNode: Scalars['String']['input']; readonly addEdge?: never; readonly updateEdge?: never; readonly removeEdge?: never; }
  |  /** Adds a relationship, or replaces it whole. */
  { readonly addNode?: never; readonly updateNode?: never; readonly removeNode?: never; readonly addEdge: EdgeInput; readonly updateEdge?: never; readonly removeEdge?: never; }
  |  /** Replaces a relationship whole, or adds it. */
  { readonly addNode?: never; readonly updateNode?: never; readonly removeNode?: never; readonly addEdge?: never; readonly updateEdge: EdgeInput; readonly removeEdge?: never; }
  |  /** Removes a relationship, by its id. */
  { readonly addNode?: never; readonly updateNode?: never; readonly removeNode?: never; readonly addEdge?: never; readonly updateEdge?: never; readonly removeEdge: Scalars['String']['input']; };

/** A node near another one. */
export type GraphNeighbour = {
  readonly __typename?: 'GraphNeighbour';
  /** The node. */
  readonly node: GraphNode;
  /** Relationships between the two, on a shortest way. */
  readonly distance: Scalars['Int']['output'];
};

/** A page of neighbours. */
export type GraphNeighbourConnection = {
  readonly __typename?: 'GraphNeighbourConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphNeighbourEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphNeighbour>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
  /** Whether the search was cut short: there may be more than the pages show. */
  readonly truncated: Scalars['Boolean']['output'];
};

/** One of neighbours, and its cursor. */
export type GraphNeighbourEdge = {
  readonly __typename?: 'GraphNeighbourEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphNeighbour;
};

/** A thing in a graph, as it was at one place. */
export type GraphNode = Node & {
  readonly __typename?: 'GraphNode';
  /** Opaque global id; `node(id:)` gives it as it is at the head. */
  readonly id: Scalars['ID']['output'];
  /** Its own id within the graph: any text. */
  readonly nodeId: Scalars['String']['output'];
  /** What kinds of thing it is. */
  readonly labels: ReadonlyArray<Scalars['String']['output']>;
  /** What is known about it. */
  readonly properties: ReadonlyArray<Property>;
  /** The graph it belongs to. */
  readonly graph: Graph;
  /** Whether it exists only as an end of relationships. */
  readonly dangling: Scalars['Boolean']['output'];
  /** Which store and shape it was read from. */
  readonly origins: ReadonlyArray<GraphOrigin>;
  /** What was read but could not be shown as it is. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
  /** When it was made, where the source keeps that on the node. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it last changed, where the source keeps that on the node. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Nodes within `depth` relationships, nearest first; the walk goes through every node, `labels`, `where` and `search` choose what is shown. */
  readonly neighbours: GraphNeighbourConnection;
  /** Relationships that begin or end here. */
  readonly relationships: GraphRelationshipConnection;
  /** How many nodes can be reached from here. */
  readonly reach: GraphReach;
};


/** A thing in a graph, as it was at one place. */
export type GraphNodeNeighboursArgs = {
  depth?: InputMaybe<Scalars['Int']['input']>;
  direction?: InputMaybe<Direction>;
  labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  where?: InputMaybe<ReadonlyArray<PropertyFilter>>;
  search?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A thing in a graph, as it was at one place. */
export type GraphNodeRelationshipsArgs = {
  direction?: InputMaybe<Direction>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** A thing in a graph, as it was at one place. */
export type GraphNodeReachArgs = {
  depth?: InputMaybe<Scalars['Int']['input']>;
  direction?: InputMaybe<Direction>;
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};

/** A node before and after. */
export type GraphNodeChange = {
  readonly __typename?: 'GraphNodeChange';
  /** At the first place. */
  readonly before: GraphNode;
  /** At the second. */
  readonly after: GraphNode;
};

/** A page of nodes. */
export type GraphNodeConnection = {
  readonly __typename?: 'GraphNodeConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphNodeEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphNode>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of nodes, and its cursor. */
export type GraphNodeEdge = {
  readonly __typename?: 'GraphNodeEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphNode;
};

/** A node as it was from one commit to another. */
export type GraphNodeVersion = {
  readonly __typename?: 'GraphNodeVersion';
  /** The node. */
  readonly node: GraphNode;
  /** The commit that made it so. */
  readonly from: GraphCommit;
  /** The commit that ended it; null where it is still so. */
  readonly to?: Maybe<GraphCommit>;
};

/** A page of versions. */
export type GraphNodeVersionConnection = {
  readonly __typename?: 'GraphNodeVersionConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphNodeVersionEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphNodeVersion>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of versions, and its cursor. */
export type GraphNodeVersionEdge = {
  readonly __typename?: 'GraphNodeVersionEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphNodeVersion;
};

/** Which shape and store something was read from. */
export type GraphOrigin = {
  readonly __typename?: 'GraphOrigin';
  /** The system. */
  readonly system: System;
  /** `commits`, or one of Summit's shapes A to E. */
  readonly shape: Scalars['String']['output'];
  /** The store. */
  readonly store: Scalars['String']['output'];
};

/** A way from one node to another. */
export type GraphPath = {
  readonly __typename?: 'GraphPath';
  /** The nodes on it, both ends included; empty where the search was cut short. */
  readonly nodes: ReadonlyArray<GraphNode>;
  /** The relationships between them. */
  readonly relationships: ReadonlyArray<GraphRelationship>;
  /** Number of relationships. */
  readonly length: Scalars['Int']['output'];
  /** The search was cut short before it found one: there may be a path. */
  readonly truncated: Scalars['Boolean']['output'];
};

/** A node of a graph. */
export type GraphPointInput = {
  /** The graph. */
  readonly graph: Scalars['ID']['input'];
  /** The node's own id. */
  readonly nodeId: Scalars['String']['input'];
  /** When; none means head. */
  readonly ref?: InputMaybe<GraphRef>;
};

/** How far a node reaches. */
export type GraphReach = {
  readonly __typename?: 'GraphReach';
  /** Nodes that can be reached. */
  readonly nodes: Scalars['Int']['output'];
  /** Distance of the farthest of them. */
  readonly depth: Scalars['Int']['output'];
  /** Whether the search was cut short. */
  readonly truncated: Scalars['Boolean']['output'];
};

/** A commit id, a tag, or a moment; none means head. */
export type GraphRef = {
  /** As it was after this commit. */
  readonly commit?: InputMaybe<Scalars['String']['input']>;
  /** As it was after the commit that this tag names now. */
  readonly tag?: InputMaybe<Scalars['String']['input']>;
  /** As it was at this moment. */
  readonly at?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A connection between two nodes, as it was at one place. */
export type GraphRelationship = Node & {
  readonly __typename?: 'GraphRelationship';
  /** Opaque global id; `node(id:)` gives it as it is at the head. */
  readonly id: Scalars['ID']['output'];
  /** Its own id within the graph. */
  readonly relationshipId: Scalars['String']['output'];
  /** What kind of connection it is. */
  readonly type?: Maybe<Scalars['String']['output']>;
  /** Where it begins. */
  readonly from: GraphNode;
  /** Where it ends. */
  readonly to: GraphNode;
  /** What is known about it. */
  readonly properties: ReadonlyArray<Property>;
  /** How sure its source is of it, 0 to 1. */
  readonly confidence?: Maybe<Scalars['Float']['output']>;
  /** Which store and shape it was read from. */
  readonly origins: ReadonlyArray<GraphOrigin>;
};

/** A relationship before and after. */
export type GraphRelationshipChange = {
  readonly __typename?: 'GraphRelationshipChange';
  /** At the first place. */
  readonly before: GraphRelationship;
  /** At the second. */
  readonly after: GraphRelationship;
};

/** A page of relationships. */
export type GraphRelationshipConnection = {
  readonly __typename?: 'GraphRelationshipConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphRelationshipEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphRelationship>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of relationships, and its cursor. */
export type GraphRelationshipEdge = {
  readonly __typename?: 'GraphRelationshipEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphRelationship;
};

/** Outcomes of writing to a graph. */
export type GraphResult = GraphAccepted | GraphHeadMoved | InvalidInput | NotFound | NotAllowed | Unavailable;

/** The natural key of a graph in the caller's tenant. */
export type GraphScopeInput = {
  /** The project; 1 to 64 letters, digits, `_` or `-`. */
  readonly projectId: Scalars['String']['input'];
  /** The namespace; likewise. */
  readonly namespace: Scalars['String']['input'];
  /** The graph; may hold dots too. */
  readonly graphId: Scalars['String']['input'];
  /** Who keeps it. */
  readonly source?: InputMaybe<GraphSourceKind>;
};

/** Who keeps a graph. */
export type GraphSourceKind =
  /** Demon's commits, as the log holds them. */
  | 'ORRERY'
  /** Summit's live graph: readable only, and only as it is now. */
  | 'SUMMIT';

/** A name for a commit. */
export type GraphTag = {
  readonly __typename?: 'GraphTag';
  /** The name. */
  readonly tag: Scalars['String']['output'];
  /** The commit; null when the graph does not have it. */
  readonly commit?: Maybe<GraphCommit>;
  /** The commit it names, whether the graph has it or not. */
  readonly commitId: Scalars['String']['output'];
  /** When it was set. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** A page of tags. */
export type GraphTagConnection = {
  readonly __typename?: 'GraphTagConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<GraphTagEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<GraphTag>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of tags, and its cursor. */
export type GraphTagEdge = {
  readonly __typename?: 'GraphTagEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: GraphTag;
};

/** One check of a store's own. */
export type HealthCheck = {
  readonly __typename?: 'HealthCheck';
  /** What is checked, such as `disk`. */
  readonly name: Scalars['String']['output'];
  /** In the store's words: `ok`, `degraded` or `unhealthy`. */
  readonly status: Scalars['String']['output'];
  /** Why, where it says so. */
  readonly message?: Maybe<Scalars['String']['output']>;
  /** How long it took. */
  readonly durationMs?: Maybe<Scalars['Float']['output']>;
};

/** Adds what a file holds. */
export type ImportGraphInput = {
  /** Where; the graph is made if it is not there. */
  readonly scope: GraphScopeInput;
  /** JSON or GRAPHML. */
  readonly format: GraphFormat;
  /** The whole file. */
  readonly text: Scalars['String']['input'];
  /** Write only if this is the head. */
  readonly expectedHead?: InputMaybe<Scalars['String']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Alerts about one subject, from the first until all have been clear for some time. */
export type Incident = {
  readonly __typename?: 'Incident';
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** What it is about: the name of an objective, or of an alert. */
  readonly subject: Scalars['String']['output'];
  /** A line for people. */
  readonly title: Scalars['String']['output'];
  /** Where it stands. */
  readonly status: IncidentStatus;
  /** How bad it is. */
  readonly severity: IncidentSeverity;
  /** Since when. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** Until when; null while it is open. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The objective it is about, where there is one. */
  readonly slo?: Maybe<Slo>;
  /** Ids of its alerts. */
  readonly alertIds: ReadonlyArray<Scalars['ID']['output']>;
  /** What happened, oldest first. */
  readonly timeline: ReadonlyArray<TimelineEntry>;
};

/** A page of incidents. */
export type IncidentConnection = {
  readonly __typename?: 'IncidentConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<IncidentEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Incident>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of incidents, and its cursor. */
export type IncidentEdge = {
  readonly __typename?: 'IncidentEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Incident;
};

/** All given conditions must hold. */
export type IncidentFilter = {
  /** In one of these states. */
  readonly statuses?: InputMaybe<ReadonlyArray<IncidentStatus>>;
  /** At least this bad. */
  readonly severityAtLeast?: InputMaybe<IncidentSeverity>;
  /** About this subject. */
  readonly subject?: InputMaybe<Scalars['String']['input']>;
};

/** How bad an incident is. */
export type IncidentSeverity =
  /** A nuisance. */
  | 'LOW'
  /** To be looked at. */
  | 'MEDIUM'
  /** To be looked at now. */
  | 'HIGH'
  /** Everybody up. */
  | 'CRITICAL';

/** Where an incident stands. */
export type IncidentStatus =
  /** Nobody has said that they look at it. */
  | 'OPEN'
  /** Somebody looks at it. */
  | 'INVESTIGATING'
  /** Its alerts have been clear for long enough. */
  | 'RESOLVED';

/** How good is told from bad. */
export type Indicator = {
  readonly __typename?: 'Indicator';
  /** Which kind. */
  readonly kind: IndicatorKind;
  /** Where the counts come from. */
  readonly source: SloSource;
  /** The threshold of durations, in milliseconds. */
  readonly thresholdMs?: Maybe<Scalars['Float']['output']>;
  /** All of it. */
  readonly definition: Scalars['JSON']['output'];
};

/** One of them. */
export type IndicatorInput =
  /** Counters in Prometheus. */
  { readonly prometheusRatio: PrometheusRatioInput; readonly prometheusLatency?: never; readonly prometheusThreshold?: never; readonly counters?: never; readonly events?: never; readonly composite?: never; }
  |  /** A histogram in Prometheus. */
  { readonly prometheusRatio?: never; readonly prometheusLatency: PrometheusLatencyInput; readonly prometheusThreshold?: never; readonly counters?: never; readonly events?: never; readonly composite?: never; }
  |  /** A gauge in Prometheus. */
  { readonly prometheusRatio?: never; readonly prometheusLatency?: never; readonly prometheusThreshold: PrometheusThresholdInput; readonly counters?: never; readonly events?: never; readonly composite?: never; }
  |  /** Counters of this deployment. */
  { readonly prometheusRatio?: never; readonly prometheusLatency?: never; readonly prometheusThreshold?: never; readonly counters: CountersInput; readonly events?: never; readonly composite?: never; }
  |  /** Facts of our own log. */
  { readonly prometheusRatio?: never; readonly prometheusLatency?: never; readonly prometheusThreshold?: never; readonly counters?: never; readonly events: EventsInput; readonly composite?: never; }
  |  /** Other objectives. */
  { readonly prometheusRatio?: never; readonly prometheusLatency?: never; readonly prometheusThreshold?: never; readonly counters?: never; readonly events?: never; readonly composite: ReadonlyArray<CompositeMemberInput>; };

/** How an indicator tells good from bad. */
export type IndicatorKind =
  /** Good (or bad) events over all. */
  | 'RATIO'
  /** Values within a threshold over all. */
  | 'THRESHOLD'
  /** Durations within a threshold over all. */
  | 'LATENCY'
  /** Burn rates of other objectives. */
  | 'COMPOSITE';

/** The input cannot be accepted; nothing was written. */
export type InvalidInput = UserError & {
  readonly __typename?: 'InvalidInput';
  /** Always BAD_USER_INPUT. */
  readonly code: ErrorCode;
  /** What is wrong with it. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false. */
  readonly retryable: Scalars['Boolean']['output'];
};

/** A rule that must always hold. */
export type Invariant = {
  readonly __typename?: 'Invariant';
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** What it says, for people. */
  readonly description: Scalars['String']['output'];
  /** What it says. */
  readonly rule: Scalars['String']['output'];
  /** Whether it is checked. */
  readonly enabled: Scalars['Boolean']['output'];
  /** How bad a violation is. */
  readonly severity: ViolationSeverity;
  /** When it was last applied by this process. */
  readonly lastCheckedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Violations in the last so many seconds; of one outcome where it is given. */
  readonly violationCount: Scalars['Count']['output'];
  /** Violations, newest first; this process keeps 10,000. */
  readonly violations: ViolationConnection;
};


/** A rule that must always hold. */
export type InvariantViolationCountArgs = {
  window: Scalars['Seconds']['input'];
  outcome?: InputMaybe<ViolationOutcome>;
};


/** A rule that must always hold. */
export type InvariantViolationsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Asks for a ticket. */
export type IssueTicketInput = {
  /** The repository, 1 to 200 bytes. */
  readonly repoId: Scalars['String']['input'];
  /** The commit it starts from, 40 hexadecimal digits. */
  readonly baseCommit: Scalars['String']['input'];
  /** The plan it carries out, 64 hexadecimal digits. */
  readonly planHash?: InputMaybe<Scalars['String']['input']>;
  /** What it allows; `write` and `execute` when left out. */
  readonly scopes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** How long it lives; an hour when left out, at most a day. */
  readonly ttlSeconds?: InputMaybe<Scalars['Seconds']['input']>;
  /** Until when; instead of `ttlSeconds`. Whole milliseconds. */
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The patch itself; its canonical form is bound. */
  readonly patch?: InputMaybe<Scalars['String']['input']>;
  /** SHA-256 of the canonical patch; instead of `patch`. */
  readonly patchSha256?: InputMaybe<Scalars['String']['input']>;
  /** The run it is for, by global id. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Outcomes of issuing. */
export type IssueTicketResult = TicketIssued | InvalidInput | NotFound | NotAllowed | Unavailable;

export type Mutation = {
  readonly __typename?: 'Mutation';
  /** Takes a period out of an objective, with a reason; audited. */
  readonly addCorrection: SloResult;
  /** Appends all records or none, next to each other; when it answers they are durable. */
  readonly appendRecords: AppendResult;
  /** Reports that a run was canceled. */
  readonly cancelRun: RunResult;
  /** Adds a commit. `expectedHead` makes it a compare-and-set; `dryRun` gives the diff and writes nothing. */
  readonly commitGraph: GraphResult;
  /** Reports that a run came to its end. */
  readonly completeRun: RunResult;
  /** Verifies a ticket and uses it up: of any number of attempts one succeeds. */
  readonly consumeTicket: ConsumeTicketResult;
  /** Makes a graph by its first commit. */
  readonly createGraph: GraphResult;
  /** Makes a record stream, or gives the one that has this name. */
  readonly createRecordStream: RecordStreamResult;
  /** Takes a tag away. */
  readonly deleteGraphTag: GraphResult;
  /** Ends an objective; its changes stay on record. */
  readonly deleteSlo: SloResult;
  /** Denies a gate. */
  readonly denyApproval: ApprovalResult;
  /** Ends a silence. */
  readonly expireSilence: SilenceResult;
  /** Reports that a run failed. */
  readonly failRun: RunResult;
  /** Grants a gate. Who grants is the caller's verified identity. */
  readonly grantApproval: ApprovalResult;
  /** Adds what a file in JSON or GraphML holds, as commits. */
  readonly importGraph: GraphResult;
  /** Issues a ticket; its token is shown once. */
  readonly issueTicket: IssueTicketResult;
  /** Overrides a gate in an emergency. */
  readonly overrideApproval: ApprovalResult;
  /** Notes the stream's present length and head hash outside of its rows, so that a cut or rewritten chain is found later. */
  readonly pinRecordStream: RecordStreamResult;
  /** Reports that a run moved from one state to the next. */
  readonly recordRunTransition: RunResult;
  /** Counts events for an objective of our own counters: for bots that see what Orrery does not. */
  readonly recordSloEvents: SloResult;
  /** Opens a gate on a run. */
  readonly requestApproval: ApprovalResult;
  /** Ends a ticket that was not used. */
  readonly revokeTicket: RevokeTicketResult;
  /** Puts a tag on a commit, or moves it there; the last one wins. */
  readonly setGraphTag: GraphResult;
  /** Keeps alerts quiet for a time, in Alertmanager. */
  readonly silenceAlert: SilenceResult;
  /** Reports a new run: for engines and bots that report through Orrery. */
  readonly startRun: RunResult;
  /** Makes or changes an objective: by its fields, or by OpenSLO v1 text. */
  readonly upsertSlo: SloResult;
};


export type MutationAddCorrectionArgs = {
  input: AddCorrectionInput;
};


export type MutationAppendRecordsArgs = {
  input: AppendRecordsInput;
};


export type MutationCancelRunArgs = {
  input: CancelRunInput;
};


export type MutationCommitGraphArgs = {
  input: CommitGraphInput;
};


export type MutationCompleteRunArgs = {
  input: CompleteRunInput;
};


export type MutationConsumeTicketArgs = {
  input: ConsumeTicketInput;
};


export type MutationCreateGraphArgs = {
  input: CreateGraphInput;
};


export type MutationCreateRecordStreamArgs = {
  input: CreateRecordStreamInput;
};


export type MutationDeleteGraphTagArgs = {
  input: DeleteGraphTagInput;
};


export type MutationDeleteSloArgs = {
  input: DeleteSloInput;
};


export type MutationDenyApprovalArgs = {
  input: DenyApprovalInput;
};


export type MutationExpireSilenceArgs = {
  input: ExpireSilenceInput;
};


export type MutationFailRunArgs = {
  input: FailRunInput;
};


export type MutationGrantApprovalArgs = {
  input: GrantApprovalInput;
};


export type MutationImportGraphArgs = {
  input: ImportGraphInput;
};


export type MutationIssueTicketArgs = {
  input: IssueTicketInput;
};


export type MutationOverrideApprovalArgs = {
  input: OverrideApprovalInput;
};


export type MutationPinRecordStreamArgs = {
  input: PinRecordStreamInput;
};


export type MutationRecordRunTransitionArgs = {
  input: RecordRunTransitionInput;
};


export type MutationRecordSloEventsArgs = {
  input: RecordSloEventsInput;
};


export type MutationRequestApprovalArgs = {
  input: RequestApprovalInput;
};


export type MutationRevokeTicketArgs = {
  input: RevokeTicketInput;
};


export type MutationSetGraphTagArgs = {
  input: SetGraphTagInput;
};


export type MutationSilenceAlertArgs = {
  input: SilenceAlertInput;
};


export type MutationStartRunArgs = {
  input: StartRunInput;
};


export type MutationUpsertSloArgs = {
  input: UpsertSloInput;
};

/** Anything that has a global id. */
export type Node = {
  /** Opaque and stable; `node(id:)` finds the object again. */
  readonly id: Scalars['ID']['output'];
};

/** A node. */
export type NodeInput = {
  /** Its id: any text of 1 to 1,024 bytes. */
  readonly nodeId: Scalars['String']['input'];
  /** What kinds of thing it is. */
  readonly labels?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What is known about it. */
  readonly properties?: InputMaybe<ReadonlyArray<PropertyInput>>;
};

/** Nonces that are remembered. */
export type NonceStats = {
  readonly __typename?: 'NonceStats';
  /** How many, of this tenant's tickets. */
  readonly tracked: Scalars['Count']['output'];
  /** In how many repositories. */
  readonly repositories: Scalars['Count']['output'];
  /** When the first of them is forgotten. */
  readonly oldestExpiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Replays that this process refused. */
  readonly rejected: Scalars['Count']['output'];
};

/** The caller may not do this; nothing was written. */
export type NotAllowed = UserError & {
  readonly __typename?: 'NotAllowed';
  /** NOT_ALLOWED, or UNSUPPORTED where nobody could. */
  readonly code: ErrorCode;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false. */
  readonly retryable: Scalars['Boolean']['output'];
  /** Why, for a program. */
  readonly reason: DenyReason;
  /** Scopes that would be enough; empty when no scope would help. */
  readonly requiredScopes: ReadonlyArray<Scalars['String']['output']>;
};

/** What the input names does not exist in the caller's tenant; nothing was written. */
export type NotFound = UserError & {
  readonly __typename?: 'NotFound';
  /** Always NOT_FOUND. */
  readonly code: ErrorCode;
  /** What was not found. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false. */
  readonly retryable: Scalars['Boolean']['output'];
};

/** What an objective promises. */
export type Objective = {
  readonly __typename?: 'Objective';
  /** Parts per million: the exact value. */
  readonly targetPpm: Scalars['Int']['output'];
  /** As a ratio, 0..1. */
  readonly target: Scalars['Float']['output'];
  /** In percent. */
  readonly targetPercent: Scalars['Float']['output'];
  /** What a slice must reach, as a ratio; null without time slices. */
  readonly timeSliceTarget?: Maybe<Scalars['Float']['output']>;
  /** Length of a slice. */
  readonly timeSliceSeconds?: Maybe<Scalars['Seconds']['output']>;
};

/** Somebody else appended meanwhile; nothing was written. */
export type OffsetConflict = UserError & {
  readonly __typename?: 'OffsetConflict';
  /** Always CONFLICT. */
  readonly code: ErrorCode;
  /** What happened, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false: read on from `expected`, then decide anew. */
  readonly retryable: Scalars['Boolean']['output'];
  /** The length that the caller expected. */
  readonly expected: Scalars['Long']['output'];
  /** The length that the stream has. */
  readonly actual: Scalars['Long']['output'];
};

/** Overrides a gate. */
export type OverrideApprovalInput = {
  /** The gate, by global id; or give `key`. */
  readonly approval?: InputMaybe<Scalars['ID']['input']>;
  /** The gate, by natural key; or give `approval`. */
  readonly key?: InputMaybe<ApprovalKey>;
  /** Why it cannot wait; must not be empty. */
  readonly note: Scalars['String']['input'];
  /** The level at which it is overridden; the gate's current level when left out. */
  readonly overrideLevel?: InputMaybe<Scalars['Int']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Where a page stands in its list. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Whether there is more after this page. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether there is more before this page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first edge; null on an empty page. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
  /** Cursor of the last edge; null on an empty page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
};

/** A resource or an operation, what it may use and what it does. */
export type PerformanceBudget = {
  readonly __typename?: 'PerformanceBudget';
  /** Its name, such as `memory` or `ticket_verify`. */
  readonly resource: Scalars['String']['output'];
  /** Unit of both numbers. */
  readonly unit: Scalars['String']['output'];
  /** What it may use. */
  readonly limit: Scalars['Float']['output'];
  /** What it uses: now, or the p95 of an operation; null when not measured. */
  readonly observed?: Maybe<Scalars['Float']['output']>;
  /** Observed over limit. */
  readonly utilisation?: Maybe<Scalars['Float']['output']>;
  /** Whether it uses more; null when not measured. */
  readonly exceeded?: Maybe<Scalars['Boolean']['output']>;
};

/** May the caller do this, and if not, why: drawn as a disabled button with a reason. */
export type Permission = {
  readonly __typename?: 'Permission';
  /** Whether the caller may, as things stand now. */
  readonly allowed: Scalars['Boolean']['output'];
  /** Why not; null when allowed. */
  readonly reason?: Maybe<DenyReason>;
};

/** Phases of a stream. */
export type Phase =
  /** Things as they are now. */
  | 'SNAPSHOT'
  /** Stored events after the given cursor. */
  | 'REPLAY'
  /** Events as they happen. */
  | 'LIVE';

/** Length and head hash of a stream at a moment, kept outside of its rows. */
export type Pin = {
  readonly __typename?: 'Pin';
  /** The length it had. */
  readonly length: Scalars['Long']['output'];
  /** The hash of its last record then; null for an empty stream. */
  readonly headHash?: Maybe<Scalars['String']['output']>;
  /** When it was pinned. */
  readonly pinnedAt: Scalars['DateTime']['output'];
  /** What caused it. */
  readonly reason: PinReason;
  /** Who did; `system` for schedules. */
  readonly pinnedBy: Scalars['String']['output'];
};

/** A page of pins. */
export type PinConnection = {
  readonly __typename?: 'PinConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<PinEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Pin>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A pin and its cursor. */
export type PinEdge = {
  readonly __typename?: 'PinEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The pin. */
  readonly node: Pin;
};

/** What caused a pin. */
export type PinReason =
  /** Somebody asked for it. */
  | 'MANUAL'
  /** The schedule of the server. */
  | 'SCHEDULE'
  /** Retention cut what lies before. */
  | 'RETENTION';

/** The stream to pin. */
export type PinRecordStreamInput = {
  /** The stream, by global id. */
  readonly stream?: InputMaybe<Scalars['ID']['input']>;
  /** The stream, by natural key. */
  readonly key?: InputMaybe<StreamKey>;
  /** Given back in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** A value of a series. */
export type Point = {
  readonly __typename?: 'Point';
  /** End of its slice. */
  readonly at: Scalars['DateTime']['output'];
  /** Null = not measured. */
  readonly value?: Maybe<Scalars['Float']['output']>;
};

/** What policy said. Demon writes four shapes of it; what a shape lacks is null. */
export type PolicyDecision = {
  readonly __typename?: 'PolicyDecision';
  /** Whether it was allowed; null where the shape does not say. */
  readonly allowed?: Maybe<Scalars['Boolean']['output']>;
  /** The capability asked for. */
  readonly capability?: Maybe<Scalars['String']['output']>;
  /** Why. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** What is left. */
  readonly quota?: Maybe<Quota>;
  /** What was validated. */
  readonly validation?: Maybe<Scalars['JSON']['output']>;
  /** Free text of the checker; may name files of the host. */
  readonly details?: Maybe<Scalars['JSON']['output']>;
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** Sequence of the event. */
  readonly sequence: Scalars['Long']['output'];
  /** The run concerned. */
  readonly run: Run;
};

/** A page of policy decisions. */
export type PolicyDecisionConnection = {
  readonly __typename?: 'PolicyDecisionConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<PolicyDecisionEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<PolicyDecision>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of policy decisions, and its cursor. */
export type PolicyDecisionEdge = {
  readonly __typename?: 'PolicyDecisionEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: PolicyDecision;
};

/** A classic or native histogram in seconds. */
export type PrometheusLatencyInput = {
  /** Its name, without `_bucket`. */
  readonly metric: Scalars['String']['input'];
  /** Matchers without braces, such as `job="api"`. */
  readonly matchers?: InputMaybe<Scalars['String']['input']>;
  /** Good ones take at most so long; the histogram needs a bucket that ends there. */
  readonly thresholdMs: Scalars['Float']['input'];
  /** It is a native histogram. */
  readonly native?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Good or bad over all, as selectors of counters or expressions with `[W]`. */
export type PrometheusRatioInput = {
  /** Good events. */
  readonly good?: InputMaybe<Scalars['String']['input']>;
  /** Bad events; instead of `good`. */
  readonly bad?: InputMaybe<Scalars['String']['input']>;
  /** All events. */
  readonly total: Scalars['String']['input'];
};

/** A gauge that should hold a condition. */
export type PrometheusThresholdInput = {
  /** The gauge. */
  readonly query: Scalars['String']['input'];
  /** LTE, LT, GTE or GT. */
  readonly operator?: InputMaybe<ThresholdOperator>;
  /** What it is compared with. */
  readonly value: Scalars['Float']['input'];
};

/** Who let a release pass. */
export type Promotion = {
  readonly __typename?: 'Promotion';
  /** Where it stands. */
  readonly status: PromotionStatus;
  /** What was asked for. */
  readonly criteria: ReadonlyArray<Scalars['String']['output']>;
  /** Who. */
  readonly approvers: ReadonlyArray<Scalars['String']['output']>;
};

/** Where a promotion stands. */
export type PromotionStatus =
  /** Nobody decided. */
  | 'PENDING'
  /** It may go out. */
  | 'APPROVED'
  /** It may not. */
  | 'REJECTED';

/** Something known about a node or relationship. */
export type Property = {
  readonly __typename?: 'Property';
  /** Its name. */
  readonly key: Scalars['String']['output'];
  /** Its value. */
  readonly value?: Maybe<Scalars['JSON']['output']>;
  /** The value as JSON text, numbers spelled as they are stored. */
  readonly valueText: Scalars['String']['output'];
};

/** A condition on a property; what is given must hold. */
export type PropertyFilter = {
  /** Its name. */
  readonly key: Scalars['String']['input'];
  /** Equal to this. */
  readonly equals?: InputMaybe<Scalars['JSON']['input']>;
  /** Equal to one of these. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** There at all, or not. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
};

/** A property. */
export type PropertyInput = {
  /** Its name. */
  readonly key: Scalars['String']['input'];
  /** Its value. */
  readonly value?: InputMaybe<Scalars['JSON']['input']>;
  /** The value as JSON text instead, for numbers that must keep their spelling. */
  readonly valueText?: InputMaybe<Scalars['String']['input']>;
};

/** How a release was built. */
export type Provenance = {
  readonly __typename?: 'Provenance';
  /** Who built it. */
  readonly builderId?: Maybe<Scalars['String']['output']>;
  /** How. */
  readonly buildType?: Maybe<Scalars['String']['output']>;
  /** Whether a signature lies beside it; it is not checked here. */
  readonly signed: Scalars['Boolean']['output'];
  /** The document. */
  readonly document: Scalars['JSON']['output'];
};

/** What was measured against what is asked for. */
export type QualityGate = {
  readonly __typename?: 'QualityGate';
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** Where it stands. */
  readonly status: GateStatus;
  /** Why, for people. */
  readonly message: Scalars['String']['output'];
  /** What was measured; null = nothing. */
  readonly value?: Maybe<Scalars['Float']['output']>;
};

/** A percentile, for people: the budget is computed from the ratio. */
export type Quantile = {
  readonly __typename?: 'Quantile';
  /** Which percentile, 0..1. */
  readonly q: Scalars['Float']['output'];
  /** Its value; null where the source keeps no distribution. */
  readonly valueMs?: Maybe<Scalars['Float']['output']>;
  /** What it should not pass. */
  readonly thresholdMs: Scalars['Float']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  /** Alerts of our own evaluator and of Alertmanager, joined to silences and inhibitions; newest first. */
  readonly alerts: AlertConnection;
  /** One gate, by global id or natural key; null when it does not exist in the caller's tenant. */
  readonly approval?: Maybe<Approval>;
  /** Gates, filtered before they are paged. The queue of what waits: `filter: { states: [PENDING] }`. */
  readonly approvals: ApprovalConnection;
  /** One audit receipt by its global id; null when it does not exist in the caller's tenant. */
  readonly auditReceipt?: Maybe<AuditReceipt>;
  /** One graph, by global id or by its scope; null when it does not exist in the caller's tenant. */
  readonly graph?: Maybe<Graph>;
  /** Graphs of every source, in the order in which they appeared. */
  readonly graphs: GraphConnection;
  /** Incidents, open ones first, then the newest. */
  readonly incidents: IncidentConnection;
  /** What must always hold, and how often it did not. */
  readonly invariants: ReadonlyArray<Invariant>;
  /** Any object by its global id; null when it does not exist in the caller's tenant. */
  readonly node?: Maybe<Node>;
  /** Objects by their global ids, in the same order; null for each that does not exist. At most 100. */
  readonly nodes: ReadonlyArray<Maybe<Node>>;
  /** Nonces that are remembered. */
  readonly nonceStats: NonceStats;
  /** What resources and operations may use, and what they do. */
  readonly performanceBudgets: ReadonlyArray<PerformanceBudget>;
  /** What is left of each capability's quota, as the newest decision with a quota says. */
  readonly quotas: ReadonlyArray<CapabilityQuota>;
  /** What is left of the budget that the caller shares with others of its tenant and kind, and what would make it last longer. */
  readonly rateLimit: RateLimit;
  /** One record stream, by global id or natural key; null when it does not exist in the caller's tenant. */
  readonly recordStream?: Maybe<RecordStream>;
  /** Record streams of all stores, by store and name, filtered before they are paged. */
  readonly recordStreams: RecordStreamConnection;
  /** Bundles of the release directory, newest first. */
  readonly releases: ReleaseConnection;
  /** Rituals by name: counts by status and the last run. */
  readonly rituals: RitualConnection;
  /** One run, by global id or natural key; null when it does not exist in the caller's tenant. `at` shows it as it was at that moment. */
  readonly run?: Maybe<Run>;
  /** Runs, filtered before they are paged. `minCursor` waits until the answer shows at least that position. */
  readonly runs: RunConnection;
  /** What Demon's agents recommend about scale, newest first. */
  readonly scaleHints: ScaleHintConnection;
  /** What guards noticed, newest first. */
  readonly securityEvents: ReadonlyArray<SecurityEvent>;
  /** Silences of the caller's tenant. */
  readonly silences: ReadonlyArray<Silence>;
  /** One objective, by global id or name; null when it does not exist in the caller's tenant. `at` shows it as it was at that moment. */
  readonly slo?: Maybe<Slo>;
  /** Services with the objectives they have: the worst status is theirs. */
  readonly sloServices: ReadonlyArray<SloService>;
  /** Objectives, measured, filtered and ordered before they are paged. */
  readonly slos: SloConnection;
  /** Every store and neighbour: status, lag, last success, dead letters. */
  readonly sources: ReadonlyArray<Source>;
  /** Every record store: whether it answers, its version, its replicas. */
  readonly storageStatus: ReadonlyArray<StorageStatus>;
  /** A ticket of the caller's tenant, by its id (`tkn_...`). */
  readonly ticket?: Maybe<Ticket>;
  /** Tickets, newest first. */
  readonly tickets: TicketConnection;
  /**
   * Everything that happened, in one cursor order, over all domains: each stream in its own order, together by the time at which the log stored it. An
   * event that is stored late comes late. With `around`, events before (`last`) and after (`first`) that moment; ten of each unless told. A page may be
   * shorter than asked for when matches are rare: go on from its cursors. A cursor of it is also an `after` of `events` with the same filter.
   */
  readonly timeline: EventConnection;
  /** Whether a ticket holds: signature, times, binding, revocation. Consumes nothing. */
  readonly verifyTicket: TicketVerification;
  /** Who is asking, and what they may do. */
  readonly viewer: Viewer;
};


export type QueryAlertsArgs = {
  filter?: InputMaybe<AlertFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryApprovalArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  key?: InputMaybe<ApprovalKey>;
  minCursor?: InputMaybe<Scalars['Cursor']['input']>;
};


export type QueryApprovalsArgs = {
  filter?: InputMaybe<ApprovalFilter>;
  orderBy?: InputMaybe<ApprovalOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  minCursor?: InputMaybe<Scalars['Cursor']['input']>;
};


export type QueryAuditReceiptArgs = {
  id: Scalars['ID']['input'];
};


export type QueryGraphArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  scope?: InputMaybe<GraphScopeInput>;
  minCursor?: InputMaybe<Scalars['Cursor']['input']>;
};


export type QueryGraphsArgs = {
  filter?: InputMaybe<GraphFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryIncidentsArgs = {
  filter?: InputMaybe<IncidentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type QueryRecordStreamArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  key?: InputMaybe<StreamKey>;
};


export type QueryRecordStreamsArgs = {
  filter?: InputMaybe<RecordStreamFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryReleasesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryRitualsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryRunArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  key?: InputMaybe<RunKey>;
  at?: InputMaybe<Scalars['DateTime']['input']>;
  minCursor?: InputMaybe<Scalars['Cursor']['input']>;
};


export type QueryRunsArgs = {
  filter?: InputMaybe<RunFilter>;
  orderBy?: InputMaybe<RunOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  minCursor?: InputMaybe<Scalars['Cursor']['input']>;
};


export type QueryScaleHintsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QuerySecurityEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QuerySloArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  name?: InputMaybe<Scalars['String']['input']>;
  at?: InputMaybe<Scalars['DateTime']['input']>;
};


export type QuerySlosArgs = {
  filter?: InputMaybe<SloFilter>;
  orderBy?: InputMaybe<SloOrder>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  at?: InputMaybe<Scalars['DateTime']['input']>;
};


export type QueryTicketArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTicketsArgs = {
  filter?: InputMaybe<TicketFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTimelineArgs = {
  filter?: InputMaybe<EventFilter>;
  around?: InputMaybe<Scalars['DateTime']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


export type QueryVerifyTicketArgs = {
  input: VerifyTicketInput;
};

/** A limit per window and what is left of it. */
export type Quota = {
  readonly __typename?: 'Quota';
  /** How often per window. */
  readonly limit: Scalars['Int']['output'];
  /** Length of the window, in seconds. */
  readonly windowSeconds: Scalars['Int']['output'];
  /** What is left. */
  readonly remaining?: Maybe<Scalars['Int']['output']>;
};

/** A budget of points: every operation costs some, and they come back with time. */
export type RateLimit = {
  readonly __typename?: 'RateLimit';
  /** Points that the bucket holds when it is full; 0 = there is no budget. */
  readonly limit: Scalars['Int']['output'];
  /** Points that are left, this operation already paid. */
  readonly remaining: Scalars['Int']['output'];
  /** Points that come back each second. */
  readonly restorePerSecond: Scalars['Float']['output'];
  /** When the bucket is full again if nothing more is spent. */
  readonly resetAt: Scalars['DateTime']['output'];
  /** What the budget went to lately, the dearest operation first; empty while nothing stands out. */
  readonly advice: ReadonlyArray<BudgetAdvice>;
};

/** One record: opaque bytes, and what proves them. */
export type Record = Node & {
  readonly __typename?: 'Record';
  /** Global id. */
  readonly id: Scalars['ID']['output'];
  /** The stream it belongs to. */
  readonly stream: RecordStream;
  /** Its place, counted from 0. */
  readonly offset: Scalars['Long']['output'];
  /** What the record is for. */
  readonly kind: RecordKind;
  /** The bytes as they were given; empty when `redacted`. */
  readonly payload: Scalars['Bytes']['output'];
  /** The payload as text; null when it is not UTF-8, or `redacted`. */
  readonly text?: Maybe<Scalars['String']['output']>;
  /** The payload as JSON; null when it is none, or `redacted`. */
  readonly json?: Maybe<Scalars['JSON']['output']>;
  /** Size of the payload, redacted or not. */
  readonly sizeBytes: Scalars['Int']['output'];
  /** The payload is kept from the caller, who lacks the scope `storage:sensitive`. The hashes still verify. */
  readonly redacted: Scalars['Boolean']['output'];
  /** SHA-256 over the previous hash, the kind and the payload, in hex; null where the store tells none. */
  readonly hash?: Maybe<Scalars['String']['output']>;
  /** Hash of the record before; null for the first one, and where the store tells none. */
  readonly previousHash?: Maybe<Scalars['String']['output']>;
  /** When it was stored; Craton keeps no times. */
  readonly recordedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The run that the payload names: a JSON object with `ritualId` and `runId`. */
  readonly run?: Maybe<Run>;
};

/** A page of records. */
export type RecordConnection = {
  readonly __typename?: 'RecordConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<RecordEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Record>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many records there are without the filter; null for the records of a run. */
  readonly totalCount?: Maybe<Scalars['Long']['output']>;
  /** With a filter: up to, but without, this offset records were looked at (backward: down to it). */
  readonly scannedTo?: Maybe<Scalars['Long']['output']>;
};

/** One step of a stream of records. */
export type RecordDelivery = RecordItem | StreamGap | StreamPhase;

/** A record and its cursor. */
export type RecordEdge = {
  readonly __typename?: 'RecordEdge';
  /** To page on from here: the offset. */
  readonly cursor: Scalars['String']['output'];
  /** The record. */
  readonly node: Record;
};

/** What to search for within a stream, over a bounded range. */
export type RecordFilter = {
  /** Ingested at or after this moment: our own time of storing, not one of the payload's. Native streams only. */
  readonly recordedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Ingested before this moment. */
  readonly recordedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** What the payload's JSON must say. Needs the right to read payloads. */
  readonly json?: InputMaybe<RecordJsonCondition>;
};

/** A payload, given in exactly one way; its bytes are hashed exactly as they result from it. */
export type RecordInput =
  /** UTF-8 text. */
  { readonly text: Scalars['String']['input']; readonly json?: never; readonly base64?: never; }
  |  /** A JSON value, stored as JSON text without white space, keys in the given order. */
  { readonly text?: never; readonly json: Scalars['JSON']['input']; readonly base64?: never; }
  |  /** Any bytes. */
  { readonly text?: never; readonly json?: never; readonly base64: Scalars['Bytes']['input']; };

/** A record that was appended. */
export type RecordItem = {
  readonly __typename?: 'RecordItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The record. */
  readonly record: Record;
};

/** A condition on the JSON of a payload. Payloads that are no JSON do not match. */
export type RecordJsonCondition = {
  /** Such as `$.order.lines[0].sku`; the leading `$` may be left out. */
  readonly path: Scalars['String']['input'];
  /** The value there equals this. */
  readonly equals?: InputMaybe<Scalars['JSON']['input']>;
  /** The value there equals one of these. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  /** Whether there is a value at all. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
};

/** What a record is for. */
export type RecordKind =
  /** A fact. */
  | 'DATA'
  /** A mark of the chain itself. */
  | 'CHECKPOINT'
  /** The end of something. */
  | 'TOMBSTONE';

/** A step of a run. */
export type RecordRunTransitionInput = {
  /** The run, by global id; or give `key`. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** The run, by natural key; or give `run`. */
  readonly key?: InputMaybe<RunKey>;
  /** The state it left. */
  readonly fromState: Scalars['String']['input'];
  /** The state it entered. */
  readonly toState: Scalars['String']['input'];
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Some records in Craton's segment format. */
export type RecordSegment = {
  readonly __typename?: 'RecordSegment';
  /** The records end to end, each with its offset, previous hash and checksum. */
  readonly bytes: Scalars['Bytes']['output'];
  /** How many they are. */
  readonly records: Scalars['Int']['output'];
  /** The offset of the first one. */
  readonly firstOffset: Scalars['Long']['output'];
  /** Where the next segment begins; null at the end of the stream. */
  readonly nextOffset?: Maybe<Scalars['Long']['output']>;
};

/** Counts events. */
export type RecordSloEventsInput = {
  /** The objective, by global id; or give `name`. */
  readonly slo?: InputMaybe<Scalars['ID']['input']>;
  /** The objective, by name; or give `slo`. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** Good events. */
  readonly good: Scalars['Count']['input'];
  /** Bad events. */
  readonly bad: Scalars['Count']['input'];
  /** When; now when left out. What lies in the future counts now, what is older than 30 days not at all. */
  readonly at?: InputMaybe<Scalars['DateTime']['input']>;
  /** The group they belong to, for objectives with the label `groupBy`. */
  readonly group?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Where records live. */
export type RecordStoreKind =
  /** Orrery's own hash-chained store in SQL. */
  | 'NATIVE'
  /** A Craton or Kimberlite server. */
  | 'CRATON';

/** An append-only, hash-chained stream of records. */
export type RecordStream = Node & {
  readonly __typename?: 'RecordStream';
  /** Global id. */
  readonly id: Scalars['ID']['output'];
  /** Where it lives. */
  readonly store: RecordStoreKind;
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** Its name; for Craton as the configuration names it, since the server tells none. */
  readonly name?: Maybe<Scalars['String']['output']>;
  /** Craton's 64-bit id: the tenant in the upper half. */
  readonly streamId?: Maybe<Scalars['Long']['output']>;
  /** What kind of data it holds. */
  readonly dataClass: DataClass;
  /** The next offset to write. */
  readonly length: Scalars['Long']['output'];
  /** Hash of the newest record in hex; null for an empty stream, and where the store tells no hashes. */
  readonly headHash?: Maybe<Scalars['String']['output']>;
  /** When it was made. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** Tells it from a later stream of the same name; for Craton the start of the server. */
  readonly epoch?: Maybe<Scalars['String']['output']>;
  /** The first offset still held: retention may have cut what lies before. */
  readonly firstOffset: Scalars['Long']['output'];
  /** For how many days records are kept; null = for ever. */
  readonly retentionDays?: Maybe<Scalars['Int']['output']>;
  /** Kept by Orrery itself, such as the audit receipts; nobody else can append to it. */
  readonly reserved: Scalars['Boolean']['output'];
  /** Whether payloads are shown to the caller. */
  readonly viewerCanReadPayloads: Permission;
  /**
   * Records by offset, forward or backward; a cursor is the offset. With a filter at most 10,000 records are looked at per page: then
   * `scannedTo` tells how far, and `pageInfo.endCursor` goes on from there.
   */
  readonly records: RecordConnection;
  /** One record; null at and beyond the length, and where retention has cut it. */
  readonly record?: Maybe<Record>;
  /** Recomputes the chain from `from` up to but without `to` and holds it against the stored hashes, the head and the pins. At most 1,000,000 records at once. */
  readonly verify: ChainVerification;
  /** What length and head hash were at earlier moments, oldest first. */
  readonly pins: PinConnection;
  /** Records in Craton's segment format, as a file of its own data directory holds them: for backups and for offline proof. */
  readonly segment: RecordSegment;
};


/** An append-only, hash-chained stream of records. */
export type RecordStreamRecordsArgs = {
  from?: InputMaybe<Scalars['Long']['input']>;
  to?: InputMaybe<Scalars['Long']['input']>;
  filter?: InputMaybe<RecordFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** An append-only, hash-chained stream of records. */
export type RecordStreamRecordArgs = {
  offset: Scalars['Long']['input'];
};


/** An append-only, hash-chained stream of records. */
export type RecordStreamVerifyArgs = {
  from?: InputMaybe<Scalars['Long']['input']>;
  to?: InputMaybe<Scalars['Long']['input']>;
};


/** An append-only, hash-chained stream of records. */
export type RecordStreamPinsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** An append-only, hash-chained stream of records. */
export type RecordStreamSegmentArgs = {
  from?: InputMaybe<Scalars['Long']['input']>;
  maxRecords?: InputMaybe<Scalars['Int']['input']>;
};

/** The stream, made, found or pinned. */
export type RecordStreamAccepted = {
  readonly __typename?: 'RecordStreamAccepted';
  /** The stream. */
  readonly stream: RecordStream;
  /** It was made now; false: it had been there. */
  readonly created: Scalars['Boolean']['output'];
  /** The pin that was made, if one was. */
  readonly pin?: Maybe<Pin>;
  /** Proof that this was done. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** A page of record streams. An entry is null, with an error, when its store does not answer for a field that must be there. */
export type RecordStreamConnection = {
  readonly __typename?: 'RecordStreamConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<RecordStreamEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Maybe<RecordStream>>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many streams the filter finds. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A record stream and its cursor. */
export type RecordStreamEdge = {
  readonly __typename?: 'RecordStreamEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The stream. */
  readonly node?: Maybe<RecordStream>;
};

/** All given conditions must hold. */
export type RecordStreamFilter = {
  /** In one of these stores. */
  readonly stores?: InputMaybe<ReadonlyArray<RecordStoreKind>>;
  /** Streams whose name holds this text, in any case. */
  readonly nameContains?: InputMaybe<Scalars['String']['input']>;
  /** With one of these data classes. */
  readonly dataClasses?: InputMaybe<ReadonlyArray<DataClass>>;
};

/** What a change of a stream came to. */
export type RecordStreamResult = RecordStreamAccepted | InvalidInput | NotFound | NotAllowed | Unavailable;

/** The records are stored. */
export type RecordsAppended = Accepted & {
  readonly __typename?: 'RecordsAppended';
  /** The stream. */
  readonly stream: RecordStream;
  /** Offset of the first of them. */
  readonly firstOffset: Scalars['Long']['output'];
  /** Offset of the last of them. */
  readonly lastOffset: Scalars['Long']['output'];
  /** Hash of the last of them; null where the store tells none. */
  readonly headHash?: Maybe<Scalars['String']['output']>;
  /** The position after them; `recordAppended(after:)` goes on from it. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Always true: records are read from where they were written. */
  readonly projected: Scalars['Boolean']['output'];
  /** Proof that this was done. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** A bundle in the release directory. */
export type Release = {
  readonly __typename?: 'Release';
  /** Its version: the folder's name. */
  readonly version: Scalars['String']['output'];
  /** Its files. */
  readonly artifacts: ReadonlyArray<Artifact>;
  /** What was measured against what is asked for. */
  readonly qualityGates: ReadonlyArray<QualityGate>;
  /** Who let it pass; null where nobody was asked. */
  readonly promotion?: Maybe<Promotion>;
  /** What is in it. */
  readonly sbom?: Maybe<Sbom>;
  /** How it was built. */
  readonly provenance?: Maybe<Provenance>;
  /** What it breaks. */
  readonly compat?: Maybe<CompatReport>;
};

/** A page of releases. */
export type ReleaseConnection = {
  readonly __typename?: 'ReleaseConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<ReleaseEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Release>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of releases, and its cursor. */
export type ReleaseEdge = {
  readonly __typename?: 'ReleaseEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Release;
};

/** One replica of a store. What its generation does not tell is null. */
export type Replica = {
  readonly __typename?: 'Replica';
  /** Which one. */
  readonly id: Scalars['String']['output'];
  /** Leader, follower, or unknown. */
  readonly role: Scalars['String']['output'];
  /** The view it is in. */
  readonly view?: Maybe<Scalars['Long']['output']>;
  /** What it has committed. */
  readonly commit?: Maybe<Scalars['Long']['output']>;
  /** Seconds since its commit last moved, as the server counts them; 0 on the leader. */
  readonly lagSeconds?: Maybe<Scalars['Float']['output']>;
  /** Records behind the leader. */
  readonly lagRecords?: Maybe<Scalars['Long']['output']>;
};

/** Opens a gate. */
export type RequestApprovalInput = {
  /** The run, by global id; or give `key`. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
  /** The run, by natural key; or give `run`. */
  readonly key?: InputMaybe<RunKey>;
  /** The gate's id; may hold any text. */
  readonly gateId: Scalars['String']['input'];
  /** Why a decision is needed. */
  readonly reason: Scalars['String']['input'];
  /** Publishes an expiry timer this far ahead. */
  readonly ttlSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Ends a ticket. */
export type RevokeTicketInput = {
  /** Its id, `tkn_...`. */
  readonly ticket: Scalars['ID']['input'];
  /** Why; must not be empty. */
  readonly reason: Scalars['String']['input'];
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** Outcomes of ending a ticket. */
export type RevokeTicketResult = TicketRevoked | TicketRefused | InvalidInput | NotFound | NotAllowed | Unavailable;

/** A ritual: the definition that runs are executions of. */
export type Ritual = Node & {
  readonly __typename?: 'Ritual';
  /** Opaque global id. */
  readonly id: Scalars['ID']['output'];
  /** Its own id. */
  readonly ritualId: Scalars['String']['output'];
  /** How many runs it has. */
  readonly runCount: Scalars['Int']['output'];
  /** Its runs by status. */
  readonly countsByStatus: ReadonlyArray<RunCount>;
  /** The newest run. */
  readonly lastRun?: Maybe<Run>;
  /** Median duration of its newest 1000 ended runs, in ms; null when none has ended. */
  readonly p50DurationMs?: Maybe<Scalars['Float']['output']>;
  /** 95th percentile of the same, in ms. */
  readonly p95DurationMs?: Maybe<Scalars['Float']['output']>;
};

/** A page of rituals. */
export type RitualConnection = {
  readonly __typename?: 'RitualConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<RitualEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Ritual>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of rituals, and its cursor. */
export type RitualEdge = {
  readonly __typename?: 'RitualEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Ritual;
};

/** A run of the control plane; here: the records that name it. */
export type Run = Node & {
  readonly __typename?: 'Run';
  /** Its gates, in the order they appeared. */
  readonly approvals: ApprovalConnection;
  /** What keeps it from going on, who can act, since when; empty for a run that is over or goes on. */
  readonly blockers: ReadonlyArray<RunBlocker>;
  /** From start to end, or to now while it has not ended; null without a start. */
  readonly durationMs?: Maybe<Scalars['Long']['output']>;
  /** When it ended; null while it has not. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Its events in sequence order. */
  readonly events: RunEventConnection;
  /** Why it failed. */
  readonly failure?: Maybe<RunFailure>;
  /** When its first event happened. */
  readonly firstSeenAt: Scalars['DateTime']['output'];
  /** Nodes, at the heads of the tenant's graphs, that name this run: by the property `runId` (GRAPH_RUN_PROPERTY), and `ritualId` where they have one. */
  readonly graphNodes: GraphNodeConnection;
  /** Global id. */
  readonly id: Scalars['ID']['output'];
  /** It lives on 6-token subjects only: readable, not decidable. */
  readonly legacy: Scalars['Boolean']['output'];
  /** What came out. */
  readonly outputs?: Maybe<Scalars['JSON']['output']>;
  /** The ritual its payloads name where that differs from their subject. */
  readonly payloadRitualId?: Maybe<Scalars['String']['output']>;
  /** The tenant its payloads name where that differs from their subject. */
  readonly payloadTenantId?: Maybe<Scalars['String']['output']>;
  /** What policy said about it, oldest first. */
  readonly policyDecisions: PolicyDecisionConnection;
  /** What the source says where it says more than `status`. */
  readonly rawStatus?: Maybe<Scalars['String']['output']>;
  /** Native records whose payload is a JSON object with this run's `ritualId` and `runId`, by stream and offset. */
  readonly records: RecordConnection;
  /** The ritual that runs. */
  readonly ritualId: Scalars['String']['output'];
  /** Its own id within the ritual. */
  readonly runId: Scalars['String']['output'];
  /** What was started, as the start event carries it. */
  readonly spec?: Maybe<Scalars['JSON']['output']>;
  /** When it started; null where no start event exists. */
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The state of its state machine, as the newest transition says. */
  readonly state?: Maybe<Scalars['String']['output']>;
  /** Where it stands: the first lifecycle terminal by sequence, else a pending gate, else running. */
  readonly status: RunStatus;
  /** Where it lives. */
  readonly system: System;
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** How many lifecycle terminals the log holds; the first one counts. */
  readonly terminalCount: Scalars['Int']['output'];
  /** Its state transitions, oldest first; at most 1000. */
  readonly transitions: ReadonlyArray<RunTransition>;
  /** When its newest event was stored. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** Whether the caller may cancel it. */
  readonly viewerCanCancel: Permission;
};


/** A run of the control plane; here: the records that name it. */
export type RunApprovalsArgs = {
  states?: InputMaybe<ReadonlyArray<ApprovalState>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A run of the control plane; here: the records that name it. */
export type RunEventsArgs = {
  types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};


/** A run of the control plane; here: the records that name it. */
export type RunGraphNodesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A run of the control plane; here: the records that name it. */
export type RunPolicyDecisionsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A run of the control plane; here: the records that name it. */
export type RunRecordsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** The event is in the log. */
export type RunAccepted = Accepted & {
  readonly __typename?: 'RunAccepted';
  /** The run, as the read model shows it now. */
  readonly run: Run;
  /** The position of the event that made it so; give it as `minCursor` to read your own write. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Whether reads already show it. */
  readonly projected: Scalars['Boolean']['output'];
  /** Proof that this was done. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** The run is over already; nothing was written. */
export type RunAlreadyTerminal = UserError & {
  readonly __typename?: 'RunAlreadyTerminal';
  /** Always CONFLICT. */
  readonly code: ErrorCode;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always false. */
  readonly retryable: Scalars['Boolean']['output'];
  /** The run and how it ended. */
  readonly run: Run;
};

/** Why a run does not go on. */
export type RunBlocker = {
  readonly __typename?: 'RunBlocker';
  /** What kind of reason. */
  readonly kind: BlockerKind;
  /** Since when. */
  readonly since?: Maybe<Scalars['DateTime']['output']>;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The gate that waits. */
  readonly approval?: Maybe<Approval>;
  /** The objective whose budget is spent. */
  readonly slo?: Maybe<Slo>;
  /** The ticket that was not used. */
  readonly ticket?: Maybe<Ticket>;
  /** Who can act: actors, or `scope:` and what they must hold. */
  readonly canAct: ReadonlyArray<Scalars['String']['output']>;
  /** Whether the caller can. */
  readonly viewerCanAct: Permission;
};

/** A page of runs. */
export type RunConnection = {
  readonly __typename?: 'RunConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Run>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** How many runs have a status. */
export type RunCount = {
  readonly __typename?: 'RunCount';
  /** The status. */
  readonly status: RunStatus;
  /** How many. */
  readonly count: Scalars['Int']['output'];
};

/** One of runs, and its cursor. */
export type RunEdge = {
  readonly __typename?: 'RunEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Run;
};

/** One event of a run. */
export type RunEvent = Event & Node & {
  readonly __typename?: 'RunEvent';
  /** Global id of the event. */
  readonly id: Scalars['ID']['output'];
  /** Its position, to resume after. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Its sequence in its stream. */
  readonly sequence: Scalars['Long']['output'];
  /** When it happened, as its writer says; the log's time where the writer gave none that can be read. */
  readonly at: Scalars['DateTime']['output'];
  /** When the log stored it. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /** The event's type as written. */
  readonly type: Scalars['String']['output'];
  /** Whose it is. */
  readonly tenantId: Scalars['String']['output'];
  /** Where it comes from. */
  readonly system: System;
  /** The whole payload. */
  readonly raw: Scalars['JSON']['output'];
  /** It came on a 6-token subject. */
  readonly legacy: Scalars['Boolean']['output'];
  /** The run it belongs to. */
  readonly run: Run;
};

/** A page of events. */
export type RunEventConnection = {
  readonly __typename?: 'RunEventConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<RunEventEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<RunEvent>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** What `runEvents` delivers. */
export type RunEventDelivery = RunEventItem | StreamGap | StreamPhase;

/** One of events, and its cursor. */
export type RunEventEdge = {
  readonly __typename?: 'RunEventEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: RunEvent;
};

/** An event of a run and its position. */
export type RunEventItem = {
  readonly __typename?: 'RunEventItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The event. */
  readonly event: RunEvent;
};

/** Why a run failed. */
export type RunFailure = {
  readonly __typename?: 'RunFailure';
  /** A code, where one was given. */
  readonly code?: Maybe<Scalars['String']['output']>;
  /** What happened. */
  readonly message: Scalars['String']['output'];
  /** More, as given. */
  readonly details?: Maybe<Scalars['JSON']['output']>;
};

/** All given conditions must hold. They are applied before the page is cut. */
export type RunFilter = {
  /** Exactly this ritual. */
  readonly ritualId?: InputMaybe<Scalars['String']['input']>;
  /** Rituals whose id holds this text, in any case. */
  readonly ritualIdContains?: InputMaybe<Scalars['String']['input']>;
  /** Runs whose id holds this text, in any case. */
  readonly runIdContains?: InputMaybe<Scalars['String']['input']>;
  /** In one of these states. */
  readonly statuses?: InputMaybe<ReadonlyArray<RunStatus>>;
  /** From one of these systems. */
  readonly systems?: InputMaybe<ReadonlyArray<System>>;
  /** Started (or first seen) at or after this moment. */
  readonly startedAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Started (or first seen) before this moment. */
  readonly startedBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** With this gate pending. */
  readonly awaitingGate?: InputMaybe<Scalars['String']['input']>;
  /** Ritual or run id holds this text, in any case. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
};

/** The natural key of a run in the caller's tenant. */
export type RunKey = {
  /** The ritual that runs. */
  readonly ritualId: Scalars['String']['input'];
  /** The run's own id; unique within its ritual. */
  readonly runId: Scalars['String']['input'];
  /** Where the run lives. */
  readonly system?: InputMaybe<System>;
};

/** How runs are ordered. */
export type RunOrder =
  /** Newest start first; first-seen time where there is no start. */
  | 'STARTED_DESC'
  /** Oldest start first. */
  | 'STARTED_ASC'
  /** Newest event first. */
  | 'UPDATED_DESC';

/** Outcomes of reporting about a run. */
export type RunResult = RunAccepted | InvalidInput | NotFound | NotAllowed | RunAlreadyTerminal | Unavailable;

/** Where a run stands. */
export type RunStatus =
  /** Waiting to begin. */
  | 'QUEUED'
  /** Going on. */
  | 'RUNNING'
  /** A requested gate has no decision yet. */
  | 'AWAITING_APPROVAL'
  /** Held. */
  | 'PAUSED'
  /** Came to its end. */
  | 'COMPLETED'
  /** Ended by a failure. */
  | 'FAILED'
  /** Ended by a cancellation. */
  | 'CANCELED'
  /** A state that we do not know; see `rawStatus`. */
  | 'UNKNOWN';

/** A step of a run's state machine. */
export type RunTransition = {
  readonly __typename?: 'RunTransition';
  /** The state it left. */
  readonly fromState: Scalars['String']['output'];
  /** The state it entered. */
  readonly toState: Scalars['String']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** Sequence of the event. */
  readonly sequence: Scalars['Long']['output'];
};

/** What is in a release. */
export type Sbom = {
  readonly __typename?: 'Sbom';
  /** Its format, such as SPDX-2.3. */
  readonly format: Scalars['String']['output'];
  /** How many packages. */
  readonly packages: Scalars['Int']['output'];
  /** The document. */
  readonly document: Scalars['JSON']['output'];
};

/** What an agent recommends about scale. */
export type ScaleHint = {
  readonly __typename?: 'ScaleHint';
  /** What to do. */
  readonly recommendation: ScaleRecommendation;
  /** Why. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** Sequence of the event. */
  readonly sequence: Scalars['Long']['output'];
  /** The whole hint: metrics, thresholds, hysteresis. */
  readonly raw: Scalars['JSON']['output'];
};

/** A page of scale hints. */
export type ScaleHintConnection = {
  readonly __typename?: 'ScaleHintConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<ScaleHintEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<ScaleHint>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of scale hints, and its cursor. */
export type ScaleHintEdge = {
  readonly __typename?: 'ScaleHintEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: ScaleHint;
};

/** What a scale hint recommends. */
export type ScaleRecommendation =
  /** More. */
  | 'SCALE_UP'
  /** Less. */
  | 'SCALE_DOWN'
  /** As it is. */
  | 'STEADY'
  /** A word that we do not know; see `raw`. */
  | 'UNKNOWN';

/** Something that a guard noticed. */
export type SecurityEvent = {
  readonly __typename?: 'SecurityEvent';
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** What. */
  readonly type: SecurityEventType;
  /** How bad: low, medium, high or critical. */
  readonly severity: Scalars['String']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** From where. */
  readonly ip?: Maybe<Scalars['String']['output']>;
  /** With which program. */
  readonly userAgent?: Maybe<Scalars['String']['output']>;
  /** About which repository. */
  readonly repoId?: Maybe<Scalars['String']['output']>;
  /** More about it; never a nonce, a signature or a key. */
  readonly details: Scalars['JSON']['output'];
  /** Whether it was refused. */
  readonly blocked: Scalars['Boolean']['output'];
};

/** What kind of thing guards notice. */
export type SecurityEventType =
  /** A ticket was shown again. */
  | 'REPLAY_ATTEMPT'
  /** A ticket that is not ours. */
  | 'INVALID_SIGNATURE'
  /** Somebody asks too often. */
  | 'RATE_LIMIT_EXCEEDED'
  /** Several of these together. */
  | 'SUSPICIOUS_PATTERN';

/** What a series shows. */
export type SeriesKind =
  /** Good over total, per slice. */
  | 'SLI'
  /** Bad over total, per slice. */
  | 'ERROR_RATIO'
  /** Error ratio over budget, per slice. */
  | 'BURN_RATE'
  /** What remains of the budget, over the window that ends at each point. */
  | 'REMAINING'
  /** Good events per slice. */
  | 'GOOD'
  /** Bad events per slice. */
  | 'BAD'
  /** Events per slice. */
  | 'TOTAL';

/** Puts a tag on a commit. */
export type SetGraphTagInput = {
  /** The graph, by global id; or give `scope`. */
  readonly graph?: InputMaybe<Scalars['ID']['input']>;
  /** The graph, by its scope; or give `graph`. */
  readonly scope?: InputMaybe<GraphScopeInput>;
  /** The name: letters, digits and `- / _ = .`, no dot at either end. */
  readonly tag: Scalars['String']['input'];
  /** The commit it shall name; the graph must have it. */
  readonly commit: Scalars['String']['input'];
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** How bad an event is. */
export type Severity =
  /** As it should be. */
  | 'INFO'
  /** Somebody may want to look: a denial, an escalation, a cancellation. */
  | 'WARNING'
  /** Something failed. */
  | 'ERROR'
  /** Somebody must look now. */
  | 'CRITICAL';

/** A silence of Alertmanager's. */
export type Silence = {
  readonly __typename?: 'Silence';
  /** Alertmanager's id. */
  readonly id: Scalars['ID']['output'];
  /** Where it stands. */
  readonly state: SilenceState;
  /** What it applies to; all must hold. */
  readonly matchers: ReadonlyArray<SilenceMatcher>;
  /** From here. */
  readonly startsAt: Scalars['DateTime']['output'];
  /** To here. */
  readonly endsAt: Scalars['DateTime']['output'];
  /** Who made it. */
  readonly createdBy: Scalars['String']['output'];
  /** Why. */
  readonly comment: Scalars['String']['output'];
};

/** Alertmanager has it. */
export type SilenceAccepted = {
  readonly __typename?: 'SilenceAccepted';
  /** The silence, as Alertmanager keeps it. */
  readonly silence: Silence;
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** Keeps alerts quiet: one alert, or all that match. */
export type SilenceAlertInput = {
  /** The alert, by id; its labels become the matchers. */
  readonly alert?: InputMaybe<Scalars['ID']['input']>;
  /** What it applies to; instead of `alert`. */
  readonly matchers?: InputMaybe<ReadonlyArray<SilenceMatcherInput>>;
  /** Why; must not be empty. */
  readonly comment: Scalars['String']['input'];
  /** From here; now when left out. */
  readonly startsAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** To here; or give `durationSeconds`. */
  readonly endsAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** How long; or give `endsAt`. */
  readonly durationSeconds?: InputMaybe<Scalars['Seconds']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** A condition on a label. */
export type SilenceMatcher = {
  readonly __typename?: 'SilenceMatcher';
  /** The label. */
  readonly name: Scalars['String']['output'];
  /** The text or expression. */
  readonly value: Scalars['String']['output'];
  /** It is an expression, matched against the whole value. */
  readonly isRegex: Scalars['Boolean']['output'];
  /** False turns it around. */
  readonly isEqual: Scalars['Boolean']['output'];
};

/** A condition on a label. */
export type SilenceMatcherInput = {
  /** The label. */
  readonly name: Scalars['String']['input'];
  /** The text or expression. */
  readonly value: Scalars['String']['input'];
  /** It is an expression, matched against the whole value. */
  readonly isRegex?: InputMaybe<Scalars['Boolean']['input']>;
  /** False turns it around. */
  readonly isEqual?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Outcomes of silencing. */
export type SilenceResult = SilenceAccepted | InvalidInput | NotFound | NotAllowed | Unavailable;

/** Where a silence stands. */
export type SilenceState =
  /** It holds. */
  | 'ACTIVE'
  /** It will. */
  | 'PENDING'
  /** It did. */
  | 'EXPIRED';

/** Counts of a window; for time slices, of slices. */
export type Sli = {
  readonly __typename?: 'Sli';
  /** Good over total; null without events. */
  readonly ratio?: Maybe<Scalars['Float']['output']>;
  /** Good events. */
  readonly good: Scalars['Count']['output'];
  /** Bad events. */
  readonly bad: Scalars['Count']['output'];
  /** All events. */
  readonly total: Scalars['Count']['output'];
  /** Lower end of Wilson's 95 % interval. */
  readonly low?: Maybe<Scalars['Float']['output']>;
  /** Its upper end. */
  readonly high?: Maybe<Scalars['Float']['output']>;
};

/** A service level objective, measured. */
export type Slo = Node & {
  readonly __typename?: 'Slo';
  /** Opaque global id. */
  readonly id: Scalars['ID']['output'];
  /** Unique within the tenant. */
  readonly name: Scalars['String']['output'];
  /** A name for people. */
  readonly displayName?: Maybe<Scalars['String']['output']>;
  /** What it promises. */
  readonly description?: Maybe<Scalars['String']['output']>;
  /** The service it belongs to. */
  readonly service: Scalars['String']['output'];
  /** Its labels. */
  readonly labels: Scalars['JSON']['output'];
  /** What is promised. */
  readonly objective: Objective;
  /** The time it is promised for. */
  readonly window: SloWindow;
  /** How the budget is spent. */
  readonly budgetingMethod: BudgetingMethod;
  /** How it stands. */
  readonly status: SloStatus;
  /** Why. */
  readonly reasons: ReadonlyArray<SloReason>;
  /** Where its counts come from. */
  readonly source: SloSource;
  /** How good is told from bad. */
  readonly indicator: Indicator;
  /** The moment its numbers reflect; null when nothing was measured. */
  readonly asOf?: Maybe<Scalars['DateTime']['output']>;
  /** Measured time over the window, 0..1. Unmeasured time is not uptime. */
  readonly coverage: Scalars['Float']['output'];
  /** Not every event was seen. */
  readonly isEstimated: Scalars['Boolean']['output'];
  /** Counts of the window; null when they could not be measured. */
  readonly sli?: Maybe<Sli>;
  /** The same promise as a percentile, for people; null unless it is about a latency. */
  readonly quantile?: Maybe<Quantile>;
  /** What may go wrong, and what has. */
  readonly errorBudget?: Maybe<ErrorBudget>;
  /** Error ratio over the last so many seconds, over the budget; null when not measured. */
  readonly burnRate?: Maybe<Scalars['Float']['output']>;
  /** When the page tiers fire. */
  readonly threshold: BurnThreshold;
  /** Burn tiers, fastest first. */
  readonly tiers: ReadonlyArray<BurnTier>;
  /** Its alerts that live, ours and Alertmanager's; null when Alertmanager does not answer. */
  readonly alerts?: Maybe<ReadonlyArray<Alert>>;
  /** Periods that do not count. */
  readonly corrections: ReadonlyArray<Correction>;
  /** Values over time with explicit gaps: a point without a measurement is null. */
  readonly series: ReadonlyArray<Point>;
  /** Its parts, most events first, at most 1,000 and one for the rest; null where the source cannot tell them apart. */
  readonly groups?: Maybe<ReadonlyArray<SloGroup>>;
  /** How its number comes about. */
  readonly explain?: Maybe<Explain>;
  /** The objective as OpenSLO v1 text. */
  readonly openSlo: Scalars['String']['output'];
  /** Runs that started within its window, newest first; none for what Prometheus measures. */
  readonly runsInWindow: RunConnection;
  /** Runs that its spent budget keeps from going on; at most 100. */
  readonly blocking: ReadonlyArray<Run>;
};


/** A service level objective, measured. */
export type SloBurnRateArgs = {
  window: Scalars['Seconds']['input'];
};


/** A service level objective, measured. */
export type SloSeriesArgs = {
  kind: SeriesKind;
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  maxPoints?: InputMaybe<Scalars['Int']['input']>;
};


/** A service level objective, measured. */
export type SloGroupsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A service level objective, measured. */
export type SloRunsInWindowArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** The change is stored. */
export type SloAccepted = {
  readonly __typename?: 'SloAccepted';
  /** The objective; null when it was deleted. */
  readonly slo?: Maybe<Slo>;
  /** All objectives of the text. */
  readonly slos: ReadonlyArray<Slo>;
  /** Whether the objective is new. */
  readonly created: Scalars['Boolean']['output'];
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** A page of objectives. */
export type SloConnection = {
  readonly __typename?: 'SloConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<SloEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Slo>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; they are measured anyway. */
  readonly totalCount: Scalars['Int']['output'];
};

/** What `sloStatusChanged` delivers. */
export type SloDelivery = SloItem | StreamGap | StreamPhase;

/** One of objectives, and its cursor. */
export type SloEdge = {
  readonly __typename?: 'SloEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Slo;
};

/** Facts of our own log. */
export type SloEvent =
  /** Runs that ended: completed ones are good, failed ones bad, cancelled ones do not count. */
  | 'RUNS'
  /** Runs that ended within a time. */
  | 'RUN_DURATION'
  /** Gates that were decided within a time; one that waits longer is bad from then on. */
  | 'APPROVAL_AGE'
  /** Appends to record streams: stored ones are good; bad are those that were refused because somebody else was first, too many waited, or the store was away. */
  | 'APPENDS';

/** All given conditions must hold. */
export type SloFilter = {
  /** One of these names. */
  readonly names?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Whose name holds this text, in any case. */
  readonly nameContains?: InputMaybe<Scalars['String']['input']>;
  /** Of one of these services. */
  readonly services?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** With one of these statuses. */
  readonly statuses?: InputMaybe<ReadonlyArray<SloStatus>>;
  /** Measured by one of these sources. */
  readonly sources?: InputMaybe<ReadonlyArray<SloSource>>;
  /** With all of these labels, as `{ team: "core" }`. */
  readonly labels?: InputMaybe<Scalars['JSON']['input']>;
};

/** A part of an objective. */
export type SloGroup = {
  readonly __typename?: 'SloGroup';
  /** What the part is. */
  readonly labels: Scalars['JSON']['output'];
  /** Whether it stands for all that did not fit. */
  readonly overflow: Scalars['Boolean']['output'];
  /** Its counts. */
  readonly sli: Sli;
  /** What remains if the budget were its own; may be negative. */
  readonly remainingRatio?: Maybe<Scalars['Float']['output']>;
};

/** An objective as it is after a change of its status, and the change's position. */
export type SloItem = {
  readonly __typename?: 'SloItem';
  /** Resume after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The objective, as it is now. */
  readonly slo: Slo;
  /** The status it changed to; `slo.status` may have moved on. */
  readonly status: SloStatus;
  /** The status it left; null for a new objective. */
  readonly previousStatus?: Maybe<SloStatus>;
};

/** How objectives are ordered. */
export type SloOrder =
  /** Least remaining budget first; unmeasured last. */
  | 'REMAINING_ASC'
  /** Fastest burning first; unmeasured last. */
  | 'BURN_DESC'
  /** By name. */
  | 'NAME_ASC';

/** Why, for a program and for a person. */
export type SloReason = {
  readonly __typename?: 'SloReason';
  /** For a program. */
  readonly code: SloReasonCode;
  /** For a person. */
  readonly message: Scalars['String']['output'];
};

/** Why an objective has its status. */
export type SloReasonCode =
  /** Nothing reports what is counted. */
  | 'SERIES_ABSENT'
  /** No event happened. */
  | 'NO_TRAFFIC'
  /** The source warns that its answer is not whole. */
  | 'PARTIAL_DATA'
  /** The source does not understand the query (HTTP 400). */
  | 'BAD_QUERY'
  /** The source could not carry out the query (HTTP 422). */
  | 'QUERY_FAILED'
  /** The source does not answer (HTTP 503, or no connection). */
  | 'BACKEND_UNAVAILABLE'
  /** The source does not answer in time. */
  | 'BACKEND_TIMEOUT'
  /** This deployment has no such source. */
  | 'NOT_CONFIGURED'
  /** The histogram has no bucket that ends at the threshold. */
  | 'BUCKET_ABSENT'
  /** Less of the window was measured than the objective asks for. */
  | 'LOW_COVERAGE'
  /** The newest measurement is too old. */
  | 'STALE_DATA'
  /** Part of the window was not counted, as over a restart. */
  | 'RESTARTED'
  /** A tier burns. */
  | 'TIER_BURNS'
  /** Less than a tenth of the budget is left. */
  | 'BUDGET_LOW'
  /** The budget is spent. */
  | 'BUDGET_SPENT'
  /** A member of the composite does not exist. */
  | 'MEMBER_MISSING'
  /** A member of the composite is not measured. */
  | 'MEMBER_UNMEASURED'
  /** The moment lies in the future. */
  | 'FUTURE';

/** Outcomes of changing an objective. */
export type SloResult = SloAccepted | InvalidInput | NotFound | NotAllowed | Unavailable;

/** A service and its objectives. */
export type SloService = {
  readonly __typename?: 'SloService';
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** The worst status of its objectives; NO_DATA only where none is measured. */
  readonly status: SloStatus;
  /** Its objectives, least remaining first. */
  readonly slos: ReadonlyArray<Slo>;
};

/** Where an objective's counts come from. */
export type SloSource =
  /** Prometheus. */
  | 'PROMETHEUS'
  /** Counters of this deployment. */
  | 'COUNTERS'
  /** Facts of our own event log. */
  | 'EVENTS'
  /** Other objectives. */
  | 'COMPOSITE';

/** How an objective stands. */
export type SloStatus =
  /** The budget is not spent, and nothing burns it fast. */
  | 'MEETING'
  /** Met, but a tier burns or little is left. */
  | 'AT_RISK'
  /** Nothing remains of the budget. */
  | 'BREACHED'
  /** Nothing to judge by: no events, or no answer from the source. */
  | 'NO_DATA'
  /** The newest measurement is too old. */
  | 'STALE'
  /** Too little of the window was measured. */
  | 'INSUFFICIENT_COVERAGE';

/** The time an objective is about. */
export type SloWindow = {
  readonly __typename?: 'SloWindow';
  /** Rolling or of the calendar. */
  readonly kind: WindowKind;
  /** Its whole length. */
  readonly seconds: Scalars['Seconds']['output'];
  /** As written, such as `30d` or `1M`. */
  readonly duration: Scalars['String']['output'];
  /** Where it begins, as of the answer's moment. */
  readonly startsAt: Scalars['DateTime']['output'];
  /** Where it ends. */
  readonly endsAt: Scalars['DateTime']['output'];
  /** Zone of a calendar window. */
  readonly timeZone?: Maybe<Scalars['String']['output']>;
};

/** One store or neighbour, as the last probe saw it. */
export type Source = {
  readonly __typename?: 'Source';
  /** Its name, as errors give it in `extensions.source`. */
  readonly name: Scalars['String']['output'];
  /** What it is used for. */
  readonly kind: SourceKind;
  /** Built in, or a real server. */
  readonly mode: SourceMode;
  /** Whether it answers. */
  readonly status: SourceStatus;
  /** Whether this deployment can be ready without it. */
  readonly critical: Scalars['Boolean']['output'];
  /** The moment its answers reflect. */
  readonly asOf?: Maybe<Scalars['DateTime']['output']>;
  /** How far the read model is behind it, in seconds. */
  readonly lagSeconds?: Maybe<Scalars['Float']['output']>;
  /** How far the read model is behind it, in events. */
  readonly lagEvents?: Maybe<Scalars['Long']['output']>;
  /** Round trip of the last probe, in ms. */
  readonly latencyMs?: Maybe<Scalars['Float']['output']>;
  /** What the last failed probe said; never a driver's text. */
  readonly lastError?: Maybe<Scalars['String']['output']>;
  /** What was found in it, for a source that differs from install to install (Summit's); looked at anew after half a minute. */
  readonly capabilities: ReadonlyArray<SourceCapability>;
  /** Messages of this source that could not be read, newest first. */
  readonly deadLetters: DeadLetterConnection;
};


/** One store or neighbour, as the last probe saw it. */
export type SourceDeadLettersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Something that a source may have or not. */
export type SourceCapability = {
  readonly __typename?: 'SourceCapability';
  /** Such as `shape A`, `full-text entity_search` or `table runs`. */
  readonly name: Scalars['String']['output'];
  /** Whether it was found, and can be used. */
  readonly available: Scalars['Boolean']['output'];
  /** What was found, or what is missing. */
  readonly detail: Scalars['String']['output'];
};

/** What a source is used for. */
export type SourceKind =
  /** The event log. */
  | 'LOG'
  /** The relational store. */
  | 'SQL'
  /** The graph index. */
  | 'GRAPH'
  /** Shared short-lived state. */
  | 'CACHE'
  /** Metrics. */
  | 'METRICS'
  /** Alerts. */
  | 'ALERTS'
  /** Record streams. */
  | 'STORAGE';

/** Built in, or a real server. */
export type SourceMode =
  /** Inside this process. */
  | 'EMBEDDED'
  /** A server of its own. */
  | 'CONNECTED';

/** Whether a source answers. */
export type SourceStatus =
  /** It does. */
  | 'UP'
  /** It does, but late or in part. */
  | 'DEGRADED'
  /** It does not. */
  | 'DOWN'
  /** Not probed yet. */
  | 'UNKNOWN';

/** A new run. */
export type StartRunInput = {
  /** The ritual that runs: no dots, white space, `*` or `>`. */
  readonly ritualId: Scalars['String']['input'];
  /** Its own id; made by us when left out. */
  readonly runId?: InputMaybe<Scalars['String']['input']>;
  /** What was started; any JSON object. */
  readonly spec?: InputMaybe<Scalars['JSON']['input']>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** A record store as it is now. */
export type StorageStatus = {
  readonly __typename?: 'StorageStatus';
  /** Which one. */
  readonly store: RecordStoreKind;
  /** Whether it answers. */
  readonly status: SourceStatus;
  /** Its version, as it says. */
  readonly version?: Maybe<Scalars['String']['output']>;
  /** For how long it has been up. */
  readonly uptimeSeconds?: Maybe<Scalars['Float']['output']>;
  /** Standalone or clustered, as it says; a plain single node of Kimberlite says Clustered too. */
  readonly clusterMode?: Maybe<Scalars['String']['output']>;
  /** Connections it has open, from its metrics. */
  readonly connections?: Maybe<Scalars['Int']['output']>;
  /** Its own checks, from its HTTP sidecar; empty when that does not answer. */
  readonly checks: ReadonlyArray<HealthCheck>;
  /** Its replicas, where the generation tells any. */
  readonly replicas: ReadonlyArray<Replica>;
};

/** The log no longer holds, or the reader was too slow for, what lies between. */
export type StreamGap = {
  readonly __typename?: 'StreamGap';
  /** Resume after this to go on behind the gap. */
  readonly cursor: Scalars['Cursor']['output'];
  /** First sequence that was not delivered. */
  readonly from: Scalars['Long']['output'];
  /** Last sequence that was not delivered. */
  readonly to: Scalars['Long']['output'];
  /** Why. */
  readonly reason: GapReason;
};

/** The natural key of a record stream in the caller's tenant. */
export type StreamKey = {
  /** Its name; unique within its store. */
  readonly name: Scalars['String']['input'];
  /** Where it lives. */
  readonly store?: InputMaybe<RecordStoreKind>;
};

/** Marks where a stream passes from one phase into the next. */
export type StreamPhase = {
  readonly __typename?: 'StreamPhase';
  /** The position the stream has reached. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The phase that begins here. */
  readonly phase: Phase;
};

export type Subscription = {
  readonly __typename?: 'Subscription';
  /** An alert whenever its state changes; resumes exactly after `after`. Without `after`, only what is new. */
  readonly alertChanged: AlertDelivery;
  /** Every gate that opens, moves or is decided and matches; resumes exactly after `after`. Without `after`, only what is new. */
  readonly approvalUpdated: ApprovalDelivery;
  /** Any event of any domain that matches; resumes exactly after `after`. Without `after`, only what is new. */
  readonly events: EventDelivery;
  /** Every commit and every tag that changes, of one graph or of all; resumes exactly after `after`. Without `after`, only what is new. */
  readonly graphCommitted: GraphCommitDelivery;
  /** Changes inside the neighbourhood of a node, as they happen. */
  readonly neighbourhoodChanged: GraphChangeDelivery;
  /** Records of one stream as they are appended. With `fromOffset` or `after` the stored ones come first: no gap, no repeat. A new start of a Craton server ends it with a gap. */
  readonly recordAppended: RecordDelivery;
  /** Every event of one run, or of all runs that match; resumes exactly after `after`. Without `after`, only what is new. */
  readonly runEvents: RunEventDelivery;
  /** The run as it is now, again whenever it changes: coalesced, latest wins. */
  readonly runUpdated: Run;
  /** An objective whenever its status changes; resumes exactly after `after`. Without `after`, only what is new. */
  readonly sloStatusChanged: SloDelivery;
};


export type SubscriptionAlertChangedArgs = {
  filter?: InputMaybe<AlertFilter>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionApprovalUpdatedArgs = {
  filter?: InputMaybe<ApprovalFilter>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionEventsArgs = {
  filter?: InputMaybe<EventFilter>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionGraphCommittedArgs = {
  graph?: InputMaybe<Scalars['ID']['input']>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionNeighbourhoodChangedArgs = {
  graph: Scalars['ID']['input'];
  nodeId: Scalars['String']['input'];
  depth?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionRecordAppendedArgs = {
  stream: Scalars['ID']['input'];
  after?: InputMaybe<Scalars['Cursor']['input']>;
  fromOffset?: InputMaybe<Scalars['Long']['input']>;
};


export type SubscriptionRunEventsArgs = {
  run?: InputMaybe<Scalars['ID']['input']>;
  filter?: InputMaybe<RunFilter>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};


export type SubscriptionRunUpdatedArgs = {
  run?: InputMaybe<Scalars['ID']['input']>;
  filter?: InputMaybe<RunFilter>;
};


export type SubscriptionSloStatusChangedArgs = {
  filter?: InputMaybe<SloFilter>;
  after?: InputMaybe<Scalars['Cursor']['input']>;
  strict?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Which system a fact comes from. */
export type System =
  /** Orrery itself. */
  | 'ORRERY'
  /** Demon: runs, approvals, versioned graphs. */
  | 'DEMON'
  /** Summit: a live graph and its metadata. */
  | 'SUMMIT'
  /** Rails & Guarantees: SLOs, tickets, invariants. */
  | 'GUARANTEES'
  /** Craton: hash-chained record logs. */
  | 'CRATON';

/** Comparisons. */
export type ThresholdOperator =
  /** At most. */
  | 'LTE'
  /** Less. */
  | 'LT'
  /** At least. */
  | 'GTE'
  /** More. */
  | 'GT';

/** Allows one change, once. Its nonce and its signature are never shown. */
export type Ticket = {
  readonly __typename?: 'Ticket';
  /** Its id, `tkn_...`. */
  readonly id: Scalars['ID']['output'];
  /** The repository it is for. */
  readonly repoId: Scalars['String']['output'];
  /** The commit it starts from. */
  readonly baseCommit: Scalars['String']['output'];
  /** The plan it carries out; empty where none. */
  readonly planHash: Scalars['String']['output'];
  /** The key that signed it. */
  readonly kid: Scalars['String']['output'];
  /** What it allows. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  /** Since when. */
  readonly issuedAt: Scalars['DateTime']['output'];
  /** Until when; at this moment it is over. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** How long it lives. */
  readonly ttlSeconds: Scalars['Seconds']['output'];
  /** Where it stands. */
  readonly state: TicketState;
  /** Who asked for it. */
  readonly issuedBy: Actor;
  /** When it was used. */
  readonly consumedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was ended. */
  readonly revokedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Why it was ended. */
  readonly revokeReason?: Maybe<Scalars['String']['output']>;
  /** The run it is for. */
  readonly run?: Maybe<Run>;
};

/** What became of a ticket's verification. */
export type TicketCode =
  /** It holds. */
  | 'OK'
  /** It is not one of ours: shape, version, key or signature; always the same answer. */
  | 'INVALID_SIGNATURE'
  /** Its time is over. */
  | 'TICKET_EXPIRED'
  /** It was issued in the future. */
  | 'NOT_YET_VALID'
  /** It lives longer than tickets may. */
  | 'TTL_EXCEEDED'
  /** It is about another repository, commit, plan or patch. */
  | 'BINDING_MISMATCH'
  /** It does not allow this. */
  | 'SCOPE_DENIED'
  /** Somebody ended it. */
  | 'REVOKED'
  /** It was used before. */
  | 'REPLAY'
  /** Nobody can tell now; nothing was done. */
  | 'STORE_UNAVAILABLE';

/** A page of tickets. */
export type TicketConnection = {
  readonly __typename?: 'TicketConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<TicketEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Ticket>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all; counted only when asked for. */
  readonly totalCount: Scalars['Int']['output'];
};

/** The ticket is used up; you were first. */
export type TicketConsumed = {
  readonly __typename?: 'TicketConsumed';
  /** The ticket, where it is known to this tenant. */
  readonly ticket?: Maybe<Ticket>;
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** One of tickets, and its cursor. */
export type TicketEdge = {
  readonly __typename?: 'TicketEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Ticket;
};

/** All given conditions must hold. */
export type TicketFilter = {
  /** In one of these states. */
  readonly states?: InputMaybe<ReadonlyArray<TicketState>>;
  /** For exactly this repository. */
  readonly repoId?: InputMaybe<Scalars['String']['input']>;
  /** For this run, by global id. */
  readonly run?: InputMaybe<Scalars['ID']['input']>;
};

/** The ticket exists. */
export type TicketIssued = {
  readonly __typename?: 'TicketIssued';
  /** The ticket. */
  readonly ticket: Ticket;
  /** What its bearer shows; it cannot be read again. */
  readonly token: Scalars['String']['output'];
  /** What is odd about it, such as a very short life. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** The ticket does not hold; nothing was done. */
export type TicketRefused = UserError & {
  readonly __typename?: 'TicketRefused';
  /** EXPIRED, REPLAY, NOT_ALLOWED, or SOURCE_UNAVAILABLE. */
  readonly code: ErrorCode;
  /** Why, for a person. */
  readonly message: Scalars['String']['output'];
  /** The input field concerned. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Whether it can succeed later. */
  readonly retryable: Scalars['Boolean']['output'];
  /** Why, exactly. */
  readonly ticketCode: TicketCode;
};

/** The ticket is over. */
export type TicketRevoked = {
  readonly __typename?: 'TicketRevoked';
  /** The ticket. */
  readonly ticket: Ticket;
  /** Proof that this was done; null where it is still on its way into the audit log. */
  readonly receipt?: Maybe<AuditReceipt>;
  /** Echo of the input. */
  readonly clientMutationId?: Maybe<Scalars['String']['output']>;
};

/** Where a ticket stands. */
export type TicketState =
  /** It can be used. */
  | 'ACTIVE'
  /** It was used. */
  | 'CONSUMED'
  /** Its time is over. */
  | 'EXPIRED'
  /** Somebody ended it. */
  | 'REVOKED';

/** What became of a verification. */
export type TicketVerification = {
  readonly __typename?: 'TicketVerification';
  /** Whether it holds. */
  readonly valid: Scalars['Boolean']['output'];
  /** Why not. */
  readonly code: TicketCode;
  /** How long the verification took. */
  readonly verifiedInMs: Scalars['Float']['output'];
  /** Whether that is within the budget. */
  readonly withinBudget: Scalars['Boolean']['output'];
  /** Whether its nonce was used before: information, nothing was consumed. */
  readonly nonceSeen: Scalars['Boolean']['output'];
  /** The ticket, where it is known to this tenant. */
  readonly ticket?: Maybe<Ticket>;
};

/** What happened during an incident. */
export type TimelineEntry = {
  readonly __typename?: 'TimelineEntry';
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** What kind of thing. */
  readonly type: TimelineKind;
  /** What. */
  readonly message: Scalars['String']['output'];
  /** Who; null for the evaluator. */
  readonly actor?: Maybe<Actor>;
};

/** What an entry of a timeline tells. */
export type TimelineKind =
  /** An alert joined. */
  | 'ALERT'
  /** Somebody did something. */
  | 'ACTION'
  /** It is over. */
  | 'RESOLUTION'
  /** It got worse. */
  | 'ESCALATION';

/** A store or neighbour does not answer; whether something was written is said in the message. */
export type Unavailable = UserError & {
  readonly __typename?: 'Unavailable';
  /** Always SOURCE_UNAVAILABLE. */
  readonly code: ErrorCode;
  /** What does not answer. */
  readonly message: Scalars['String']['output'];
  /** Null: the input is not the cause. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Always true. */
  readonly retryable: Scalars['Boolean']['output'];
  /** Its name in `Query.sources`. */
  readonly source: Scalars['String']['output'];
};

/** Makes or changes an objective: `openSlo`, or the fields. */
export type UpsertSloInput = {
  /** OpenSLO v1 text with one or more SLOs; then nothing else is given. */
  readonly openSlo?: InputMaybe<Scalars['String']['input']>;
  /** Unique within the tenant. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** A name for people. */
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  /** What it promises. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** The service it belongs to. */
  readonly service?: InputMaybe<Scalars['String']['input']>;
  /** Its labels, as `{ team: "core" }`. */
  readonly labels?: InputMaybe<Scalars['JSON']['input']>;
  /** As a ratio below 1, at most six decimals. */
  readonly target?: InputMaybe<Scalars['Float']['input']>;
  /** The same in percent. */
  readonly targetPercent?: InputMaybe<Scalars['Float']['input']>;
  /** The same in parts per million. */
  readonly targetPpm?: InputMaybe<Scalars['Int']['input']>;
  /** Rolling, such as `30d`. */
  readonly window?: InputMaybe<Scalars['String']['input']>;
  /** Of the calendar; instead of `window`. */
  readonly calendar?: InputMaybe<CalendarWindowInput>;
  /** How the budget is spent. */
  readonly budgetingMethod?: InputMaybe<BudgetingMethod>;
  /** What a slice must reach, as a ratio. */
  readonly timeSliceTarget?: InputMaybe<Scalars['Float']['input']>;
  /** Length of a slice, such as `1m`. */
  readonly timeSliceWindow?: InputMaybe<Scalars['String']['input']>;
  /** How good is told from bad. */
  readonly indicator?: InputMaybe<IndicatorInput>;
  /** Burn tiers; the standard ones when left out. */
  readonly tiers?: InputMaybe<ReadonlyArray<BurnTierInput>>;
  /** Share of the window that must be measured, 0..1; 0.5 when left out. */
  readonly minCoverage?: InputMaybe<Scalars['Float']['input']>;
  /** Rituals whose runs wait while the budget is spent; `*` = all. */
  readonly freezes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A repeat with the same key and input gives the first answer; kept 24 h per caller. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Echoed in the answer. */
  readonly clientMutationId?: InputMaybe<Scalars['String']['input']>;
};

/** What people branch on after a mutation; every failing member of a result union implements it. */
export type UserError = {
  /** What kind of outcome this is; branch on it, never on the message. */
  readonly code: ErrorCode;
  /** A sentence for a person. */
  readonly message: Scalars['String']['output'];
  /** Where in the input the cause lies; null when it lies elsewhere. */
  readonly path?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Whether the same request can succeed later, unchanged. */
  readonly retryable: Scalars['Boolean']['output'];
};

/** A ticket and what it is wanted for; only what is given is compared. */
export type VerifyTicketInput = {
  /** The token, or the ticket's JSON. */
  readonly token: Scalars['String']['input'];
  /** The repository. */
  readonly repoId?: InputMaybe<Scalars['String']['input']>;
  /** The commit. */
  readonly baseCommit?: InputMaybe<Scalars['String']['input']>;
  /** The plan. */
  readonly planHash?: InputMaybe<Scalars['String']['input']>;
  /** The patch itself; its canonical form is compared. */
  readonly patch?: InputMaybe<Scalars['String']['input']>;
  /** SHA-256 of the canonical patch. */
  readonly patchSha256?: InputMaybe<Scalars['String']['input']>;
  /** What is to be done, such as `write`. */
  readonly scope?: InputMaybe<Scalars['String']['input']>;
};

/** The caller. */
export type Viewer = {
  readonly __typename?: 'Viewer';
  /** The verified identity. */
  readonly actor: Actor;
  /** The tenant that this request reads and writes. */
  readonly tenantId: Scalars['String']['output'];
  /** Roles held. */
  readonly roles: ReadonlyArray<Scalars['String']['output']>;
  /** Scopes held. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  /** Tenants the caller may choose from with `x-tenant-id`. */
  readonly tenants: ReadonlyArray<Scalars['String']['output']>;
};

/** A rule did not hold. */
export type Violation = {
  readonly __typename?: 'Violation';
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** How bad it is. */
  readonly severity: ViolationSeverity;
  /** Whether the guard held. */
  readonly outcome: ViolationOutcome;
  /** What was being done. */
  readonly operation: Scalars['String']['output'];
  /** What is wrong, for people. */
  readonly message: Scalars['String']['output'];
  /** What is wrong; never a ticket, a signature or a nonce. */
  readonly details: Scalars['JSON']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
};

/** A page of violations. */
export type ViolationConnection = {
  readonly __typename?: 'ViolationConnection';
  /** Items with their cursors. */
  readonly edges: ReadonlyArray<ViolationEdge>;
  /** Items alone. */
  readonly nodes: ReadonlyArray<Violation>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
  /** How many there are in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One of violations, and its cursor. */
export type ViolationEdge = {
  readonly __typename?: 'ViolationEdge';
  /** To page on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item. */
  readonly node: Violation;
};

/** Whether the guard held. */
export type ViolationOutcome =
  /** The attempt was refused: the guard held. */
  | 'REFUSED'
  /** It was accepted: the guarantee is broken. */
  | 'ACCEPTED';

/** How bad a violation is. */
export type ViolationSeverity =
  /** The rule does not hold. */
  | 'ERROR'
  /** It holds, barely. */
  | 'WARNING'
  /** Worth knowing. */
  | 'INFO';

/** What a window is. */
export type WindowKind =
  /** The last so many seconds. */
  | 'ROLLING'
  /** A period of the calendar. */
  | 'CALENDAR';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Dictionary<PropertyKey, never>, TContext = Dictionary<PropertyKey, never>, TArgs = Dictionary<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Dictionary<PropertyKey, never>, TContext = Dictionary<PropertyKey, never>, TArgs = Dictionary<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Dictionary<PropertyKey, never>, TContext = Dictionary<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Dictionary<PropertyKey, never>, TContext = Dictionary<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Dictionary<PropertyKey, never>, TParent = Dictionary<PropertyKey, never>, TContext = Dictionary<PropertyKey, never>, TArgs = Dictionary<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Dictionary<string, unknown>> = {
  AlertDelivery:
    | ( Omit<AlertItem, 'alert'> & { alert: _RefType['Alert'] } & { __typename: 'AlertItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  AppendResult:
    | ( Omit<RecordsAppended, 'stream' | 'receipt'> & { stream: _RefType['RecordStream'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'RecordsAppended' } )
    | ( OffsetConflict & { __typename: 'OffsetConflict' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  ApprovalDelivery:
    | ( Omit<ApprovalItem, 'approval'> & { approval: _RefType['Approval'] } & { __typename: 'ApprovalItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  ApprovalResult:
    | ( Omit<ApprovalDecided, 'approval' | 'receipt'> & { approval: _RefType['Approval'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'ApprovalDecided' } )
    | ( Omit<ApprovalAlreadyDecided, 'approval'> & { approval: _RefType['Approval'] } & { __typename: 'ApprovalAlreadyDecided' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  ConsumeTicketResult:
    | ( Omit<TicketConsumed, 'ticket' | 'receipt'> & { ticket?: Maybe<_RefType['Ticket']>, receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'TicketConsumed' } )
    | ( TicketRefused & { __typename: 'TicketRefused' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  EventDelivery:
    | ( Omit<EventItem, 'event'> & { event: _RefType['Event'] } & { __typename: 'EventItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  GraphChangeDelivery:
    | ( GraphChangeModel & { __typename: 'GraphChangeItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  GraphCommitDelivery:
    | ( Omit<GraphCommitItem, 'graph' | 'commit' | 'tag'> & { graph: _RefType['Graph'], commit?: Maybe<_RefType['GraphCommit']>, tag?: Maybe<_RefType['GraphTag']> } & { __typename: 'GraphCommitItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  GraphResult:
    | ( GraphAcceptedModel & { __typename: 'GraphAccepted' } )
    | ( Omit<GraphHeadMoved, 'head'> & { head: _RefType['GraphCommit'] } & { __typename: 'GraphHeadMoved' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  IssueTicketResult:
    | ( Omit<TicketIssued, 'ticket' | 'receipt'> & { ticket: _RefType['Ticket'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'TicketIssued' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  RecordDelivery:
    | ( Omit<RecordItem, 'record'> & { record: _RefType['Record'] } & { __typename: 'RecordItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  RecordStreamResult:
    | ( Omit<RecordStreamAccepted, 'stream' | 'pin' | 'receipt'> & { stream: _RefType['RecordStream'], pin?: Maybe<_RefType['Pin']>, receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'RecordStreamAccepted' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  RevokeTicketResult:
    | ( Omit<TicketRevoked, 'ticket' | 'receipt'> & { ticket: _RefType['Ticket'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'TicketRevoked' } )
    | ( TicketRefused & { __typename: 'TicketRefused' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  RunEventDelivery:
    | ( Omit<RunEventItem, 'event'> & { event: _RefType['RunEvent'] } & { __typename: 'RunEventItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  RunResult:
    | ( Omit<RunAccepted, 'run' | 'receipt'> & { run: _RefType['Run'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'RunAccepted' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Omit<RunAlreadyTerminal, 'run'> & { run: _RefType['Run'] } & { __typename: 'RunAlreadyTerminal' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  SilenceResult:
    | ( Omit<SilenceAccepted, 'receipt'> & { receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'SilenceAccepted' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
  SloDelivery:
    | ( Omit<SloItem, 'slo'> & { slo: _RefType['Slo'] } & { __typename: 'SloItem' } )
    | ( StreamGap & { __typename: 'StreamGap' } )
    | ( StreamPhase & { __typename: 'StreamPhase' } )
  ;
  SloResult:
    | ( Omit<SloAccepted, 'slo' | 'slos' | 'receipt'> & { slo?: Maybe<_RefType['Slo']>, slos: ReadonlyArray<_RefType['Slo']>, receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'SloAccepted' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Dictionary<string, unknown>> = {
  Accepted:
    | ( Omit<ApprovalDecided, 'approval' | 'receipt'> & { approval: _RefType['Approval'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'ApprovalDecided' } )
    | ( GraphAcceptedModel & { __typename: 'GraphAccepted' } )
    | ( Omit<RecordsAppended, 'stream' | 'receipt'> & { stream: _RefType['RecordStream'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'RecordsAppended' } )
    | ( Omit<RunAccepted, 'run' | 'receipt'> & { run: _RefType['Run'], receipt?: Maybe<_RefType['AuditReceipt']> } & { __typename: 'RunAccepted' } )
  ;
  Event:
    | ( GenericEventModel & { __typename: 'GenericEvent' } )
    | ( RunEventModel & { __typename: 'RunEvent' } )
  ;
  Node:
    | ( ApprovalModel & { __typename: 'Approval' } )
    | ( AuditReceiptModel & { __typename: 'AuditReceipt' } )
    | ( GenericEventModel & { __typename: 'GenericEvent' } )
    | ( GraphModel & { __typename: 'Graph' } )
    | ( GraphCommitModel & { __typename: 'GraphCommit' } )
    | ( GraphNodeModel & { __typename: 'GraphNode' } )
    | ( GraphRelationshipModel & { __typename: 'GraphRelationship' } )
    | ( RecordModel & { __typename: 'Record' } )
    | ( RecordStreamModel & { __typename: 'RecordStream' } )
    | ( RitualModel & { __typename: 'Ritual' } )
    | ( RunModel & { __typename: 'Run' } )
    | ( RunEventModel & { __typename: 'RunEvent' } )
    | ( SloReportModel & { __typename: 'Slo' } )
  ;
  UserError:
    | ( Omit<ApprovalAlreadyDecided, 'approval'> & { approval: _RefType['Approval'] } & { __typename: 'ApprovalAlreadyDecided' } )
    | ( Omit<GraphHeadMoved, 'head'> & { head: _RefType['GraphCommit'] } & { __typename: 'GraphHeadMoved' } )
    | ( InvalidInput & { __typename: 'InvalidInput' } )
    | ( NotAllowed & { __typename: 'NotAllowed' } )
    | ( NotFound & { __typename: 'NotFound' } )
    | ( OffsetConflict & { __typename: 'OffsetConflict' } )
    | ( Omit<RunAlreadyTerminal, 'run'> & { run: _RefType['Run'] } & { __typename: 'RunAlreadyTerminal' } )
    | ( TicketRefused & { __typename: 'TicketRefused' } )
    | ( Unavailable & { __typename: 'Unavailable' } )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Accepted: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Accepted']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Actor: ResolverTypeWrapper<Actor>;
  ActorKind: ActorKind;
  AddCorrectionInput: AddCorrectionInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Alert: ResolverTypeWrapper<AlertModel>;
  AlertConnection: ResolverTypeWrapper<CountedConnection<AlertModel>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  AlertDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AlertDelivery']>;
  AlertEdge: ResolverTypeWrapper<Omit<AlertEdge, 'node'> & { node: ResolversTypes['Alert'] }>;
  AlertFilter: AlertFilter;
  AlertItem: ResolverTypeWrapper<Omit<AlertItem, 'alert'> & { alert: ResolversTypes['Alert'] }>;
  AlertOrigin: AlertOrigin;
  AlertState: AlertState;
  AppendRecordsInput: AppendRecordsInput;
  AppendResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AppendResult']>;
  Approval: ResolverTypeWrapper<ApprovalModel>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  ApprovalAlreadyDecided: ResolverTypeWrapper<Omit<ApprovalAlreadyDecided, 'approval'> & { approval: ResolversTypes['Approval'] }>;
  ApprovalConnection: ResolverTypeWrapper<CountedConnection<ApprovalModel>>;
  ApprovalDecided: ResolverTypeWrapper<Omit<ApprovalDecided, 'approval' | 'receipt'> & { approval: ResolversTypes['Approval'], receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  ApprovalDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['ApprovalDelivery']>;
  ApprovalEdge: ResolverTypeWrapper<Omit<ApprovalEdge, 'node'> & { node: ResolversTypes['Approval'] }>;
  ApprovalFilter: ApprovalFilter;
  ApprovalItem: ResolverTypeWrapper<Omit<ApprovalItem, 'approval'> & { approval: ResolversTypes['Approval'] }>;
  ApprovalKey: ApprovalKey;
  ApprovalOrder: ApprovalOrder;
  ApprovalResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['ApprovalResult']>;
  ApprovalState: ApprovalState;
  Artifact: ResolverTypeWrapper<Artifact>;
  ArtifactType: ArtifactType;
  AuditReceipt: ResolverTypeWrapper<AuditReceiptModel>;
  AuditVerification: ResolverTypeWrapper<AuditVerification>;
  BlockerKind: BlockerKind;
  BudgetAdvice: ResolverTypeWrapper<BudgetAdvice>;
  BudgetingMethod: BudgetingMethod;
  BurnThreshold: ResolverTypeWrapper<BurnThreshold>;
  BurnTier: ResolverTypeWrapper<BurnTier>;
  BurnTierInput: BurnTierInput;
  BurnWindow: ResolverTypeWrapper<BurnWindow>;
  Bytes: ResolverTypeWrapper<Scalars['Bytes']['output']>;
  CalendarUnit: CalendarUnit;
  CalendarWindowInput: CalendarWindowInput;
  CancelRunInput: CancelRunInput;
  CapabilityQuota: ResolverTypeWrapper<CapabilityQuota>;
  ChainVerification: ResolverTypeWrapper<ChainVerificationModel>;
  CommitGraphInput: CommitGraphInput;
  CompatReport: ResolverTypeWrapper<CompatReport>;
  CompleteRunInput: CompleteRunInput;
  CompositeMemberInput: CompositeMemberInput;
  ConsumeTicketInput: ConsumeTicketInput;
  ConsumeTicketResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['ConsumeTicketResult']>;
  Correction: ResolverTypeWrapper<CorrectionModel>;
  Count: ResolverTypeWrapper<Scalars['Count']['output']>;
  CountersInput: CountersInput;
  CreateGraphInput: CreateGraphInput;
  CreateRecordStreamInput: CreateRecordStreamInput;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DataClass: DataClass;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeadLetter: ResolverTypeWrapper<DeadLetterModel>;
  DeadLetterConnection: ResolverTypeWrapper<CountedConnection<DeadLetterModel>>;
  DeadLetterEdge: ResolverTypeWrapper<Omit<DeadLetterEdge, 'node'> & { node: ResolversTypes['DeadLetter'] }>;
  Decision: ResolverTypeWrapper<DecisionModel>;
  DecisionKind: DecisionKind;
  DeleteGraphTagInput: DeleteGraphTagInput;
  DeleteSloInput: DeleteSloInput;
  DenyApprovalInput: DenyApprovalInput;
  DenyReason: DenyReason;
  Direction: Direction;
  Domain: Domain;
  EdgeInput: EdgeInput;
  ErrorBudget: ResolverTypeWrapper<ErrorBudget>;
  ErrorCode: ErrorCode;
  Escalation: ResolverTypeWrapper<Escalation>;
  EscalationStep: ResolverTypeWrapper<EscalationStep>;
  Event: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Event']>;
  EventConnection: ResolverTypeWrapper<Omit<EventConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['EventEdge']>, nodes: ReadonlyArray<ResolversTypes['Event']> }>;
  EventDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['EventDelivery']>;
  EventEdge: ResolverTypeWrapper<Omit<EventEdge, 'node'> & { node: ResolversTypes['Event'] }>;
  EventFilter: EventFilter;
  EventItem: ResolverTypeWrapper<Omit<EventItem, 'event'> & { event: ResolversTypes['Event'] }>;
  EventsInput: EventsInput;
  ExpireSilenceInput: ExpireSilenceInput;
  Explain: ResolverTypeWrapper<Explain>;
  FailRunInput: FailRunInput;
  GapReason: GapReason;
  GateStatus: GateStatus;
  GenericEvent: ResolverTypeWrapper<GenericEventModel>;
  GrantApprovalInput: GrantApprovalInput;
  Graph: ResolverTypeWrapper<GraphModel>;
  GraphAccepted: ResolverTypeWrapper<GraphAcceptedModel>;
  GraphChangeDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['GraphChangeDelivery']>;
  GraphChangeItem: ResolverTypeWrapper<GraphChangeModel>;
  GraphCommit: ResolverTypeWrapper<GraphCommitModel>;
  GraphCommitConnection: ResolverTypeWrapper<CountedConnection<GraphCommitModel>>;
  GraphCommitDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['GraphCommitDelivery']>;
  GraphCommitEdge: ResolverTypeWrapper<Omit<GraphCommitEdge, 'node'> & { node: ResolversTypes['GraphCommit'] }>;
  GraphCommitItem: ResolverTypeWrapper<Omit<GraphCommitItem, 'graph' | 'commit' | 'tag'> & { graph: ResolversTypes['Graph'], commit?: Maybe<ResolversTypes['GraphCommit']>, tag?: Maybe<ResolversTypes['GraphTag']> }>;
  GraphConnection: ResolverTypeWrapper<CountedConnection<GraphModel>>;
  GraphDiff: ResolverTypeWrapper<GraphDiffModel>;
  GraphDrift: ResolverTypeWrapper<GraphDrift>;
  GraphDriftKind: GraphDriftKind;
  GraphDriftPage: ResolverTypeWrapper<GraphDriftPage>;
  GraphEdge: ResolverTypeWrapper<Omit<GraphEdge, 'node'> & { node: ResolversTypes['Graph'] }>;
  GraphFile: ResolverTypeWrapper<GraphFile>;
  GraphFilter: GraphFilter;
  GraphFormat: GraphFormat;
  GraphHeadMoved: ResolverTypeWrapper<Omit<GraphHeadMoved, 'head'> & { head: ResolversTypes['GraphCommit'] }>;
  GraphMutation: ResolverTypeWrapper<GraphMutationModel>;
  GraphMutationConnection: ResolverTypeWrapper<CountedConnection<GraphMutationModel>>;
  GraphMutationEdge: ResolverTypeWrapper<Omit<GraphMutationEdge, 'node'> & { node: ResolversTypes['GraphMutation'] }>;
  GraphMutationInput: GraphMutationInput;
  GraphNeighbour: ResolverTypeWrapper<Omit<GraphNeighbour, 'node'> & { node: ResolversTypes['GraphNode'] }>;
  GraphNeighbourConnection: ResolverTypeWrapper<NeighbourConnection>;
  GraphNeighbourEdge: ResolverTypeWrapper<Omit<GraphNeighbourEdge, 'node'> & { node: ResolversTypes['GraphNeighbour'] }>;
  GraphNode: ResolverTypeWrapper<GraphNodeModel>;
  GraphNodeChange: ResolverTypeWrapper<Omit<GraphNodeChange, 'before' | 'after'> & { before: ResolversTypes['GraphNode'], after: ResolversTypes['GraphNode'] }>;
  GraphNodeConnection: ResolverTypeWrapper<CountedConnection<GraphNodeModel>>;
  GraphNodeEdge: ResolverTypeWrapper<Omit<GraphNodeEdge, 'node'> & { node: ResolversTypes['GraphNode'] }>;
  GraphNodeVersion: ResolverTypeWrapper<GraphNodeVersionModel>;
  GraphNodeVersionConnection: ResolverTypeWrapper<CountedConnection<GraphNodeVersionModel>>;
  GraphNodeVersionEdge: ResolverTypeWrapper<Omit<GraphNodeVersionEdge, 'node'> & { node: ResolversTypes['GraphNodeVersion'] }>;
  GraphOrigin: ResolverTypeWrapper<GraphOrigin>;
  GraphPath: ResolverTypeWrapper<GraphPathModel>;
  GraphPointInput: GraphPointInput;
  GraphReach: ResolverTypeWrapper<GraphReach>;
  GraphRef: GraphRef;
  GraphRelationship: ResolverTypeWrapper<GraphRelationshipModel>;
  GraphRelationshipChange: ResolverTypeWrapper<Omit<GraphRelationshipChange, 'before' | 'after'> & { before: ResolversTypes['GraphRelationship'], after: ResolversTypes['GraphRelationship'] }>;
  GraphRelationshipConnection: ResolverTypeWrapper<CountedConnection<GraphRelationshipModel>>;
  GraphRelationshipEdge: ResolverTypeWrapper<Omit<GraphRelationshipEdge, 'node'> & { node: ResolversTypes['GraphRelationship'] }>;
  GraphResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['GraphResult']>;
  GraphScopeInput: GraphScopeInput;
  GraphSourceKind: GraphSourceKind;
  GraphTag: ResolverTypeWrapper<GraphTagModel>;
  GraphTagConnection: ResolverTypeWrapper<CountedConnection<GraphTagModel>>;
  GraphTagEdge: ResolverTypeWrapper<Omit<GraphTagEdge, 'node'> & { node: ResolversTypes['GraphTag'] }>;
  HealthCheck: ResolverTypeWrapper<HealthCheck>;
  ImportGraphInput: ImportGraphInput;
  Incident: ResolverTypeWrapper<IncidentModel>;
  IncidentConnection: ResolverTypeWrapper<CountedConnection<IncidentModel>>;
  IncidentEdge: ResolverTypeWrapper<Omit<IncidentEdge, 'node'> & { node: ResolversTypes['Incident'] }>;
  IncidentFilter: IncidentFilter;
  IncidentSeverity: IncidentSeverity;
  IncidentStatus: IncidentStatus;
  Indicator: ResolverTypeWrapper<Indicator>;
  IndicatorInput: IndicatorInput;
  IndicatorKind: IndicatorKind;
  InvalidInput: ResolverTypeWrapper<InvalidInput>;
  Invariant: ResolverTypeWrapper<InvariantModel>;
  IssueTicketInput: IssueTicketInput;
  IssueTicketResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['IssueTicketResult']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Long: ResolverTypeWrapper<Scalars['Long']['output']>;
  Mutation: ResolverTypeWrapper<Dictionary<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  NodeInput: NodeInput;
  NonceStats: ResolverTypeWrapper<NonceStats>;
  NotAllowed: ResolverTypeWrapper<NotAllowed>;
  NotFound: ResolverTypeWrapper<NotFound>;
  Objective: ResolverTypeWrapper<Objective>;
  OffsetConflict: ResolverTypeWrapper<OffsetConflict>;
  OverrideApprovalInput: OverrideApprovalInput;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PerformanceBudget: ResolverTypeWrapper<PerformanceBudget>;
  Permission: ResolverTypeWrapper<Permission>;
  Phase: Phase;
  Pin: ResolverTypeWrapper<PinModel>;
  PinConnection: ResolverTypeWrapper<Omit<PinConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['PinEdge']>, nodes: ReadonlyArray<ResolversTypes['Pin']> }>;
  PinEdge: ResolverTypeWrapper<Omit<PinEdge, 'node'> & { node: ResolversTypes['Pin'] }>;
  PinReason: PinReason;
  PinRecordStreamInput: PinRecordStreamInput;
  Point: ResolverTypeWrapper<Point>;
  PolicyDecision: ResolverTypeWrapper<PolicyDecisionModel>;
  PolicyDecisionConnection: ResolverTypeWrapper<CountedConnection<PolicyDecisionModel>>;
  PolicyDecisionEdge: ResolverTypeWrapper<Omit<PolicyDecisionEdge, 'node'> & { node: ResolversTypes['PolicyDecision'] }>;
  PrometheusLatencyInput: PrometheusLatencyInput;
  PrometheusRatioInput: PrometheusRatioInput;
  PrometheusThresholdInput: PrometheusThresholdInput;
  Promotion: ResolverTypeWrapper<Promotion>;
  PromotionStatus: PromotionStatus;
  Property: ResolverTypeWrapper<Property>;
  PropertyFilter: PropertyFilter;
  PropertyInput: PropertyInput;
  Provenance: ResolverTypeWrapper<Provenance>;
  QualityGate: ResolverTypeWrapper<QualityGate>;
  Quantile: ResolverTypeWrapper<Quantile>;
  Query: ResolverTypeWrapper<Dictionary<PropertyKey, never>>;
  Quota: ResolverTypeWrapper<Quota>;
  RateLimit: ResolverTypeWrapper<RateLimit>;
  Record: ResolverTypeWrapper<RecordModel>;
  RecordConnection: ResolverTypeWrapper<Omit<RecordConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['RecordEdge']>, nodes: ReadonlyArray<ResolversTypes['Record']> }>;
  RecordDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RecordDelivery']>;
  RecordEdge: ResolverTypeWrapper<Omit<RecordEdge, 'node'> & { node: ResolversTypes['Record'] }>;
  RecordFilter: RecordFilter;
  RecordInput: RecordInput;
  RecordItem: ResolverTypeWrapper<Omit<RecordItem, 'record'> & { record: ResolversTypes['Record'] }>;
  RecordJsonCondition: RecordJsonCondition;
  RecordKind: RecordKind;
  RecordRunTransitionInput: RecordRunTransitionInput;
  RecordSegment: ResolverTypeWrapper<RecordSegment>;
  RecordSloEventsInput: RecordSloEventsInput;
  RecordStoreKind: RecordStoreKind;
  RecordStream: ResolverTypeWrapper<RecordStreamModel>;
  RecordStreamAccepted: ResolverTypeWrapper<Omit<RecordStreamAccepted, 'stream' | 'pin' | 'receipt'> & { stream: ResolversTypes['RecordStream'], pin?: Maybe<ResolversTypes['Pin']>, receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  RecordStreamConnection: ResolverTypeWrapper<CountedConnection<RecordStreamModel>>;
  RecordStreamEdge: ResolverTypeWrapper<Omit<RecordStreamEdge, 'node'> & { node?: Maybe<ResolversTypes['RecordStream']> }>;
  RecordStreamFilter: RecordStreamFilter;
  RecordStreamResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RecordStreamResult']>;
  RecordsAppended: ResolverTypeWrapper<Omit<RecordsAppended, 'stream' | 'receipt'> & { stream: ResolversTypes['RecordStream'], receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  Release: ResolverTypeWrapper<ReleaseModel>;
  ReleaseConnection: ResolverTypeWrapper<CountedConnection<ReleaseModel>>;
  ReleaseEdge: ResolverTypeWrapper<Omit<ReleaseEdge, 'node'> & { node: ResolversTypes['Release'] }>;
  Replica: ResolverTypeWrapper<Replica>;
  RequestApprovalInput: RequestApprovalInput;
  RevokeTicketInput: RevokeTicketInput;
  RevokeTicketResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RevokeTicketResult']>;
  Ritual: ResolverTypeWrapper<RitualModel>;
  RitualConnection: ResolverTypeWrapper<CountedConnection<RitualModel>>;
  RitualEdge: ResolverTypeWrapper<Omit<RitualEdge, 'node'> & { node: ResolversTypes['Ritual'] }>;
  Run: ResolverTypeWrapper<RunModel>;
  RunAccepted: ResolverTypeWrapper<Omit<RunAccepted, 'run' | 'receipt'> & { run: ResolversTypes['Run'], receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  RunAlreadyTerminal: ResolverTypeWrapper<Omit<RunAlreadyTerminal, 'run'> & { run: ResolversTypes['Run'] }>;
  RunBlocker: ResolverTypeWrapper<RunBlockerModel>;
  RunConnection: ResolverTypeWrapper<CountedConnection<RunModel>>;
  RunCount: ResolverTypeWrapper<RunCount>;
  RunEdge: ResolverTypeWrapper<Omit<RunEdge, 'node'> & { node: ResolversTypes['Run'] }>;
  RunEvent: ResolverTypeWrapper<RunEventModel>;
  RunEventConnection: ResolverTypeWrapper<CountedConnection<RunEventModel>>;
  RunEventDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RunEventDelivery']>;
  RunEventEdge: ResolverTypeWrapper<Omit<RunEventEdge, 'node'> & { node: ResolversTypes['RunEvent'] }>;
  RunEventItem: ResolverTypeWrapper<Omit<RunEventItem, 'event'> & { event: ResolversTypes['RunEvent'] }>;
  RunFailure: ResolverTypeWrapper<RunFailure>;
  RunFilter: RunFilter;
  RunKey: RunKey;
  RunOrder: RunOrder;
  RunResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['RunResult']>;
  RunStatus: RunStatus;
  RunTransition: ResolverTypeWrapper<RunTransition>;
  Sbom: ResolverTypeWrapper<Sbom>;
  ScaleHint: ResolverTypeWrapper<ScaleHintModel>;
  ScaleHintConnection: ResolverTypeWrapper<CountedConnection<ScaleHintModel>>;
  ScaleHintEdge: ResolverTypeWrapper<Omit<ScaleHintEdge, 'node'> & { node: ResolversTypes['ScaleHint'] }>;
  ScaleRecommendation: ScaleRecommendation;
  Seconds: ResolverTypeWrapper<Scalars['Seconds']['output']>;
  SecurityEvent: ResolverTypeWrapper<SecurityEvent>;
  SecurityEventType: SecurityEventType;
  SeriesKind: SeriesKind;
  SetGraphTagInput: SetGraphTagInput;
  Severity: Severity;
  Silence: ResolverTypeWrapper<Silence>;
  SilenceAccepted: ResolverTypeWrapper<Omit<SilenceAccepted, 'receipt'> & { receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  SilenceAlertInput: SilenceAlertInput;
  SilenceMatcher: ResolverTypeWrapper<SilenceMatcher>;
  SilenceMatcherInput: SilenceMatcherInput;
  SilenceResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SilenceResult']>;
  SilenceState: SilenceState;
  Sli: ResolverTypeWrapper<Sli>;
  Slo: ResolverTypeWrapper<SloReportModel>;
  SloAccepted: ResolverTypeWrapper<Omit<SloAccepted, 'slo' | 'slos' | 'receipt'> & { slo?: Maybe<ResolversTypes['Slo']>, slos: ReadonlyArray<ResolversTypes['Slo']>, receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  SloConnection: ResolverTypeWrapper<CountedConnection<SloReportModel>>;
  SloDelivery: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SloDelivery']>;
  SloEdge: ResolverTypeWrapper<Omit<SloEdge, 'node'> & { node: ResolversTypes['Slo'] }>;
  SloEvent: SloEvent;
  SloFilter: SloFilter;
  SloGroup: ResolverTypeWrapper<SloGroup>;
  SloItem: ResolverTypeWrapper<Omit<SloItem, 'slo'> & { slo: ResolversTypes['Slo'] }>;
  SloOrder: SloOrder;
  SloReason: ResolverTypeWrapper<SloReason>;
  SloReasonCode: SloReasonCode;
  SloResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SloResult']>;
  SloService: ResolverTypeWrapper<Omit<SloService, 'slos'> & { slos: ReadonlyArray<ResolversTypes['Slo']> }>;
  SloSource: SloSource;
  SloStatus: SloStatus;
  SloWindow: ResolverTypeWrapper<SloWindow>;
  Source: ResolverTypeWrapper<SourceModel>;
  SourceCapability: ResolverTypeWrapper<SourceCapability>;
  SourceKind: SourceKind;
  SourceMode: SourceMode;
  SourceStatus: SourceStatus;
  StartRunInput: StartRunInput;
  StorageStatus: ResolverTypeWrapper<StorageStatusModel>;
  StreamGap: ResolverTypeWrapper<StreamGap>;
  StreamKey: StreamKey;
  StreamPhase: ResolverTypeWrapper<StreamPhase>;
  Subscription: ResolverTypeWrapper<Dictionary<PropertyKey, never>>;
  System: System;
  ThresholdOperator: ThresholdOperator;
  Ticket: ResolverTypeWrapper<TicketModel>;
  TicketCode: TicketCode;
  TicketConnection: ResolverTypeWrapper<CountedConnection<TicketModel>>;
  TicketConsumed: ResolverTypeWrapper<Omit<TicketConsumed, 'ticket' | 'receipt'> & { ticket?: Maybe<ResolversTypes['Ticket']>, receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  TicketEdge: ResolverTypeWrapper<Omit<TicketEdge, 'node'> & { node: ResolversTypes['Ticket'] }>;
  TicketFilter: TicketFilter;
  TicketIssued: ResolverTypeWrapper<Omit<TicketIssued, 'ticket' | 'receipt'> & { ticket: ResolversTypes['Ticket'], receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  TicketRefused: ResolverTypeWrapper<TicketRefused>;
  TicketRevoked: ResolverTypeWrapper<Omit<TicketRevoked, 'ticket' | 'receipt'> & { ticket: ResolversTypes['Ticket'], receipt?: Maybe<ResolversTypes['AuditReceipt']> }>;
  TicketState: TicketState;
  TicketVerification: ResolverTypeWrapper<Omit<TicketVerification, 'ticket'> & { ticket?: Maybe<ResolversTypes['Ticket']> }>;
  TimelineEntry: ResolverTypeWrapper<TimelineEntryModel>;
  TimelineKind: TimelineKind;
  Unavailable: ResolverTypeWrapper<Unavailable>;
  UpsertSloInput: UpsertSloInput;
  UserError: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['UserError']>;
  VerifyTicketInput: VerifyTicketInput;
  Viewer: ResolverTypeWrapper<Viewer>;
  Violation: ResolverTypeWrapper<ViolationModel>;
  ViolationConnection: ResolverTypeWrapper<CountedConnection<ViolationModel>>;
  ViolationEdge: ResolverTypeWrapper<Omit<ViolationEdge, 'node'> & { node: ResolversTypes['Violation'] }>;
  ViolationOutcome: ViolationOutcome;
  ViolationSeverity: ViolationSeverity;
  WindowKind: WindowKind;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Accepted: ResolversInterfaceTypes<ResolversParentTypes>['Accepted'];
  Boolean: Scalars['Boolean']['output'];
  String: Scalars['String']['output'];
  Actor: Actor;
  AddCorrectionInput: AddCorrectionInput;
  ID: Scalars['ID']['output'];
  Alert: AlertModel;
  AlertConnection: CountedConnection<AlertModel>;
  Int: Scalars['Int']['output'];
  AlertDelivery: ResolversUnionTypes<ResolversParentTypes>['AlertDelivery'];
  AlertEdge: Omit<AlertEdge, 'node'> & { node: ResolversParentTypes['Alert'] };
  AlertFilter: AlertFilter;
  AlertItem: Omit<AlertItem, 'alert'> & { alert: ResolversParentTypes['Alert'] };
  AppendRecordsInput: AppendRecordsInput;
  AppendResult: ResolversUnionTypes<ResolversParentTypes>['AppendResult'];
  Approval: ApprovalModel;
  Float: Scalars['Float']['output'];
  ApprovalAlreadyDecided: Omit<ApprovalAlreadyDecided, 'approval'> & { approval: ResolversParentTypes['Approval'] };
  ApprovalConnection: CountedConnection<ApprovalModel>;
  ApprovalDecided: Omit<ApprovalDecided, 'approval' | 'receipt'> & { approval: ResolversParentTypes['Approval'], receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  ApprovalDelivery: ResolversUnionTypes<ResolversParentTypes>['ApprovalDelivery'];
  ApprovalEdge: Omit<ApprovalEdge, 'node'> & { node: ResolversParentTypes['Approval'] };
  ApprovalFilter: ApprovalFilter;
  ApprovalItem: Omit<ApprovalItem, 'approval'> & { approval: ResolversParentTypes['Approval'] };
  ApprovalKey: ApprovalKey;
  ApprovalResult: ResolversUnionTypes<ResolversParentTypes>['ApprovalResult'];
  Artifact: Artifact;
  AuditReceipt: AuditReceiptModel;
  AuditVerification: AuditVerification;
  BudgetAdvice: BudgetAdvice;
  BurnThreshold: BurnThreshold;
  BurnTier: BurnTier;
  BurnTierInput: BurnTierInput;
  BurnWindow: BurnWindow;
  Bytes: Scalars['Bytes']['output'];
  CalendarWindowInput: CalendarWindowInput;
  CancelRunInput: CancelRunInput;
  CapabilityQuota: CapabilityQuota;
  ChainVerification: ChainVerificationModel;
  CommitGraphInput: CommitGraphInput;
  CompatReport: CompatReport;
  CompleteRunInput: CompleteRunInput;
  CompositeMemberInput: CompositeMemberInput;
  ConsumeTicketInput: ConsumeTicketInput;
  ConsumeTicketResult: ResolversUnionTypes<ResolversParentTypes>['ConsumeTicketResult'];
  Correction: CorrectionModel;
  Count: Scalars['Count']['output'];
  CountersInput: CountersInput;
  CreateGraphInput: CreateGraphInput;
  CreateRecordStreamInput: CreateRecordStreamInput;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  DeadLetter: DeadLetterModel;
  DeadLetterConnection: CountedConnection<DeadLetterModel>;
  DeadLetterEdge: Omit<DeadLetterEdge, 'node'> & { node: ResolversParentTypes['DeadLetter'] };
  Decision: DecisionModel;
  DeleteGraphTagInput: DeleteGraphTagInput;
  DeleteSloInput: DeleteSloInput;
  DenyApprovalInput: DenyApprovalInput;
  EdgeInput: EdgeInput;
  ErrorBudget: ErrorBudget;
  Escalation: Escalation;
  EscalationStep: EscalationStep;
  Event: ResolversInterfaceTypes<ResolversParentTypes>['Event'];
  EventConnection: Omit<EventConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['EventEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Event']> };
  EventDelivery: ResolversUnionTypes<ResolversParentTypes>['EventDelivery'];
  EventEdge: Omit<EventEdge, 'node'> & { node: ResolversParentTypes['Event'] };
  EventFilter: EventFilter;
  EventItem: Omit<EventItem, 'event'> & { event: ResolversParentTypes['Event'] };
  EventsInput: EventsInput;
  ExpireSilenceInput: ExpireSilenceInput;
  Explain: Explain;
  FailRunInput: FailRunInput;
  GenericEvent: GenericEventModel;
  GrantApprovalInput: GrantApprovalInput;
  Graph: GraphModel;
  GraphAccepted: GraphAcceptedModel;
  GraphChangeDelivery: ResolversUnionTypes<ResolversParentTypes>['GraphChangeDelivery'];
  GraphChangeItem: GraphChangeModel;
  GraphCommit: GraphCommitModel;
  GraphCommitConnection: CountedConnection<GraphCommitModel>;
  GraphCommitDelivery: ResolversUnionTypes<ResolversParentTypes>['GraphCommitDelivery'];
  GraphCommitEdge: Omit<GraphCommitEdge, 'node'> & { node: ResolversParentTypes['GraphCommit'] };
  GraphCommitItem: Omit<GraphCommitItem, 'graph' | 'commit' | 'tag'> & { graph: ResolversParentTypes['Graph'], commit?: Maybe<ResolversParentTypes['GraphCommit']>, tag?: Maybe<ResolversParentTypes['GraphTag']> };
  GraphConnection: CountedConnection<GraphModel>;
  GraphDiff: GraphDiffModel;
  GraphDrift: GraphDrift;
  GraphDriftPage: GraphDriftPage;
  GraphEdge: Omit<GraphEdge, 'node'> & { node: ResolversParentTypes['Graph'] };
  GraphFile: GraphFile;
  GraphFilter: GraphFilter;
  GraphHeadMoved: Omit<GraphHeadMoved, 'head'> & { head: ResolversParentTypes['GraphCommit'] };
  GraphMutation: GraphMutationModel;
  GraphMutationConnection: CountedConnection<GraphMutationModel>;
  GraphMutationEdge: Omit<GraphMutationEdge, 'node'> & { node: ResolversParentTypes['GraphMutation'] };
  GraphMutationInput: GraphMutationInput;
  GraphNeighbour: Omit<GraphNeighbour, 'node'> & { node: ResolversParentTypes['GraphNode'] };
  GraphNeighbourConnection: NeighbourConnection;
  GraphNeighbourEdge: Omit<GraphNeighbourEdge, 'node'> & { node: ResolversParentTypes['GraphNeighbour'] };
  GraphNode: GraphNodeModel;
  GraphNodeChange: Omit<GraphNodeChange, 'before' | 'after'> & { before: ResolversParentTypes['GraphNode'], after: ResolversParentTypes['GraphNode'] };
  GraphNodeConnection: CountedConnection<GraphNodeModel>;
  GraphNodeEdge: Omit<GraphNodeEdge, 'node'> & { node: ResolversParentTypes['GraphNode'] };
  GraphNodeVersion: GraphNodeVersionModel;
  GraphNodeVersionConnection: CountedConnection<GraphNodeVersionModel>;
  GraphNodeVersionEdge: Omit<GraphNodeVersionEdge, 'node'> & { node: ResolversParentTypes['GraphNodeVersion'] };
  GraphOrigin: GraphOrigin;
  GraphPath: GraphPathModel;
  GraphPointInput: GraphPointInput;
  GraphReach: GraphReach;
  GraphRef: GraphRef;
  GraphRelationship: GraphRelationshipModel;
  GraphRelationshipChange: Omit<GraphRelationshipChange, 'before' | 'after'> & { before: ResolversParentTypes['GraphRelationship'], after: ResolversParentTypes['GraphRelationship'] };
  GraphRelationshipConnection: CountedConnection<GraphRelationshipModel>;
  GraphRelationshipEdge: Omit<GraphRelationshipEdge, 'node'> & { node: ResolversParentTypes['GraphRelationship'] };
  GraphResult: ResolversUnionTypes<ResolversParentTypes>['GraphResult'];
  GraphScopeInput: GraphScopeInput;
  GraphTag: GraphTagModel;
  GraphTagConnection: CountedConnection<GraphTagModel>;
  GraphTagEdge: Omit<GraphTagEdge, 'node'> & { node: ResolversParentTypes['GraphTag'] };
  HealthCheck: HealthCheck;
  ImportGraphInput: ImportGraphInput;
  Incident: IncidentModel;
  IncidentConnection: CountedConnection<IncidentModel>;
  IncidentEdge: Omit<IncidentEdge, 'node'> & { node: ResolversParentTypes['Incident'] };
  IncidentFilter: IncidentFilter;
  Indicator: Indicator;
  IndicatorInput: IndicatorInput;
  InvalidInput: InvalidInput;
  Invariant: InvariantModel;
  IssueTicketInput: IssueTicketInput;
  IssueTicketResult: ResolversUnionTypes<ResolversParentTypes>['IssueTicketResult'];
  JSON: Scalars['JSON']['output'];
  Long: Scalars['Long']['output'];
  Mutation: Dictionary<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  NodeInput: NodeInput;
  NonceStats: NonceStats;
  NotAllowed: NotAllowed;
  NotFound: NotFound;
  Objective: Objective;
  OffsetConflict: OffsetConflict;
  OverrideApprovalInput: OverrideApprovalInput;
  PageInfo: PageInfo;
  PerformanceBudget: PerformanceBudget;
  Permission: Permission;
  Pin: PinModel;
  PinConnection: Omit<PinConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['PinEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Pin']> };
  PinEdge: Omit<PinEdge, 'node'> & { node: ResolversParentTypes['Pin'] };
  PinRecordStreamInput: PinRecordStreamInput;
  Point: Point;
  PolicyDecision: PolicyDecisionModel;
  PolicyDecisionConnection: CountedConnection<PolicyDecisionModel>;
  PolicyDecisionEdge: Omit<PolicyDecisionEdge, 'node'> & { node: ResolversParentTypes['PolicyDecision'] };
  PrometheusLatencyInput: PrometheusLatencyInput;
  PrometheusRatioInput: PrometheusRatioInput;
  PrometheusThresholdInput: PrometheusThresholdInput;
  Promotion: Promotion;
  Property: Property;
  PropertyFilter: PropertyFilter;
  PropertyInput: PropertyInput;
  Provenance: Provenance;
  QualityGate: QualityGate;
  Quantile: Quantile;
  Query: Dictionary<PropertyKey, never>;
  Quota: Quota;
  RateLimit: RateLimit;
  Record: RecordModel;
  RecordConnection: Omit<RecordConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['RecordEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Record']> };
  RecordDelivery: ResolversUnionTypes<ResolversParentTypes>['RecordDelivery'];
  RecordEdge: Omit<RecordEdge, 'node'> & { node: ResolversParentTypes['Record'] };
  RecordFilter: RecordFilter;
  RecordInput: RecordInput;
  RecordItem: Omit<RecordItem, 'record'> & { record: ResolversParentTypes['Record'] };
  RecordJsonCondition: RecordJsonCondition;
  RecordRunTransitionInput: RecordRunTransitionInput;
  RecordSegment: RecordSegment;
  RecordSloEventsInput: RecordSloEventsInput;
  RecordStream: RecordStreamModel;
  RecordStreamAccepted: Omit<RecordStreamAccepted, 'stream' | 'pin' | 'receipt'> & { stream: ResolversParentTypes['RecordStream'], pin?: Maybe<ResolversParentTypes['Pin']>, receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  RecordStreamConnection: CountedConnection<RecordStreamModel>;
  RecordStreamEdge: Omit<RecordStreamEdge, 'node'> & { node?: Maybe<ResolversParentTypes['RecordStream']> };
  RecordStreamFilter: RecordStreamFilter;
  RecordStreamResult: ResolversUnionTypes<ResolversParentTypes>['RecordStreamResult'];
  RecordsAppended: Omit<RecordsAppended, 'stream' | 'receipt'> & { stream: ResolversParentTypes['RecordStream'], receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  Release: ReleaseModel;
  ReleaseConnection: CountedConnection<ReleaseModel>;
  ReleaseEdge: Omit<ReleaseEdge, 'node'> & { node: ResolversParentTypes['Release'] };
  Replica: Replica;
  RequestApprovalInput: RequestApprovalInput;
  RevokeTicketInput: RevokeTicketInput;
  RevokeTicketResult: ResolversUnionTypes<ResolversParentTypes>['RevokeTicketResult'];
  Ritual: RitualModel;
  RitualConnection: CountedConnection<RitualModel>;
  RitualEdge: Omit<RitualEdge, 'node'> & { node: ResolversParentTypes['Ritual'] };
  Run: RunModel;
  RunAccepted: Omit<RunAccepted, 'run' | 'receipt'> & { run: ResolversParentTypes['Run'], receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  RunAlreadyTerminal: Omit<RunAlreadyTerminal, 'run'> & { run: ResolversParentTypes['Run'] };
  RunBlocker: RunBlockerModel;
  RunConnection: CountedConnection<RunModel>;
  RunCount: RunCount;
  RunEdge: Omit<RunEdge, 'node'> & { node: ResolversParentTypes['Run'] };
  RunEvent: RunEventModel;
  RunEventConnection: CountedConnection<RunEventModel>;
  RunEventDelivery: ResolversUnionTypes<ResolversParentTypes>['RunEventDelivery'];
  RunEventEdge: Omit<RunEventEdge, 'node'> & { node: ResolversParentTypes['RunEvent'] };
  RunEventItem: Omit<RunEventItem, 'event'> & { event: ResolversParentTypes['RunEvent'] };
  RunFailure: RunFailure;
  RunFilter: RunFilter;
  RunKey: RunKey;
  RunResult: ResolversUnionTypes<ResolversParentTypes>['RunResult'];
  RunTransition: RunTransition;
  Sbom: Sbom;
  ScaleHint: ScaleHintModel;
  ScaleHintConnection: CountedConnection<ScaleHintModel>;
  ScaleHintEdge: Omit<ScaleHintEdge, 'node'> & { node: ResolversParentTypes['ScaleHint'] };
  Seconds: Scalars['Seconds']['output'];
  SecurityEvent: SecurityEvent;
  SetGraphTagInput: SetGraphTagInput;
  Silence: Silence;
  SilenceAccepted: Omit<SilenceAccepted, 'receipt'> & { receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  SilenceAlertInput: SilenceAlertInput;
  SilenceMatcher: SilenceMatcher;
  SilenceMatcherInput: SilenceMatcherInput;
  SilenceResult: ResolversUnionTypes<ResolversParentTypes>['SilenceResult'];
  Sli: Sli;
  Slo: SloReportModel;
  SloAccepted: Omit<SloAccepted, 'slo' | 'slos' | 'receipt'> & { slo?: Maybe<ResolversParentTypes['Slo']>, slos: ReadonlyArray<ResolversParentTypes['Slo']>, receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  SloConnection: CountedConnection<SloReportModel>;
  SloDelivery: ResolversUnionTypes<ResolversParentTypes>['SloDelivery'];
  SloEdge: Omit<SloEdge, 'node'> & { node: ResolversParentTypes['Slo'] };
  SloFilter: SloFilter;
  SloGroup: SloGroup;
  SloItem: Omit<SloItem, 'slo'> & { slo: ResolversParentTypes['Slo'] };
  SloReason: SloReason;
  SloResult: ResolversUnionTypes<ResolversParentTypes>['SloResult'];
  SloService: Omit<SloService, 'slos'> & { slos: ReadonlyArray<ResolversParentTypes['Slo']> };
  SloWindow: SloWindow;
  Source: SourceModel;
  SourceCapability: SourceCapability;
  StartRunInput: StartRunInput;
  StorageStatus: StorageStatusModel;
  StreamGap: StreamGap;
  StreamKey: StreamKey;
  StreamPhase: StreamPhase;
  Subscription: Dictionary<PropertyKey, never>;
  Ticket: TicketModel;
  TicketConnection: CountedConnection<TicketModel>;
  TicketConsumed: Omit<TicketConsumed, 'ticket' | 'receipt'> & { ticket?: Maybe<ResolversParentTypes['Ticket']>, receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  TicketEdge: Omit<TicketEdge, 'node'> & { node: ResolversParentTypes['Ticket'] };
  TicketFilter: TicketFilter;
  TicketIssued: Omit<TicketIssued, 'ticket' | 'receipt'> & { ticket: ResolversParentTypes['Ticket'], receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  TicketRefused: TicketRefused;
  TicketRevoked: Omit<TicketRevoked, 'ticket' | 'receipt'> & { ticket: ResolversParentTypes['Ticket'], receipt?: Maybe<ResolversParentTypes['AuditReceipt']> };
  TicketVerification: Omit<TicketVerification, 'ticket'> & { ticket?: Maybe<ResolversParentTypes['Ticket']> };
  TimelineEntry: TimelineEntryModel;
  Unavailable: Unavailable;
  UpsertSloInput: UpsertSloInput;
  UserError: ResolversInterfaceTypes<ResolversParentTypes>['UserError'];
  VerifyTicketInput: VerifyTicketInput;
  Viewer: Viewer;
  Violation: ViolationModel;
  ViolationConnection: CountedConnection<ViolationModel>;
  ViolationEdge: Omit<ViolationEdge, 'node'> & { node: ResolversParentTypes['Violation'] };
};

export type AcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Accepted'] = ResolversParentTypes['Accepted']> = {
  __resolveType: TypeResolveFn<'ApprovalDecided' | 'GraphAccepted' | 'RecordsAppended' | 'RunAccepted', ParentType, ContextType>;
};

export type ActorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Actor'] = ResolversParentTypes['Actor']> = {
  id?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ActorKind'], ParentType, ContextType>;
  displayName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AlertResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Alert'] = ResolversParentTypes['Alert']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  origin?: Resolver<ResolversTypes['AlertOrigin'], ParentType, ContextType>;
  fingerprint?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['AlertState'], ParentType, ContextType>;
  muted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  slo?: Resolver<Maybe<ResolversTypes['Slo']>, ParentType, ContextType>;
  labels?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  annotations?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endsAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  silencedBy?: Resolver<ReadonlyArray<ResolversTypes['Silence']>, ParentType, ContextType>;
  inhibitedBy?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  receivers?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AlertConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertConnection'] = ResolversParentTypes['AlertConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Alert']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AlertDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertDelivery'] = ResolversParentTypes['AlertDelivery']> = {
  __resolveType: TypeResolveFn<'AlertItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type AlertEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertEdge'] = ResolversParentTypes['AlertEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Alert'], ParentType, ContextType>;
};

export type AlertItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertItem'] = ResolversParentTypes['AlertItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  alert?: Resolver<ResolversTypes['Alert'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['AlertState'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AppendResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AppendResult'] = ResolversParentTypes['AppendResult']> = {
  __resolveType: TypeResolveFn<'RecordsAppended' | 'OffsetConflict' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type ApprovalResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Approval'] = ResolversParentTypes['Approval']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  gateId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['ApprovalState'], ParentType, ContextType>;
  rawState?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  requester?: Resolver<Maybe<ResolversTypes['Actor']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requestedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  ageSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  decision?: Resolver<Maybe<ResolversTypes['Decision']>, ParentType, ContextType>;
  laterTerminals?: Resolver<ReadonlyArray<ResolversTypes['Decision']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  escalation?: Resolver<Maybe<ResolversTypes['Escalation']>, ParentType, ContextType>;
  viewerCanDecide?: Resolver<ResolversTypes['Permission'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApprovalAlreadyDecidedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalAlreadyDecided'] = ResolversParentTypes['ApprovalAlreadyDecided']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  approval?: Resolver<ResolversTypes['Approval'], ParentType, ContextType>;
  sameOutcome?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApprovalConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalConnection'] = ResolversParentTypes['ApprovalConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ApprovalEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Approval']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ApprovalDecidedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalDecided'] = ResolversParentTypes['ApprovalDecided']> = {
  approval?: Resolver<ResolversTypes['Approval'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  projected?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApprovalDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalDelivery'] = ResolversParentTypes['ApprovalDelivery']> = {
  __resolveType: TypeResolveFn<'ApprovalItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type ApprovalEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalEdge'] = ResolversParentTypes['ApprovalEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Approval'], ParentType, ContextType>;
};

export type ApprovalItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalItem'] = ResolversParentTypes['ApprovalItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  approval?: Resolver<ResolversTypes['Approval'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApprovalResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApprovalResult'] = ResolversParentTypes['ApprovalResult']> = {
  __resolveType: TypeResolveFn<'ApprovalDecided' | 'ApprovalAlreadyDecided' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type ArtifactResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Artifact'] = ResolversParentTypes['Artifact']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['ArtifactType'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  hash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sizeBytes?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type AuditReceiptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditReceipt'] = ResolversParentTypes['AuditReceipt']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  hash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  previousHash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  actor?: Resolver<ResolversTypes['Actor'], ParentType, ContextType>;
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  payload?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  verification?: Resolver<ResolversTypes['AuditVerification'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuditVerificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditVerification'] = ResolversParentTypes['AuditVerification']> = {
  ok?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  checkedFrom?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  checkedTo?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type BudgetAdviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BudgetAdvice'] = ResolversParentTypes['BudgetAdvice']> = {
  operation?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  share?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  suggestion?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type BurnThresholdResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BurnThreshold'] = ResolversParentTypes['BurnThreshold']> = {
  factor?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  maximum?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type BurnTierResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BurnTier'] = ResolversParentTypes['BurnTier']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  factor?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  budgetShare?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  long?: Resolver<ResolversTypes['BurnWindow'], ParentType, ContextType>;
  short?: Resolver<ResolversTypes['BurnWindow'], ParentType, ContextType>;
  reachable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  guarded?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  eventsNeeded?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  detectionSeconds?: Resolver<Maybe<ResolversTypes['Seconds']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['AlertState'], ParentType, ContextType>;
  since?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type BurnWindowResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BurnWindow'] = ResolversParentTypes['BurnWindow']> = {
  seconds?: Resolver<ResolversTypes['Seconds'], ParentType, ContextType>;
  burnRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  events?: Resolver<Maybe<ResolversTypes['Count']>, ParentType, ContextType>;
};

export interface BytesScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Bytes'], any> {
  name: 'Bytes';
}

export type CapabilityQuotaResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CapabilityQuota'] = ResolversParentTypes['CapabilityQuota']> = {
  capability?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  quota?: Resolver<ResolversTypes['Quota'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
};

export type ChainVerificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChainVerification'] = ResolversParentTypes['ChainVerification']> = {
  ok?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  checked?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  headHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  firstBrokenOffset?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  mode?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  durationMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type CompatReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CompatReport'] = ResolversParentTypes['CompatReport']> = {
  backward?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  breakingChanges?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  document?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type ConsumeTicketResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsumeTicketResult'] = ResolversParentTypes['ConsumeTicketResult']> = {
  __resolveType: TypeResolveFn<'TicketConsumed' | 'TicketRefused' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type CorrectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Correction'] = ResolversParentTypes['Correction']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  author?: Resolver<ResolversTypes['Actor'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export interface CountScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Count'], any> {
  name: 'Count';
}

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeadLetterResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeadLetter'] = ResolversParentTypes['DeadLetter']> = {
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  receivedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  payload?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DeadLetterConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeadLetterConnection'] = ResolversParentTypes['DeadLetterConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeadLetterEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DeadLetter']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DeadLetterEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeadLetterEdge'] = ResolversParentTypes['DeadLetterEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DeadLetter'], ParentType, ContextType>;
};

export type DecisionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Decision'] = ResolversParentTypes['Decision']> = {
  kind?: Resolver<ResolversTypes['DecisionKind'], ParentType, ContextType>;
  approver?: Resolver<ResolversTypes['Actor'], ParentType, ContextType>;
  note?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
};

export type ErrorBudgetResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ErrorBudget'] = ResolversParentTypes['ErrorBudget']> = {
  totalRatio?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  totalEvents?: Resolver<Maybe<ResolversTypes['Count']>, ParentType, ContextType>;
  totalSeconds?: Resolver<Maybe<ResolversTypes['Seconds']>, ParentType, ContextType>;
  consumedRatio?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  remainingRatio?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  remainingEvents?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  exhaustsAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type EscalationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Escalation'] = ResolversParentTypes['Escalation']> = {
  currentLevel?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  totalLevels?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextEscalationAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  emergencyOverride?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  history?: Resolver<ReadonlyArray<ResolversTypes['EscalationStep']>, ParentType, ContextType>;
};

export type EscalationStepResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EscalationStep'] = ResolversParentTypes['EscalationStep']> = {
  fromLevel?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  toLevel?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type EventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Event'] = ResolversParentTypes['Event']> = {
  __resolveType: TypeResolveFn<'GenericEvent' | 'RunEvent', ParentType, ContextType>;
};

export type EventConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventConnection'] = ResolversParentTypes['EventConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EventEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Event']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EventDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventDelivery'] = ResolversParentTypes['EventDelivery']> = {
  __resolveType: TypeResolveFn<'EventItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type EventEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventEdge'] = ResolversParentTypes['EventEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Event'], ParentType, ContextType>;
};

export type EventItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EventItem'] = ResolversParentTypes['EventItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  event?: Resolver<ResolversTypes['Event'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ExplainResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Explain'] = ResolversParentTypes['Explain']> = {
  formula?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  inputs?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  queries?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  promql?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GenericEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GenericEvent'] = ResolversParentTypes['GenericEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  recordedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  raw?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  domain?: Resolver<ResolversTypes['Domain'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['Severity'], ParentType, ContextType>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Graph'] = ResolversParentTypes['Graph']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['GraphSourceKind'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  projectId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  namespace?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  graphId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  head?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
  nodeCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType, Partial<GraphNodeCountArgs>>;
  relationshipCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType, Partial<GraphRelationshipCountArgs>>;
  commits?: Resolver<ResolversTypes['GraphCommitConnection'], ParentType, ContextType, Partial<GraphCommitsArgs>>;
  commit?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType, RequireFields<GraphCommitArgs, 'commitId'>>;
  tags?: Resolver<ResolversTypes['GraphTagConnection'], ParentType, ContextType, Partial<GraphTagsArgs>>;
  node?: Resolver<Maybe<ResolversTypes['GraphNode']>, ParentType, ContextType, RequireFields<GraphNodeArgs, 'nodeId'>>;
  nodes?: Resolver<ResolversTypes['GraphNodeConnection'], ParentType, ContextType, Partial<GraphNodesArgs>>;
  relationships?: Resolver<ResolversTypes['GraphRelationshipConnection'], ParentType, ContextType, Partial<GraphRelationshipsArgs>>;
  path?: Resolver<Maybe<ResolversTypes['GraphPath']>, ParentType, ContextType, RequireFields<GraphPathArgs, 'from' | 'to' | 'maxDepth' | 'direction'>>;
  pathExists?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType, RequireFields<GraphPathExistsArgs, 'from' | 'to' | 'maxDepth' | 'direction'>>;
  diff?: Resolver<ResolversTypes['GraphDiff'], ParentType, ContextType, RequireFields<GraphDiffArgs, 'from' | 'to'>>;
  history?: Resolver<ResolversTypes['GraphNodeVersionConnection'], ParentType, ContextType, RequireFields<GraphHistoryArgs, 'nodeId'>>;
  drift?: Resolver<ResolversTypes['GraphDriftPage'], ParentType, ContextType, Partial<GraphDriftArgs>>;
  historyTruncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  export?: Resolver<ResolversTypes['GraphFile'], ParentType, ContextType, RequireFields<GraphExportArgs, 'format' | 'depth' | 'limit'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphAcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphAccepted'] = ResolversParentTypes['GraphAccepted']> = {
  graph?: Resolver<ResolversTypes['Graph'], ParentType, ContextType>;
  commit?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
  tag?: Resolver<Maybe<ResolversTypes['GraphTag']>, ParentType, ContextType>;
  diff?: Resolver<Maybe<ResolversTypes['GraphDiff']>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  projected?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphChangeDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphChangeDelivery'] = ResolversParentTypes['GraphChangeDelivery']> = {
  __resolveType: TypeResolveFn<'GraphChangeItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type GraphChangeItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphChangeItem'] = ResolversParentTypes['GraphChangeItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  graph?: Resolver<ResolversTypes['Graph'], ParentType, ContextType>;
  commit?: Resolver<ResolversTypes['GraphCommit'], ParentType, ContextType>;
  diff?: Resolver<ResolversTypes['GraphDiff'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphCommitResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphCommit'] = ResolversParentTypes['GraphCommit']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  commitId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parents?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  position?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  recordedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  mutations?: Resolver<ResolversTypes['GraphMutationConnection'], ParentType, ContextType, Partial<GraphCommitMutationsArgs>>;
  mutationCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tags?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  verified?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphCommitConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphCommitConnection'] = ResolversParentTypes['GraphCommitConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphCommitEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphCommitDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphCommitDelivery'] = ResolversParentTypes['GraphCommitDelivery']> = {
  __resolveType: TypeResolveFn<'GraphCommitItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type GraphCommitEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphCommitEdge'] = ResolversParentTypes['GraphCommitEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphCommit'], ParentType, ContextType>;
};

export type GraphCommitItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphCommitItem'] = ResolversParentTypes['GraphCommitItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  graph?: Resolver<ResolversTypes['Graph'], ParentType, ContextType>;
  commit?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
  tag?: Resolver<Maybe<ResolversTypes['GraphTag']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphConnection'] = ResolversParentTypes['GraphConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Graph']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphDiffResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphDiff'] = ResolversParentTypes['GraphDiff']> = {
  added?: Resolver<ReadonlyArray<ResolversTypes['GraphNode']>, ParentType, ContextType>;
  removed?: Resolver<ReadonlyArray<ResolversTypes['GraphNode']>, ParentType, ContextType>;
  changed?: Resolver<ReadonlyArray<ResolversTypes['GraphNodeChange']>, ParentType, ContextType>;
  addedRelationships?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationship']>, ParentType, ContextType>;
  removedRelationships?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationship']>, ParentType, ContextType>;
  changedRelationships?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationshipChange']>, ParentType, ContextType>;
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GraphDriftResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphDrift'] = ResolversParentTypes['GraphDrift']> = {
  nodeId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['GraphDriftKind'], ParentType, ContextType>;
  postgresUpdatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  graphUpdatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type GraphDriftPageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphDriftPage'] = ResolversParentTypes['GraphDriftPage']> = {
  checked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  entries?: Resolver<ReadonlyArray<ResolversTypes['GraphDrift']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GraphEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphEdge'] = ResolversParentTypes['GraphEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Graph'], ParentType, ContextType>;
};

export type GraphFileResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphFile'] = ResolversParentTypes['GraphFile']> = {
  format?: Resolver<ResolversTypes['GraphFormat'], ParentType, ContextType>;
  contentType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nodeCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  relationshipCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GraphHeadMovedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphHeadMoved'] = ResolversParentTypes['GraphHeadMoved']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  head?: Resolver<ResolversTypes['GraphCommit'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphMutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphMutation'] = ResolversParentTypes['GraphMutation']> = {
  op?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  nodeId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  edgeId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  from?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  to?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  label?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  labels?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  raw?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type GraphMutationConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphMutationConnection'] = ResolversParentTypes['GraphMutationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphMutationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphMutation']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphMutationEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphMutationEdge'] = ResolversParentTypes['GraphMutationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphMutation'], ParentType, ContextType>;
};

export type GraphNeighbourResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNeighbour'] = ResolversParentTypes['GraphNeighbour']> = {
  node?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
  distance?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphNeighbourConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNeighbourConnection'] = ResolversParentTypes['GraphNeighbourConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphNeighbourEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphNeighbour']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GraphNeighbourEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNeighbourEdge'] = ResolversParentTypes['GraphNeighbourEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphNeighbour'], ParentType, ContextType>;
};

export type GraphNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNode'] = ResolversParentTypes['GraphNode']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  nodeId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  properties?: Resolver<ReadonlyArray<ResolversTypes['Property']>, ParentType, ContextType>;
  graph?: Resolver<ResolversTypes['Graph'], ParentType, ContextType>;
  dangling?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  origins?: Resolver<ReadonlyArray<ResolversTypes['GraphOrigin']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  neighbours?: Resolver<ResolversTypes['GraphNeighbourConnection'], ParentType, ContextType, RequireFields<GraphNodeNeighboursArgs, 'depth' | 'direction'>>;
  relationships?: Resolver<ResolversTypes['GraphRelationshipConnection'], ParentType, ContextType, RequireFields<GraphNodeRelationshipsArgs, 'direction'>>;
  reach?: Resolver<ResolversTypes['GraphReach'], ParentType, ContextType, RequireFields<GraphNodeReachArgs, 'depth' | 'direction'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphNodeChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeChange'] = ResolversParentTypes['GraphNodeChange']> = {
  before?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
  after?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
};

export type GraphNodeConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeConnection'] = ResolversParentTypes['GraphNodeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphNodeEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphNode']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphNodeEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeEdge'] = ResolversParentTypes['GraphNodeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
};

export type GraphNodeVersionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeVersion'] = ResolversParentTypes['GraphNodeVersion']> = {
  node?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['GraphCommit'], ParentType, ContextType>;
  to?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
};

export type GraphNodeVersionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeVersionConnection'] = ResolversParentTypes['GraphNodeVersionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphNodeVersionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphNodeVersion']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphNodeVersionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphNodeVersionEdge'] = ResolversParentTypes['GraphNodeVersionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphNodeVersion'], ParentType, ContextType>;
};

export type GraphOriginResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphOrigin'] = ResolversParentTypes['GraphOrigin']> = {
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  shape?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  store?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type GraphPathResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphPath'] = ResolversParentTypes['GraphPath']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphNode']>, ParentType, ContextType>;
  relationships?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationship']>, ParentType, ContextType>;
  length?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GraphReachResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphReach'] = ResolversParentTypes['GraphReach']> = {
  nodes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  depth?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GraphRelationshipResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphRelationship'] = ResolversParentTypes['GraphRelationship']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  relationshipId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  from?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['GraphNode'], ParentType, ContextType>;
  properties?: Resolver<ReadonlyArray<ResolversTypes['Property']>, ParentType, ContextType>;
  confidence?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  origins?: Resolver<ReadonlyArray<ResolversTypes['GraphOrigin']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type GraphRelationshipChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphRelationshipChange'] = ResolversParentTypes['GraphRelationshipChange']> = {
  before?: Resolver<ResolversTypes['GraphRelationship'], ParentType, ContextType>;
  after?: Resolver<ResolversTypes['GraphRelationship'], ParentType, ContextType>;
};

export type GraphRelationshipConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphRelationshipConnection'] = ResolversParentTypes['GraphRelationshipConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationshipEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphRelationship']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphRelationshipEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphRelationshipEdge'] = ResolversParentTypes['GraphRelationshipEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphRelationship'], ParentType, ContextType>;
};

export type GraphResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphResult'] = ResolversParentTypes['GraphResult']> = {
  __resolveType: TypeResolveFn<'GraphAccepted' | 'GraphHeadMoved' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type GraphTagResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphTag'] = ResolversParentTypes['GraphTag']> = {
  tag?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  commit?: Resolver<Maybe<ResolversTypes['GraphCommit']>, ParentType, ContextType>;
  commitId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type GraphTagConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphTagConnection'] = ResolversParentTypes['GraphTagConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['GraphTagEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['GraphTag']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GraphTagEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GraphTagEdge'] = ResolversParentTypes['GraphTagEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GraphTag'], ParentType, ContextType>;
};

export type HealthCheckResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HealthCheck'] = ResolversParentTypes['HealthCheck']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type IncidentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Incident'] = ResolversParentTypes['Incident']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  subject?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['IncidentStatus'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['IncidentSeverity'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  slo?: Resolver<Maybe<ResolversTypes['Slo']>, ParentType, ContextType>;
  alertIds?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>;
  timeline?: Resolver<ReadonlyArray<ResolversTypes['TimelineEntry']>, ParentType, ContextType>;
};

export type IncidentConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IncidentConnection'] = ResolversParentTypes['IncidentConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['IncidentEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Incident']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type IncidentEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IncidentEdge'] = ResolversParentTypes['IncidentEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Incident'], ParentType, ContextType>;
};

export type IndicatorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Indicator'] = ResolversParentTypes['Indicator']> = {
  kind?: Resolver<ResolversTypes['IndicatorKind'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['SloSource'], ParentType, ContextType>;
  thresholdMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type InvalidInputResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InvalidInput'] = ResolversParentTypes['InvalidInput']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InvariantResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Invariant'] = ResolversParentTypes['Invariant']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  rule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['ViolationSeverity'], ParentType, ContextType>;
  lastCheckedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  violationCount?: Resolver<ResolversTypes['Count'], ParentType, ContextType, RequireFields<InvariantViolationCountArgs, 'window'>>;
  violations?: Resolver<ResolversTypes['ViolationConnection'], ParentType, ContextType, RequireFields<InvariantViolationsArgs, 'first'>>;
};

export type IssueTicketResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IssueTicketResult'] = ResolversParentTypes['IssueTicketResult']> = {
  __resolveType: TypeResolveFn<'TicketIssued' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export interface LongScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Long'], any> {
  name: 'Long';
}

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  addCorrection?: Resolver<ResolversTypes['SloResult'], ParentType, ContextType, RequireFields<MutationAddCorrectionArgs, 'input'>>;
  appendRecords?: Resolver<ResolversTypes['AppendResult'], ParentType, ContextType, RequireFields<MutationAppendRecordsArgs, 'input'>>;
  cancelRun?: Resolver<ResolversTypes['RunResult'], ParentType, ContextType, RequireFields<MutationCancelRunArgs, 'input'>>;
  commitGraph?: Resolver<ResolversTypes['GraphResult'], ParentType, ContextType, RequireFields<MutationCommitGraphArgs, 'input'>>;
  completeRun?: Resolver<ResolversTypes['RunResult'], ParentType, ContextType, RequireFields<MutationCompleteRunArgs, 'input'>>;
  consumeTicket?: Resolver<ResolversTypes['ConsumeTicketResult'], ParentType, ContextType, RequireFields<MutationConsumeTicketArgs, 'input'>>;
  createGraph?: Resolver<ResolversTypes['GraphResult'], ParentType, ContextType, RequireFields<MutationCreateGraphArgs, 'input'>>;
  createRecordStream?: Resolver<ResolversTypes['RecordStreamResult'], ParentType, ContextType, RequireFields<MutationCreateRecordStreamArgs, 'input'>>;
  deleteGraphTag?: Resolver<ResolversTypes['GraphResult'], ParentType, ContextType, RequireFields<MutationDeleteGraphTagArgs, 'input'>>;
  deleteSlo?: Resolver<ResolversTypes['SloResult'], ParentType, ContextType, RequireFields<MutationDeleteSloArgs, 'input'>>;
  denyApproval?: Resolver<ResolversTypes['ApprovalResult'], ParentType, ContextType, RequireFields<MutationDenyApprovalArgs, 'input'>>;
  expireSilence?: Resolver<ResolversTypes['SilenceResult'], ParentType, ContextType, RequireFields<MutationExpireSilenceArgs, 'input'>>;
  failRun?: Resolver<ResolversTypes['RunResult'], ParentType, ContextType, RequireFields<MutationFailRunArgs, 'input'>>;
  grantApproval?: Resolver<ResolversTypes['ApprovalResult'], ParentType, ContextType, RequireFields<MutationGrantApprovalArgs, 'input'>>;
  importGraph?: Resolver<ResolversTypes['GraphResult'], ParentType, ContextType, RequireFields<MutationImportGraphArgs, 'input'>>;
  issueTicket?: Resolver<ResolversTypes['IssueTicketResult'], ParentType, ContextType, RequireFields<MutationIssueTicketArgs, 'input'>>;
  overrideApproval?: Resolver<ResolversTypes['ApprovalResult'], ParentType, ContextType, RequireFields<MutationOverrideApprovalArgs, 'input'>>;
  pinRecordStream?: Resolver<ResolversTypes['RecordStreamResult'], ParentType, ContextType, RequireFields<MutationPinRecordStreamArgs, 'input'>>;
  recordRunTransition?: Resolver<ResolversTypes['RunResult'], ParentType, ContextType, RequireFields<MutationRecordRunTransitionArgs, 'input'>>;
  recordSloEvents?: Resolver<ResolversTypes['SloResult'], ParentType, ContextType, RequireFields<MutationRecordSloEventsArgs, 'input'>>;
  requestApproval?: Resolver<ResolversTypes['ApprovalResult'], ParentType, ContextType, RequireFields<MutationRequestApprovalArgs, 'input'>>;
  revokeTicket?: Resolver<ResolversTypes['RevokeTicketResult'], ParentType, ContextType, RequireFields<MutationRevokeTicketArgs, 'input'>>;
  setGraphTag?: Resolver<ResolversTypes['GraphResult'], ParentType, ContextType, RequireFields<MutationSetGraphTagArgs, 'input'>>;
  silenceAlert?: Resolver<ResolversTypes['SilenceResult'], ParentType, ContextType, RequireFields<MutationSilenceAlertArgs, 'input'>>;
  startRun?: Resolver<ResolversTypes['RunResult'], ParentType, ContextType, RequireFields<MutationStartRunArgs, 'input'>>;
  upsertSlo?: Resolver<ResolversTypes['SloResult'], ParentType, ContextType, RequireFields<MutationUpsertSloArgs, 'input'>>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Approval' | 'AuditReceipt' | 'GenericEvent' | 'Graph' | 'GraphCommit' | 'GraphNode' | 'GraphRelationship' | 'Record' | 'RecordStream' | 'Ritual' | 'Run' | 'RunEvent' | 'Slo', ParentType, ContextType>;
};

export type NonceStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NonceStats'] = ResolversParentTypes['NonceStats']> = {
  tracked?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  repositories?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  oldestExpiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  rejected?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
};

export type NotAllowedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NotAllowed'] = ResolversParentTypes['NotAllowed']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['DenyReason'], ParentType, ContextType>;
  requiredScopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type NotFoundResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NotFound'] = ResolversParentTypes['NotFound']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ObjectiveResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Objective'] = ResolversParentTypes['Objective']> = {
  targetPpm?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  target?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  targetPercent?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  timeSliceTarget?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  timeSliceSeconds?: Resolver<Maybe<ResolversTypes['Seconds']>, ParentType, ContextType>;
};

export type OffsetConflictResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OffsetConflict'] = ResolversParentTypes['OffsetConflict']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  expected?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  actual?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PerformanceBudgetResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PerformanceBudget'] = ResolversParentTypes['PerformanceBudget']> = {
  resource?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  unit?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  limit?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  observed?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  utilisation?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  exceeded?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
};

export type PermissionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Permission'] = ResolversParentTypes['Permission']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['DenyReason']>, ParentType, ContextType>;
};

export type PinResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Pin'] = ResolversParentTypes['Pin']> = {
  length?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  headHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  pinnedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['PinReason'], ParentType, ContextType>;
  pinnedBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PinConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PinConnection'] = ResolversParentTypes['PinConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PinEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Pin']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PinEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PinEdge'] = ResolversParentTypes['PinEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Pin'], ParentType, ContextType>;
};

export type PointResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Point'] = ResolversParentTypes['Point']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type PolicyDecisionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PolicyDecision'] = ResolversParentTypes['PolicyDecision']> = {
  allowed?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  capability?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  quota?: Resolver<Maybe<ResolversTypes['Quota']>, ParentType, ContextType>;
  validation?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  details?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type PolicyDecisionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PolicyDecisionConnection'] = ResolversParentTypes['PolicyDecisionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PolicyDecisionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['PolicyDecision']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PolicyDecisionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PolicyDecisionEdge'] = ResolversParentTypes['PolicyDecisionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['PolicyDecision'], ParentType, ContextType>;
};

export type PromotionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Promotion'] = ResolversParentTypes['Promotion']> = {
  status?: Resolver<ResolversTypes['PromotionStatus'], ParentType, ContextType>;
  criteria?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  approvers?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PropertyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Property'] = ResolversParentTypes['Property']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  valueText?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ProvenanceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Provenance'] = ResolversParentTypes['Provenance']> = {
  builderId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  buildType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  signed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  document?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type QualityGateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QualityGate'] = ResolversParentTypes['QualityGate']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['GateStatus'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type QuantileResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Quantile'] = ResolversParentTypes['Quantile']> = {
  q?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  valueMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  thresholdMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  alerts?: Resolver<ResolversTypes['AlertConnection'], ParentType, ContextType, Partial<QueryAlertsArgs>>;
  approval?: Resolver<Maybe<ResolversTypes['Approval']>, ParentType, ContextType, Partial<QueryApprovalArgs>>;
  approvals?: Resolver<ResolversTypes['ApprovalConnection'], ParentType, ContextType, RequireFields<QueryApprovalsArgs, 'orderBy'>>;
  auditReceipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType, RequireFields<QueryAuditReceiptArgs, 'id'>>;
  graph?: Resolver<Maybe<ResolversTypes['Graph']>, ParentType, ContextType, Partial<QueryGraphArgs>>;
  graphs?: Resolver<ResolversTypes['GraphConnection'], ParentType, ContextType, Partial<QueryGraphsArgs>>;
  incidents?: Resolver<ResolversTypes['IncidentConnection'], ParentType, ContextType, Partial<QueryIncidentsArgs>>;
  invariants?: Resolver<ReadonlyArray<ResolversTypes['Invariant']>, ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  nonceStats?: Resolver<ResolversTypes['NonceStats'], ParentType, ContextType>;
  performanceBudgets?: Resolver<ReadonlyArray<ResolversTypes['PerformanceBudget']>, ParentType, ContextType>;
  quotas?: Resolver<ReadonlyArray<ResolversTypes['CapabilityQuota']>, ParentType, ContextType>;
  rateLimit?: Resolver<ResolversTypes['RateLimit'], ParentType, ContextType>;
  recordStream?: Resolver<Maybe<ResolversTypes['RecordStream']>, ParentType, ContextType, Partial<QueryRecordStreamArgs>>;
  recordStreams?: Resolver<ResolversTypes['RecordStreamConnection'], ParentType, ContextType, Partial<QueryRecordStreamsArgs>>;
  releases?: Resolver<ResolversTypes['ReleaseConnection'], ParentType, ContextType, Partial<QueryReleasesArgs>>;
  rituals?: Resolver<ResolversTypes['RitualConnection'], ParentType, ContextType, Partial<QueryRitualsArgs>>;
  run?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType, Partial<QueryRunArgs>>;
  runs?: Resolver<ResolversTypes['RunConnection'], ParentType, ContextType, RequireFields<QueryRunsArgs, 'orderBy'>>;
  scaleHints?: Resolver<ResolversTypes['ScaleHintConnection'], ParentType, ContextType, Partial<QueryScaleHintsArgs>>;
  securityEvents?: Resolver<ReadonlyArray<ResolversTypes['SecurityEvent']>, ParentType, ContextType, RequireFields<QuerySecurityEventsArgs, 'first'>>;
  silences?: Resolver<ReadonlyArray<ResolversTypes['Silence']>, ParentType, ContextType>;
  slo?: Resolver<Maybe<ResolversTypes['Slo']>, ParentType, ContextType, Partial<QuerySloArgs>>;
  sloServices?: Resolver<ReadonlyArray<ResolversTypes['SloService']>, ParentType, ContextType>;
  slos?: Resolver<ResolversTypes['SloConnection'], ParentType, ContextType, RequireFields<QuerySlosArgs, 'orderBy'>>;
  sources?: Resolver<ReadonlyArray<ResolversTypes['Source']>, ParentType, ContextType>;
  storageStatus?: Resolver<ReadonlyArray<ResolversTypes['StorageStatus']>, ParentType, ContextType>;
  ticket?: Resolver<Maybe<ResolversTypes['Ticket']>, ParentType, ContextType, RequireFields<QueryTicketArgs, 'id'>>;
  tickets?: Resolver<ResolversTypes['TicketConnection'], ParentType, ContextType, Partial<QueryTicketsArgs>>;
  timeline?: Resolver<ResolversTypes['EventConnection'], ParentType, ContextType, Partial<QueryTimelineArgs>>;
  verifyTicket?: Resolver<ResolversTypes['TicketVerification'], ParentType, ContextType, RequireFields<QueryVerifyTicketArgs, 'input'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type QuotaResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Quota'] = ResolversParentTypes['Quota']> = {
  limit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  windowSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remaining?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type RateLimitResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RateLimit'] = ResolversParentTypes['RateLimit']> = {
  limit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remaining?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  restorePerSecond?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  resetAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  advice?: Resolver<ReadonlyArray<ResolversTypes['BudgetAdvice']>, ParentType, ContextType>;
};

export type RecordResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Record'] = ResolversParentTypes['Record']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  stream?: Resolver<ResolversTypes['RecordStream'], ParentType, ContextType>;
  offset?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['RecordKind'], ParentType, ContextType>;
  payload?: Resolver<ResolversTypes['Bytes'], ParentType, ContextType>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  json?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  sizeBytes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  redacted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  previousHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recordedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  run?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RecordConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordConnection'] = ResolversParentTypes['RecordConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RecordEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Record']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  scannedTo?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
};

export type RecordDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordDelivery'] = ResolversParentTypes['RecordDelivery']> = {
  __resolveType: TypeResolveFn<'RecordItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type RecordEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordEdge'] = ResolversParentTypes['RecordEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Record'], ParentType, ContextType>;
};

export type RecordItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordItem'] = ResolversParentTypes['RecordItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  record?: Resolver<ResolversTypes['Record'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RecordSegmentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordSegment'] = ResolversParentTypes['RecordSegment']> = {
  bytes?: Resolver<ResolversTypes['Bytes'], ParentType, ContextType>;
  records?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  firstOffset?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  nextOffset?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
};

export type RecordStreamResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordStream'] = ResolversParentTypes['RecordStream']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  store?: Resolver<ResolversTypes['RecordStoreKind'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  streamId?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  dataClass?: Resolver<ResolversTypes['DataClass'], ParentType, ContextType>;
  length?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  headHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  epoch?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  firstOffset?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  retentionDays?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reserved?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  viewerCanReadPayloads?: Resolver<ResolversTypes['Permission'], ParentType, ContextType>;
  records?: Resolver<ResolversTypes['RecordConnection'], ParentType, ContextType, Partial<RecordStreamRecordsArgs>>;
  record?: Resolver<Maybe<ResolversTypes['Record']>, ParentType, ContextType, RequireFields<RecordStreamRecordArgs, 'offset'>>;
  verify?: Resolver<ResolversTypes['ChainVerification'], ParentType, ContextType, Partial<RecordStreamVerifyArgs>>;
  pins?: Resolver<ResolversTypes['PinConnection'], ParentType, ContextType, Partial<RecordStreamPinsArgs>>;
  segment?: Resolver<ResolversTypes['RecordSegment'], ParentType, ContextType, RequireFields<RecordStreamSegmentArgs, 'maxRecords'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RecordStreamAcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordStreamAccepted'] = ResolversParentTypes['RecordStreamAccepted']> = {
  stream?: Resolver<ResolversTypes['RecordStream'], ParentType, ContextType>;
  created?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  pin?: Resolver<Maybe<ResolversTypes['Pin']>, ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RecordStreamConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordStreamConnection'] = ResolversParentTypes['RecordStreamConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RecordStreamEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['RecordStream']>>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecordStreamEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordStreamEdge'] = ResolversParentTypes['RecordStreamEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['RecordStream']>, ParentType, ContextType>;
};

export type RecordStreamResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordStreamResult'] = ResolversParentTypes['RecordStreamResult']> = {
  __resolveType: TypeResolveFn<'RecordStreamAccepted' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type RecordsAppendedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordsAppended'] = ResolversParentTypes['RecordsAppended']> = {
  stream?: Resolver<ResolversTypes['RecordStream'], ParentType, ContextType>;
  firstOffset?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  lastOffset?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  headHash?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  projected?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReleaseResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Release'] = ResolversParentTypes['Release']> = {
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  artifacts?: Resolver<ReadonlyArray<ResolversTypes['Artifact']>, ParentType, ContextType>;
  qualityGates?: Resolver<ReadonlyArray<ResolversTypes['QualityGate']>, ParentType, ContextType>;
  promotion?: Resolver<Maybe<ResolversTypes['Promotion']>, ParentType, ContextType>;
  sbom?: Resolver<Maybe<ResolversTypes['Sbom']>, ParentType, ContextType>;
  provenance?: Resolver<Maybe<ResolversTypes['Provenance']>, ParentType, ContextType>;
  compat?: Resolver<Maybe<ResolversTypes['CompatReport']>, ParentType, ContextType>;
};

export type ReleaseConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ReleaseConnection'] = ResolversParentTypes['ReleaseConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ReleaseEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Release']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ReleaseEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ReleaseEdge'] = ResolversParentTypes['ReleaseEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Release'], ParentType, ContextType>;
};

export type ReplicaResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Replica'] = ResolversParentTypes['Replica']> = {
  id?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  view?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  commit?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  lagSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  lagRecords?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
};

export type RevokeTicketResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RevokeTicketResult'] = ResolversParentTypes['RevokeTicketResult']> = {
  __resolveType: TypeResolveFn<'TicketRevoked' | 'TicketRefused' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type RitualResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Ritual'] = ResolversParentTypes['Ritual']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ritualId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  runCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  countsByStatus?: Resolver<ReadonlyArray<ResolversTypes['RunCount']>, ParentType, ContextType>;
  lastRun?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
  p50DurationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  p95DurationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RitualConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RitualConnection'] = ResolversParentTypes['RitualConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RitualEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Ritual']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RitualEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RitualEdge'] = ResolversParentTypes['RitualEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Ritual'], ParentType, ContextType>;
};

export type RunResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Run'] = ResolversParentTypes['Run']> = {
  approvals?: Resolver<ResolversTypes['ApprovalConnection'], ParentType, ContextType, Partial<RunApprovalsArgs>>;
  blockers?: Resolver<ReadonlyArray<ResolversTypes['RunBlocker']>, ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  events?: Resolver<ResolversTypes['RunEventConnection'], ParentType, ContextType, Partial<RunEventsArgs>>;
  failure?: Resolver<Maybe<ResolversTypes['RunFailure']>, ParentType, ContextType>;
  firstSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  graphNodes?: Resolver<ResolversTypes['GraphNodeConnection'], ParentType, ContextType, Partial<RunGraphNodesArgs>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  legacy?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  outputs?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  payloadRitualId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  payloadTenantId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  policyDecisions?: Resolver<ResolversTypes['PolicyDecisionConnection'], ParentType, ContextType, Partial<RunPolicyDecisionsArgs>>;
  rawStatus?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  records?: Resolver<ResolversTypes['RecordConnection'], ParentType, ContextType, Partial<RunRecordsArgs>>;
  ritualId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  runId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  spec?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  state?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['RunStatus'], ParentType, ContextType>;
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  terminalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  transitions?: Resolver<ReadonlyArray<ResolversTypes['RunTransition']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  viewerCanCancel?: Resolver<ResolversTypes['Permission'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunAcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunAccepted'] = ResolversParentTypes['RunAccepted']> = {
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  projected?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunAlreadyTerminalResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunAlreadyTerminal'] = ResolversParentTypes['RunAlreadyTerminal']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunBlockerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunBlocker'] = ResolversParentTypes['RunBlocker']> = {
  kind?: Resolver<ResolversTypes['BlockerKind'], ParentType, ContextType>;
  since?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  approval?: Resolver<Maybe<ResolversTypes['Approval']>, ParentType, ContextType>;
  slo?: Resolver<Maybe<ResolversTypes['Slo']>, ParentType, ContextType>;
  ticket?: Resolver<Maybe<ResolversTypes['Ticket']>, ParentType, ContextType>;
  canAct?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  viewerCanAct?: Resolver<ResolversTypes['Permission'], ParentType, ContextType>;
};

export type RunConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunConnection'] = ResolversParentTypes['RunConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RunEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RunCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunCount'] = ResolversParentTypes['RunCount']> = {
  status?: Resolver<ResolversTypes['RunStatus'], ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RunEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEdge'] = ResolversParentTypes['RunEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
};

export type RunEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEvent'] = ResolversParentTypes['RunEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  recordedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  system?: Resolver<ResolversTypes['System'], ParentType, ContextType>;
  raw?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  legacy?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  run?: Resolver<ResolversTypes['Run'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunEventConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEventConnection'] = ResolversParentTypes['RunEventConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RunEventEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['RunEvent']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RunEventDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEventDelivery'] = ResolversParentTypes['RunEventDelivery']> = {
  __resolveType: TypeResolveFn<'RunEventItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type RunEventEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEventEdge'] = ResolversParentTypes['RunEventEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['RunEvent'], ParentType, ContextType>;
};

export type RunEventItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunEventItem'] = ResolversParentTypes['RunEventItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  event?: Resolver<ResolversTypes['RunEvent'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RunFailureResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunFailure'] = ResolversParentTypes['RunFailure']> = {
  code?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  details?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type RunResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunResult'] = ResolversParentTypes['RunResult']> = {
  __resolveType: TypeResolveFn<'RunAccepted' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'RunAlreadyTerminal' | 'Unavailable', ParentType, ContextType>;
};

export type RunTransitionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RunTransition'] = ResolversParentTypes['RunTransition']> = {
  fromState?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  toState?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
};

export type SbomResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Sbom'] = ResolversParentTypes['Sbom']> = {
  format?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  packages?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  document?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type ScaleHintResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ScaleHint'] = ResolversParentTypes['ScaleHint']> = {
  recommendation?: Resolver<ResolversTypes['ScaleRecommendation'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  raw?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type ScaleHintConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ScaleHintConnection'] = ResolversParentTypes['ScaleHintConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ScaleHintEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['ScaleHint']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ScaleHintEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ScaleHintEdge'] = ResolversParentTypes['ScaleHintEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ScaleHint'], ParentType, ContextType>;
};

export interface SecondsScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Seconds'], any> {
  name: 'Seconds';
}

export type SecurityEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecurityEvent'] = ResolversParentTypes['SecurityEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['SecurityEventType'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  ip?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userAgent?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  repoId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  details?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  blocked?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type SilenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Silence'] = ResolversParentTypes['Silence']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['SilenceState'], ParentType, ContextType>;
  matchers?: Resolver<ReadonlyArray<ResolversTypes['SilenceMatcher']>, ParentType, ContextType>;
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  comment?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SilenceAcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SilenceAccepted'] = ResolversParentTypes['SilenceAccepted']> = {
  silence?: Resolver<ResolversTypes['Silence'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SilenceMatcherResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SilenceMatcher'] = ResolversParentTypes['SilenceMatcher']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  isRegex?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isEqual?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type SilenceResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SilenceResult'] = ResolversParentTypes['SilenceResult']> = {
  __resolveType: TypeResolveFn<'SilenceAccepted' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type SliResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Sli'] = ResolversParentTypes['Sli']> = {
  ratio?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  good?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  bad?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Count'], ParentType, ContextType>;
  low?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  high?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type SloResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Slo'] = ResolversParentTypes['Slo']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  displayName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  service?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  labels?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  objective?: Resolver<ResolversTypes['Objective'], ParentType, ContextType>;
  window?: Resolver<ResolversTypes['SloWindow'], ParentType, ContextType>;
  budgetingMethod?: Resolver<ResolversTypes['BudgetingMethod'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SloStatus'], ParentType, ContextType>;
  reasons?: Resolver<ReadonlyArray<ResolversTypes['SloReason']>, ParentType, ContextType>;
  source?: Resolver<ResolversTypes['SloSource'], ParentType, ContextType>;
  indicator?: Resolver<ResolversTypes['Indicator'], ParentType, ContextType>;
  asOf?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  coverage?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  isEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sli?: Resolver<Maybe<ResolversTypes['Sli']>, ParentType, ContextType>;
  quantile?: Resolver<Maybe<ResolversTypes['Quantile']>, ParentType, ContextType>;
  errorBudget?: Resolver<Maybe<ResolversTypes['ErrorBudget']>, ParentType, ContextType>;
  burnRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType, RequireFields<SloBurnRateArgs, 'window'>>;
  threshold?: Resolver<ResolversTypes['BurnThreshold'], ParentType, ContextType>;
  tiers?: Resolver<ReadonlyArray<ResolversTypes['BurnTier']>, ParentType, ContextType>;
  alerts?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Alert']>>, ParentType, ContextType>;
  corrections?: Resolver<ReadonlyArray<ResolversTypes['Correction']>, ParentType, ContextType>;
  series?: Resolver<ReadonlyArray<ResolversTypes['Point']>, ParentType, ContextType, RequireFields<SloSeriesArgs, 'kind' | 'from' | 'to' | 'maxPoints'>>;
  groups?: Resolver<Maybe<ReadonlyArray<ResolversTypes['SloGroup']>>, ParentType, ContextType, RequireFields<SloGroupsArgs, 'first'>>;
  explain?: Resolver<Maybe<ResolversTypes['Explain']>, ParentType, ContextType>;
  openSlo?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  runsInWindow?: Resolver<ResolversTypes['RunConnection'], ParentType, ContextType, Partial<SloRunsInWindowArgs>>;
  blocking?: Resolver<ReadonlyArray<ResolversTypes['Run']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SloAcceptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloAccepted'] = ResolversParentTypes['SloAccepted']> = {
  slo?: Resolver<Maybe<ResolversTypes['Slo']>, ParentType, ContextType>;
  slos?: Resolver<ReadonlyArray<ResolversTypes['Slo']>, ParentType, ContextType>;
  created?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SloConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloConnection'] = ResolversParentTypes['SloConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SloEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Slo']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SloDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloDelivery'] = ResolversParentTypes['SloDelivery']> = {
  __resolveType: TypeResolveFn<'SloItem' | 'StreamGap' | 'StreamPhase', ParentType, ContextType>;
};

export type SloEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloEdge'] = ResolversParentTypes['SloEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Slo'], ParentType, ContextType>;
};

export type SloGroupResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloGroup'] = ResolversParentTypes['SloGroup']> = {
  labels?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  overflow?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sli?: Resolver<ResolversTypes['Sli'], ParentType, ContextType>;
  remainingRatio?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type SloItemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloItem'] = ResolversParentTypes['SloItem']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  slo?: Resolver<ResolversTypes['Slo'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SloStatus'], ParentType, ContextType>;
  previousStatus?: Resolver<Maybe<ResolversTypes['SloStatus']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SloReasonResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloReason'] = ResolversParentTypes['SloReason']> = {
  code?: Resolver<ResolversTypes['SloReasonCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SloResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloResult'] = ResolversParentTypes['SloResult']> = {
  __resolveType: TypeResolveFn<'SloAccepted' | 'InvalidInput' | 'NotFound' | 'NotAllowed' | 'Unavailable', ParentType, ContextType>;
};

export type SloServiceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloService'] = ResolversParentTypes['SloService']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SloStatus'], ParentType, ContextType>;
  slos?: Resolver<ReadonlyArray<ResolversTypes['Slo']>, ParentType, ContextType>;
};

export type SloWindowResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SloWindow'] = ResolversParentTypes['SloWindow']> = {
  kind?: Resolver<ResolversTypes['WindowKind'], ParentType, ContextType>;
  seconds?: Resolver<ResolversTypes['Seconds'], ParentType, ContextType>;
  duration?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  timeZone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SourceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Source'] = ResolversParentTypes['Source']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['SourceKind'], ParentType, ContextType>;
  mode?: Resolver<ResolversTypes['SourceMode'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SourceStatus'], ParentType, ContextType>;
  critical?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  asOf?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lagSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  lagEvents?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  latencyMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  capabilities?: Resolver<ReadonlyArray<ResolversTypes['SourceCapability']>, ParentType, ContextType>;
  deadLetters?: Resolver<ResolversTypes['DeadLetterConnection'], ParentType, ContextType, Partial<SourceDeadLettersArgs>>;
};

export type SourceCapabilityResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SourceCapability'] = ResolversParentTypes['SourceCapability']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  available?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  detail?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type StorageStatusResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StorageStatus'] = ResolversParentTypes['StorageStatus']> = {
  store?: Resolver<ResolversTypes['RecordStoreKind'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SourceStatus'], ParentType, ContextType>;
  version?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  uptimeSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  clusterMode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  connections?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  checks?: Resolver<ReadonlyArray<ResolversTypes['HealthCheck']>, ParentType, ContextType>;
  replicas?: Resolver<ReadonlyArray<ResolversTypes['Replica']>, ParentType, ContextType>;
};

export type StreamGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StreamGap'] = ResolversParentTypes['StreamGap']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['GapReason'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StreamPhaseResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StreamPhase'] = ResolversParentTypes['StreamPhase']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  phase?: Resolver<ResolversTypes['Phase'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  alertChanged?: SubscriptionResolver<ResolversTypes['AlertDelivery'], "alertChanged", ParentType, ContextType, RequireFields<SubscriptionAlertChangedArgs, 'strict'>>;
  approvalUpdated?: SubscriptionResolver<ResolversTypes['ApprovalDelivery'], "approvalUpdated", ParentType, ContextType, RequireFields<SubscriptionApprovalUpdatedArgs, 'strict'>>;
  events?: SubscriptionResolver<ResolversTypes['EventDelivery'], "events", ParentType, ContextType, RequireFields<SubscriptionEventsArgs, 'strict'>>;
  graphCommitted?: SubscriptionResolver<ResolversTypes['GraphCommitDelivery'], "graphCommitted", ParentType, ContextType, RequireFields<SubscriptionGraphCommittedArgs, 'strict'>>;
  neighbourhoodChanged?: SubscriptionResolver<ResolversTypes['GraphChangeDelivery'], "neighbourhoodChanged", ParentType, ContextType, RequireFields<SubscriptionNeighbourhoodChangedArgs, 'graph' | 'nodeId' | 'depth' | 'strict'>>;
  recordAppended?: SubscriptionResolver<ResolversTypes['RecordDelivery'], "recordAppended", ParentType, ContextType, RequireFields<SubscriptionRecordAppendedArgs, 'stream'>>;
  runEvents?: SubscriptionResolver<ResolversTypes['RunEventDelivery'], "runEvents", ParentType, ContextType, RequireFields<SubscriptionRunEventsArgs, 'strict'>>;
  runUpdated?: SubscriptionResolver<ResolversTypes['Run'], "runUpdated", ParentType, ContextType, Partial<SubscriptionRunUpdatedArgs>>;
  sloStatusChanged?: SubscriptionResolver<ResolversTypes['SloDelivery'], "sloStatusChanged", ParentType, ContextType, RequireFields<SubscriptionSloStatusChangedArgs, 'strict'>>;
};

export type TicketResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Ticket'] = ResolversParentTypes['Ticket']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  repoId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  baseCommit?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  planHash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  kid?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  issuedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  ttlSeconds?: Resolver<ResolversTypes['Seconds'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['TicketState'], ParentType, ContextType>;
  issuedBy?: Resolver<ResolversTypes['Actor'], ParentType, ContextType>;
  consumedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  revokeReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  run?: Resolver<Maybe<ResolversTypes['Run']>, ParentType, ContextType>;
};

export type TicketConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketConnection'] = ResolversParentTypes['TicketConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TicketEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Ticket']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TicketConsumedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketConsumed'] = ResolversParentTypes['TicketConsumed']> = {
  ticket?: Resolver<Maybe<ResolversTypes['Ticket']>, ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TicketEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketEdge'] = ResolversParentTypes['TicketEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Ticket'], ParentType, ContextType>;
};

export type TicketIssuedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketIssued'] = ResolversParentTypes['TicketIssued']> = {
  ticket?: Resolver<ResolversTypes['Ticket'], ParentType, ContextType>;
  token?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TicketRefusedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketRefused'] = ResolversParentTypes['TicketRefused']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  ticketCode?: Resolver<ResolversTypes['TicketCode'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TicketRevokedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketRevoked'] = ResolversParentTypes['TicketRevoked']> = {
  ticket?: Resolver<ResolversTypes['Ticket'], ParentType, ContextType>;
  receipt?: Resolver<Maybe<ResolversTypes['AuditReceipt']>, ParentType, ContextType>;
  clientMutationId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TicketVerificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TicketVerification'] = ResolversParentTypes['TicketVerification']> = {
  valid?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['TicketCode'], ParentType, ContextType>;
  verifiedInMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  withinBudget?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nonceSeen?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  ticket?: Resolver<Maybe<ResolversTypes['Ticket']>, ParentType, ContextType>;
};

export type TimelineEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineEntry'] = ResolversParentTypes['TimelineEntry']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['TimelineKind'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  actor?: Resolver<Maybe<ResolversTypes['Actor']>, ParentType, ContextType>;
};

export type UnavailableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Unavailable'] = ResolversParentTypes['Unavailable']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  __resolveType: TypeResolveFn<'ApprovalAlreadyDecided' | 'GraphHeadMoved' | 'InvalidInput' | 'NotAllowed' | 'NotFound' | 'OffsetConflict' | 'RunAlreadyTerminal' | 'TicketRefused' | 'Unavailable', ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  actor?: Resolver<ResolversTypes['Actor'], ParentType, ContextType>;
  tenantId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  roles?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  tenants?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ViolationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Violation'] = ResolversParentTypes['Violation']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['ViolationSeverity'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['ViolationOutcome'], ParentType, ContextType>;
  operation?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  details?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ViolationConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ViolationConnection'] = ResolversParentTypes['ViolationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ViolationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Violation']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ViolationEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ViolationEdge'] = ResolversParentTypes['ViolationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Violation'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Accepted?: AcceptedResolvers<ContextType>;
  Actor?: ActorResolvers<ContextType>;
  Alert?: AlertResolvers<ContextType>;
  AlertConnection?: AlertConnectionResolvers<ContextType>;
  AlertDelivery?: AlertDeliveryResolvers<ContextType>;
  AlertEdge?: AlertEdgeResolvers<ContextType>;
  AlertItem?: AlertItemResolvers<ContextType>;
  AppendResult?: AppendResultResolvers<ContextType>;
  Approval?: ApprovalResolvers<ContextType>;
  ApprovalAlreadyDecided?: ApprovalAlreadyDecidedResolvers<ContextType>;
  ApprovalConnection?: ApprovalConnectionResolvers<ContextType>;
  ApprovalDecided?: ApprovalDecidedResolvers<ContextType>;
  ApprovalDelivery?: ApprovalDeliveryResolvers<ContextType>;
  ApprovalEdge?: ApprovalEdgeResolvers<ContextType>;
  ApprovalItem?: ApprovalItemResolvers<ContextType>;
  ApprovalResult?: ApprovalResultResolvers<ContextType>;
  Artifact?: ArtifactResolvers<ContextType>;
  AuditReceipt?: AuditReceiptResolvers<ContextType>;
  AuditVerification?: AuditVerificationResolvers<ContextType>;
  BudgetAdvice?: BudgetAdviceResolvers<ContextType>;
  BurnThreshold?: BurnThresholdResolvers<ContextType>;
  BurnTier?: BurnTierResolvers<ContextType>;
  BurnWindow?: BurnWindowResolvers<ContextType>;
  Bytes?: GraphQLScalarType;
  CapabilityQuota?: CapabilityQuotaResolvers<ContextType>;
  ChainVerification?: ChainVerificationResolvers<ContextType>;
  CompatReport?: CompatReportResolvers<ContextType>;
  ConsumeTicketResult?: ConsumeTicketResultResolvers<ContextType>;
  Correction?: CorrectionResolvers<ContextType>;
  Count?: GraphQLScalarType;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  DeadLetter?: DeadLetterResolvers<ContextType>;
  DeadLetterConnection?: DeadLetterConnectionResolvers<ContextType>;
  DeadLetterEdge?: DeadLetterEdgeResolvers<ContextType>;
  Decision?: DecisionResolvers<ContextType>;
  ErrorBudget?: ErrorBudgetResolvers<ContextType>;
  Escalation?: EscalationResolvers<ContextType>;
  EscalationStep?: EscalationStepResolvers<ContextType>;
  Event?: EventResolvers<ContextType>;
  EventConnection?: EventConnectionResolvers<ContextType>;
  EventDelivery?: EventDeliveryResolvers<ContextType>;
  EventEdge?: EventEdgeResolvers<ContextType>;
  EventItem?: EventItemResolvers<ContextType>;
  Explain?: ExplainResolvers<ContextType>;
  GenericEvent?: GenericEventResolvers<ContextType>;
  Graph?: GraphResolvers<ContextType>;
  GraphAccepted?: GraphAcceptedResolvers<ContextType>;
  GraphChangeDelivery?: GraphChangeDeliveryResolvers<ContextType>;
  GraphChangeItem?: GraphChangeItemResolvers<ContextType>;
  GraphCommit?: GraphCommitResolvers<ContextType>;
  GraphCommitConnection?: GraphCommitConnectionResolvers<ContextType>;
  GraphCommitDelivery?: GraphCommitDeliveryResolvers<ContextType>;
  GraphCommitEdge?: GraphCommitEdgeResolvers<ContextType>;
  GraphCommitItem?: GraphCommitItemResolvers<ContextType>;
  GraphConnection?: GraphConnectionResolvers<ContextType>;
  GraphDiff?: GraphDiffResolvers<ContextType>;
  GraphDrift?: GraphDriftResolvers<ContextType>;
  GraphDriftPage?: GraphDriftPageResolvers<ContextType>;
  GraphEdge?: GraphEdgeResolvers<ContextType>;
  GraphFile?: GraphFileResolvers<ContextType>;
  GraphHeadMoved?: GraphHeadMovedResolvers<ContextType>;
  GraphMutation?: GraphMutationResolvers<ContextType>;
  GraphMutationConnection?: GraphMutationConnectionResolvers<ContextType>;
  GraphMutationEdge?: GraphMutationEdgeResolvers<ContextType>;
  GraphNeighbour?: GraphNeighbourResolvers<ContextType>;
  GraphNeighbourConnection?: GraphNeighbourConnectionResolvers<ContextType>;
  GraphNeighbourEdge?: GraphNeighbourEdgeResolvers<ContextType>;
  GraphNode?: GraphNodeResolvers<ContextType>;
  GraphNodeChange?: GraphNodeChangeResolvers<ContextType>;
  GraphNodeConnection?: GraphNodeConnectionResolvers<ContextType>;
  GraphNodeEdge?: GraphNodeEdgeResolvers<ContextType>;
  GraphNodeVersion?: GraphNodeVersionResolvers<ContextType>;
  GraphNodeVersionConnection?: GraphNodeVersionConnectionResolvers<ContextType>;
  GraphNodeVersionEdge?: GraphNodeVersionEdgeResolvers<ContextType>;
  GraphOrigin?: GraphOriginResolvers<ContextType>;
  GraphPath?: GraphPathResolvers<ContextType>;
  GraphReach?: GraphReachResolvers<ContextType>;
  GraphRelationship?: GraphRelationshipResolvers<ContextType>;
  GraphRelationshipChange?: GraphRelationshipChangeResolvers<ContextType>;
  GraphRelationshipConnection?: GraphRelationshipConnectionResolvers<ContextType>;
  GraphRelationshipEdge?: GraphRelationshipEdgeResolvers<ContextType>;
  GraphResult?: GraphResultResolvers<ContextType>;
  GraphTag?: GraphTagResolvers<ContextType>;
  GraphTagConnection?: GraphTagConnectionResolvers<ContextType>;
  GraphTagEdge?: GraphTagEdgeResolvers<ContextType>;
  HealthCheck?: HealthCheckResolvers<ContextType>;
  Incident?: IncidentResolvers<ContextType>;
  IncidentConnection?: IncidentConnectionResolvers<ContextType>;
  IncidentEdge?: IncidentEdgeResolvers<ContextType>;
  Indicator?: IndicatorResolvers<ContextType>;
  InvalidInput?: InvalidInputResolvers<ContextType>;
  Invariant?: InvariantResolvers<ContextType>;
  IssueTicketResult?: IssueTicketResultResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  Long?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  NonceStats?: NonceStatsResolvers<ContextType>;
  NotAllowed?: NotAllowedResolvers<ContextType>;
  NotFound?: NotFoundResolvers<ContextType>;
  Objective?: ObjectiveResolvers<ContextType>;
  OffsetConflict?: OffsetConflictResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PerformanceBudget?: PerformanceBudgetResolvers<ContextType>;
  Permission?: PermissionResolvers<ContextType>;
  Pin?: PinResolvers<ContextType>;
  PinConnection?: PinConnectionResolvers<ContextType>;
  PinEdge?: PinEdgeResolvers<ContextType>;
  Point?: PointResolvers<ContextType>;
  PolicyDecision?: PolicyDecisionResolvers<ContextType>;
  PolicyDecisionConnection?: PolicyDecisionConnectionResolvers<ContextType>;
  PolicyDecisionEdge?: PolicyDecisionEdgeResolvers<ContextType>;
  Promotion?: PromotionResolvers<ContextType>;
  Property?: PropertyResolvers<ContextType>;
  Provenance?: ProvenanceResolvers<ContextType>;
  QualityGate?: QualityGateResolvers<ContextType>;
  Quantile?: QuantileResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Quota?: QuotaResolvers<ContextType>;
  RateLimit?: RateLimitResolvers<ContextType>;
  Record?: RecordResolvers<ContextType>;
  RecordConnection?: RecordConnectionResolvers<ContextType>;
  RecordDelivery?: RecordDeliveryResolvers<ContextType>;
  RecordEdge?: RecordEdgeResolvers<ContextType>;
  RecordItem?: RecordItemResolvers<ContextType>;
  RecordSegment?: RecordSegmentResolvers<ContextType>;
  RecordStream?: RecordStreamResolvers<ContextType>;
  RecordStreamAccepted?: RecordStreamAcceptedResolvers<ContextType>;
  RecordStreamConnection?: RecordStreamConnectionResolvers<ContextType>;
  RecordStreamEdge?: RecordStreamEdgeResolvers<ContextType>;
  RecordStreamResult?: RecordStreamResultResolvers<ContextType>;
  RecordsAppended?: RecordsAppendedResolvers<ContextType>;
  Release?: ReleaseResolvers<ContextType>;
  ReleaseConnection?: ReleaseConnectionResolvers<ContextType>;
  ReleaseEdge?: ReleaseEdgeResolvers<ContextType>;
  Replica?: ReplicaResolvers<ContextType>;
  RevokeTicketResult?: RevokeTicketResultResolvers<ContextType>;
  Ritual?: RitualResolvers<ContextType>;
  RitualConnection?: RitualConnectionResolvers<ContextType>;
  RitualEdge?: RitualEdgeResolvers<ContextType>;
  Run?: RunResolvers<ContextType>;
  RunAccepted?: RunAcceptedResolvers<ContextType>;
  RunAlreadyTerminal?: RunAlreadyTerminalResolvers<ContextType>;
  RunBlocker?: RunBlockerResolvers<ContextType>;
  RunConnection?: RunConnectionResolvers<ContextType>;
  RunCount?: RunCountResolvers<ContextType>;
  RunEdge?: RunEdgeResolvers<ContextType>;
  RunEvent?: RunEventResolvers<ContextType>;
  RunEventConnection?: RunEventConnectionResolvers<ContextType>;
  RunEventDelivery?: RunEventDeliveryResolvers<ContextType>;
  RunEventEdge?: RunEventEdgeResolvers<ContextType>;
  RunEventItem?: RunEventItemResolvers<ContextType>;
  RunFailure?: RunFailureResolvers<ContextType>;
  RunResult?: RunResultResolvers<ContextType>;
  RunTransition?: RunTransitionResolvers<ContextType>;
  Sbom?: SbomResolvers<ContextType>;
  ScaleHint?: ScaleHintResolvers<ContextType>;
  ScaleHintConnection?: ScaleHintConnectionResolvers<ContextType>;
  ScaleHintEdge?: ScaleHintEdgeResolvers<ContextType>;
  Seconds?: GraphQLScalarType;
  SecurityEvent?: SecurityEventResolvers<ContextType>;
  Silence?: SilenceResolvers<ContextType>;
  SilenceAccepted?: SilenceAcceptedResolvers<ContextType>;
  SilenceMatcher?: SilenceMatcherResolvers<ContextType>;
  SilenceResult?: SilenceResultResolvers<ContextType>;
  Sli?: SliResolvers<ContextType>;
  Slo?: SloResolvers<ContextType>;
  SloAccepted?: SloAcceptedResolvers<ContextType>;
  SloConnection?: SloConnectionResolvers<ContextType>;
  SloDelivery?: SloDeliveryResolvers<ContextType>;
  SloEdge?: SloEdgeResolvers<ContextType>;
  SloGroup?: SloGroupResolvers<ContextType>;
  SloItem?: SloItemResolvers<ContextType>;
  SloReason?: SloReasonResolvers<ContextType>;
  SloResult?: SloResultResolvers<ContextType>;
  SloService?: SloServiceResolvers<ContextType>;
  SloWindow?: SloWindowResolvers<ContextType>;
  Source?: SourceResolvers<ContextType>;
  SourceCapability?: SourceCapabilityResolvers<ContextType>;
  StorageStatus?: StorageStatusResolvers<ContextType>;
  StreamGap?: StreamGapResolvers<ContextType>;
  StreamPhase?: StreamPhaseResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Ticket?: TicketResolvers<ContextType>;
  TicketConnection?: TicketConnectionResolvers<ContextType>;
  TicketConsumed?: TicketConsumedResolvers<ContextType>;
  TicketEdge?: TicketEdgeResolvers<ContextType>;
  TicketIssued?: TicketIssuedResolvers<ContextType>;
  TicketRefused?: TicketRefusedResolvers<ContextType>;
  TicketRevoked?: TicketRevokedResolvers<ContextType>;
  TicketVerification?: TicketVerificationResolvers<ContextType>;
  TimelineEntry?: TimelineEntryResolvers<ContextType>;
  Unavailable?: UnavailableResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  Violation?: ViolationResolvers<ContextType>;
  ViolationConnection?: ViolationConnectionResolvers<ContextType>;
  ViolationEdge?: ViolationEdgeResolvers<ContextType>;
};

/** TypeScript's `Record`: that name is a type of the schema here. */
type Dictionary<Key extends PropertyKey, Value> = { [name in Key]: Value };
