// `npm run codegen`: writes src/generated/resolver-types.ts from schema/*.graphql. With `--check` it writes nothing and fails when that file is not up to date.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers'
import { mergeTypeDefs } from '@graphql-tools/merge'
import { buildASTSchema, parse } from 'graphql'

const schemaFolder = new URL('../schema/', import.meta.url)
const target = new URL('../src/generated/resolver-types.ts', import.meta.url)

const runs = '../datasources/runs/runs.ts'
const approvals = '../datasources/approvals/approvals.ts'
const sources = '../datasources/system/sources.ts'
const slos = '../datasources/slo/slo.ts'
const storage = '../datasources/storage/storage.ts'
const graph = '../datasources/graph/graph.ts'
const graphResolvers = '../resolvers/graph-models.ts'
const connection = '../resolvers/connection.ts'
const events = '../resolvers/events-model.ts'

/** The domain object that the resolvers of each type receive. */
const mappers = {
  Run: `${runs}#Run as RunModel`,
  RunEvent: `${runs}#RunEvent as RunEventModel`,
  PolicyDecision: `${runs}#PolicyDecision as PolicyDecisionModel`,
  GenericEvent: `${events}#GenericEvent as GenericEventModel`,
  Ritual: `${runs}#Ritual as RitualModel`,
  ScaleHint: `${runs}#ScaleHint as ScaleHintModel`,
  Approval: `${approvals}#Approval as ApprovalModel`,
  Decision: '../resolvers/decision.ts#DecisionOfGate as DecisionModel',
  Source: `${sources}#Source as SourceModel`,
  DeadLetter: `${sources}#DeadLetter as DeadLetterModel`,
  RunBlocker: '../datasources/blockers/blockers.ts#RunBlocker as RunBlockerModel',
  Ticket: '../datasources/tickets/tickets.ts#Ticket as TicketModel',
  TicketConnection: `${connection}#CountedConnection<TicketModel>`,
  Invariant: '../datasources/guarantees/invariants.ts#InvariantReading as InvariantModel',
  Violation: '../datasources/guarantees/invariants.ts#Violation as ViolationModel',
  ViolationConnection: `${connection}#CountedConnection<ViolationModel>`,
  Release: '../datasources/guarantees/releases.ts#Release as ReleaseModel',
  ReleaseConnection: `${connection}#CountedConnection<ReleaseModel>`,
  Alert: '../datasources/alerts/alerts.ts#Alert as AlertModel',
  Incident: '../datasources/slo/incidents.ts#Incident as IncidentModel',
  TimelineEntry: '../datasources/slo/incidents.ts#TimelineEntry as TimelineEntryModel',
  AlertConnection: `${connection}#CountedConnection<AlertModel>`,
  IncidentConnection: `${connection}#CountedConnection<IncidentModel>`,
  Slo: `${slos}#SloReport as SloReportModel`,
  Correction: `${slos}#Correction as CorrectionModel`,
  SloConnection: `${connection}#CountedConnection<SloReportModel>`,
  RecordStream: `${storage}#RecordStream as RecordStreamModel`,
  Record: `${storage}#RecordOfRun as RecordModel`,
  Pin: `${storage}#Pin as PinModel`,
  ChainVerification: `${storage}#ChainVerification as ChainVerificationModel`,
  StorageStatus: `${storage}#StorageStatus as StorageStatusModel`,
  AuditReceipt: '../datasources/storage/audit.ts#AuditReceipt as AuditReceiptModel',
  RecordStreamConnection: `${connection}#CountedConnection<RecordStreamModel>`,
  Graph: `${graph}#Graph as GraphModel`,
  GraphCommit: `${graph}#GraphCommit as GraphCommitModel`,
  GraphTag: `${graph}#GraphTag as GraphTagModel`,
  GraphNode: `${graph}#GraphNode as GraphNodeModel`,
  GraphRelationship: `${graph}#GraphRelationship as GraphRelationshipModel`,
  GraphPath: `${graph}#GraphPath as GraphPathModel`,
  GraphDiff: `${graph}#GraphDiff as GraphDiffModel`,
  GraphNodeVersion: `${graph}#GraphNodeVersion as GraphNodeVersionModel`,
  GraphMutation: `${graphResolvers}#RawMutation as GraphMutationModel`,
  GraphAccepted: `${graphResolvers}#GraphAcceptedModel`,
  GraphChangeItem: `${graphResolvers}#GraphChangeModel`,
  GraphConnection: `${connection}#CountedConnection<GraphModel>`,
  GraphCommitConnection: `${connection}#CountedConnection<GraphCommitModel>`,
  GraphMutationConnection: `${connection}#CountedConnection<GraphMutationModel>`,
  GraphTagConnection: `${connection}#CountedConnection<GraphTagModel>`,
  GraphRelationshipConnection: `${connection}#CountedConnection<GraphRelationshipModel>`,
  GraphNodeVersionConnection: `${connection}#CountedConnection<GraphNodeVersionModel>`,
  GraphNeighbourConnection: `${graphResolvers}#NeighbourConnection`,
  GraphNodeConnection: `${connection}#CountedConnection<GraphNodeModel>`,
  RunConnection: `${connection}#CountedConnection<RunModel>`,
  RunEventConnection: `${connection}#CountedConnection<RunEventModel>`,
  PolicyDecisionConnection: `${connection}#CountedConnection<PolicyDecisionModel>`,
  RitualConnection: `${connection}#CountedConnection<RitualModel>`,
  ScaleHintConnection: `${connection}#CountedConnection<ScaleHintModel>`,
  ApprovalConnection: `${connection}#CountedConnection<ApprovalModel>`,
  DeadLetterConnection: `${connection}#CountedConnection<DeadLetterModel>`,
}

const config = {
  enumsAsTypes: true,
  immutableTypes: true,
  useTypeImports: true,
  emitLegacyCommonJSImports: false,
  strictScalars: true,
  scalars: {
    DateTime: 'bigint',
    Long: { input: 'bigint', output: 'bigint | number' },
    JSON: 'unknown',
    Bytes: 'Uint8Array',
    Seconds: 'number',
    Count: 'number',
    Cursor: 'string',
    Scope: 'string',
    FieldSet: 'string',
  },
  maybeValue: 'T | null | undefined',
  contextType: '../context.ts#Context',
  mappers,
  resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
}

async function generate() {
  const files = readdirSync(schemaFolder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
  // what `@link` brings in is no matter of the resolvers
  const withoutLink = (text) => ({
    kind: 'Document',
    definitions: parse(text).definitions.filter(({ kind }) => kind !== 'SchemaExtension'),
  })
  const schema = mergeTypeDefs(
    files.map((file) => withoutLink(readFileSync(new URL(file, schemaFolder), 'utf8'))),
    { throwOnConflict: true, sort: true },
  )
  return codegen({
    filename: fileURLToPath(target),
    schema,
    schemaAst: buildASTSchema(schema, { assumeValidSDL: true }),
    documents: [],
    config,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers: typescriptResolvers },
  })
}

// Our schema has a type `Record`, which hides TypeScript's own of that name.
const utility =
  "/** TypeScript's `Record`: that name is a type of the schema here. */\ntype Dictionary<Key extends PropertyKey, Value> = { [name in Key]: Value };\n"
const text = `// Written by \`npm run codegen\` from schema/*.graphql; change those instead.\n${(await generate()).replace(/\bRecord</g, 'Dictionary<')}${utility}`
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/generated/resolver-types.ts is not up to date: run `npm run codegen`')
    process.exit(1)
  }
} else {
  mkdirSync(new URL('.', target), { recursive: true })
  writeFileSync(target, text)
}
