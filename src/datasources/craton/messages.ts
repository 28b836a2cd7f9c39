import { bool, bytes, choice, i64, list, option, struct, text, u16, u32, u64, type ValueOf, variants } from './postcard.ts'

// contract: craton 2.2, 5.1; the order is that of the wire
export const wireDataClasses = ['PHI', 'DEIDENTIFIED', 'PII', 'SENSITIVE', 'PCI', 'FINANCIAL', 'CONFIDENTIAL', 'PUBLIC'] as const

const nothing = struct({})
const region = variants({ USEast1: [0, nothing], APSoutheast2: [1, nothing], Custom: [2, struct({ name: text })] })
const placement = variants({ Region: [0, struct({ region })], Global: [1, nothing] })
const value = variants({
  Null: [0, nothing],
  BigInt: [1, struct({ value: i64 })],
  Text: [2, struct({ value: text })],
  Boolean: [3, struct({ value: bool })],
  Timestamp: [4, struct({ value: i64 })],
})
const subject = struct({ streamId: u64 })
const table = struct({ tableName: text })
const tenant = struct({ tenantId: u64, name: option(text), tableCount: u32, createdAtNanos: option(u64) })
const apiKey = struct({ keyId: text, subject: text, tenantId: u64, roles: list(text), expiresAtNanos: option(u64) })
const rows = struct({ columns: list(text), rows: list(list(value)) })
const auditEvent = struct({
  eventId: text,
  timestampNanos: u64,
  action: text,
  subjectId: option(text),
  actor: option(text),
  tenantId: option(u64),
  ipAddress: option(text),
  correlationId: option(text),
  requestId: option(text),
  reason: option(text),
  sourceCountry: option(text),
  changedFieldNames: list(text),
})

const requestPayload = variants({
  Handshake: [0, struct({ clientVersion: u16, authToken: option(text) })],
  CreateStream: [1, struct({ name: text, dataClass: choice(...wireDataClasses), placement })],
  AppendEvents: [2, struct({ streamId: u64, events: list(bytes), expectedOffset: u64 })],
  Query: [3, struct({ sql: text, params: list(value), breakGlassReason: option(text) })],
  QueryAt: [4, struct({ sql: text, params: list(value), position: u64, breakGlassReason: option(text) })],
  ReadEvents: [5, struct({ streamId: u64, fromOffset: u64, maxBytes: u64 })],
  StreamInfo: [6, subject],
  Subscribe: [7, struct({ streamId: u64, fromOffset: u64, initialCredits: u32, consumerGroup: option(text) })],
  Sync: [8, nothing],
  SubscribeCredit: [9, struct({ subscriptionId: u64, additionalCredits: u32 })],
  Unsubscribe: [10, struct({ subscriptionId: u64 })],
  ListTables: [11, nothing],
  DescribeTable: [12, table],
  ListIndexes: [13, table],
  TenantCreate: [14, struct({ tenantId: u64, name: option(text) })],
  TenantList: [15, nothing],
  TenantDelete: [16, struct({ tenantId: u64 })],
  TenantGet: [17, struct({ tenantId: u64 })],
  ApiKeyRegister: [18, struct({ subject: text, tenantId: u64, roles: list(text), expiresAtNanos: option(u64) })],
  ApiKeyRevoke: [19, struct({ key: text })],
  ApiKeyList: [20, struct({ tenantId: option(u64) })],
  ApiKeyRotate: [21, struct({ oldKey: text })],
  GetServerInfo: [22, nothing],
  AuditQuery: [
    34,
    struct({
      subjectId: option(text),
      actionType: option(text),
      timeFromNanos: option(u64),
      timeToNanos: option(u64),
      actor: option(text),
      limit: option(u32),
    }),
  ],
  VerifyAuditChain: [35, nothing],
})

const responsePayload = variants({
  Error: [0, struct({ code: u32, message: text })],
  Handshake: [1, struct({ serverVersion: u16, authenticated: bool, capabilities: list(text) })],
  CreateStream: [2, subject],
  AppendEvents: [3, struct({ firstOffset: u64, count: u32 })],
  Query: [4, rows],
  QueryAt: [5, rows],
  ReadEvents: [6, struct({ events: list(bytes), nextOffset: option(u64) })],
  StreamInfo: [7, struct({ length: u64 })],
  Subscribe: [8, struct({ subscriptionId: u64, startOffset: u64, credits: u32 })],
  Sync: [9, struct({ success: bool })],
  SubscriptionAck: [10, struct({ subscriptionId: u64, creditsRemaining: u32 })],
  ListTables: [11, struct({ tables: list(struct({ name: text, columnCount: u32 })) })],
  DescribeTable: [12, struct({ tableName: text, columns: list(struct({ name: text, dataType: text, nullable: bool, primaryKey: bool })) })],
  ListIndexes: [13, struct({ indexes: list(struct({ name: text, columns: list(text) })) })],
  TenantCreate: [14, struct({ tenant, created: bool })],
  TenantList: [15, struct({ tenants: list(tenant) })],
  TenantDelete: [16, struct({ deleted: bool, tablesDropped: u32 })],
  TenantGet: [17, struct({ tenant })],
  ApiKeyRegister: [18, struct({ key: text, apiKey })],
  ApiKeyRevoke: [19, struct({ revoked: bool })],
  ApiKeyList: [20, struct({ keys: list(apiKey) })],
  ApiKeyRotate: [21, struct({ newKey: text, apiKey })],
  GetServerInfo: [
    22,
    struct({
      buildVersion: text,
      protocolVersion: u16,
      capabilities: list(text),
      uptimeSecs: u64,
      clusterMode: choice('Standalone', 'Clustered'),
      tenantCount: u32,
    }),
  ],
  AuditQuery: [34, struct({ events: list(auditEvent) })],
  VerifyAuditChain: [
    35,
    struct({ ok: bool, eventCount: u64, chainHeadHex: text, mismatchAtIndex: option(u64), errorMessage: option(text) }),
  ],
})

const pushPayload = variants({
  SubscriptionEvents: [0, struct({ subscriptionId: u64, startOffset: u64, events: list(bytes), creditsRemaining: u32 })],
  SubscriptionClosed: [
    1,
    struct({
      subscriptionId: u64,
      reason: choice('ClientCancelled', 'ServerShutdown', 'StreamDeleted', 'BackpressureTimeout', 'ProtocolError'),
    }),
  ],
})

const audit = struct({ actor: option(text), reason: option(text), correlationId: option(text), idempotencyKey: option(text) })

/** Everything that goes over the wire (contract: craton 4.3, 5). */
export const message = variants({
  Request: [0, struct({ id: u64, tenantId: u64, audit: option(audit), payload: requestPayload })],
  Response: [1, struct({ requestId: u64, payload: responsePayload })],
  Push: [2, struct({ payload: pushPayload })],
})

export type Message = ValueOf<typeof message>
export type RequestPayload = ValueOf<typeof requestPayload>
export type ResponsePayload = ValueOf<typeof responsePayload>
export type PushPayload = ValueOf<typeof pushPayload>
export type AuditMetadata = ValueOf<typeof audit>
export type ResponseOf<Type extends ResponsePayload['type']> = Extract<ResponsePayload, { readonly type: Type }>
