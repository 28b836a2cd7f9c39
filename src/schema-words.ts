import { type DocumentNode, type FieldDefinitionNode, type InputValueDefinitionNode, Kind, type StringValueNode, visit } from 'graphql'

/** Arguments that mean the same wherever they stand are described here once; a description in the SDL wins. */
const argumentWords: Readonly<Record<string, string>> = {
  after: 'Only what comes after this cursor.',
  approval: 'The global id of the gate.',
  around: 'A moment to begin at: what lies on both sides of it.',
  at: 'The moment to look at; now, unless told.',
  before: 'Only what comes before this cursor.',
  commitId: 'The id of a commit, as Demon computes it.',
  decision: 'Which decision is meant.',
  depth: 'How many relationships away at most: 0 to 32.',
  direction: 'Which way relationships are followed.',
  filter: 'Only what meets all of this.',
  first: 'How many at most, from the start of the list: 1 to 100, and 20 unless told.',
  format: 'How it is spelled.',
  from: 'Where the range begins.',
  fromOffset: 'The first offset wanted.',
  graph: 'The global id of one graph; all graphs, unless told.',
  id: 'The global id.',
  ids: 'Global ids, at most 100.',
  input: 'What is to be done, and to what.',
  key: 'The natural key, instead of the global id.',
  kind: 'Which kind is wanted.',
  labels: 'Only nodes with one of these labels.',
  last: 'How many at most, from the end of the list: 1 to 100.',
  limit: 'How many at most.',
  maxDepth: 'How many relationships at most: 0 to 32.',
  maxPoints: 'How many points at most.',
  minCursor: 'Waits, bounded, until the answer shows what lies at this position, such as a mutation of your own.',
  name: 'Its name in the tenant, instead of the global id.',
  nodeId: 'The id of a node in its graph.',
  offset: 'Its offset in the stream.',
  orderBy: 'The order of the list; a cursor belongs to one order.',
  outcome: 'Only those that came out so.',
  ref: 'A commit, a tag or a moment; head, unless told.',
  run: 'The global id of one run; all runs, unless told.',
  scope: 'Project, namespace and name, instead of the global id.',
  search: 'Only nodes in which this text occurs.',
  states: 'Only those in one of these states.',
  stream: 'The global id of the stream.',
  strict: 'Ends with `CURSOR_EXPIRED` where events are missing, instead of going on after a `StreamGap`.',
  to: 'Where the range ends.',
  types: 'Only relationships of these types.',
  where: 'Only nodes whose properties are so.',
  window: 'The length of the window that ends now.',
}

const rootWords: Readonly<Record<string, string>> = {
  Query: 'What can be read. Everything is of one tenant, the caller’s.',
  Mutation: 'What can be done. The outcomes that people act on are members of the result; everything else is an error.',
  Subscription: 'What can be followed live, and resumed after any cursor it gave.',
}

const resumeWords = 'Goes on right behind this position: a cursor of this field, with the same filter.'

const said = (value: string): StringValueNode => ({ kind: Kind.STRING, value })

function describeArguments(field: FieldDefinitionNode, live: boolean): FieldDefinitionNode {
  const described = (argument: InputValueDefinitionNode): InputValueDefinitionNode => {
    const words = live && argument.name.value === 'after' ? resumeWords : argumentWords[argument.name.value]
    return argument.description !== undefined || words === undefined ? argument : { ...argument, description: said(words) }
  }
  return field.arguments === undefined || field.arguments.length === 0 ? field : { ...field, arguments: field.arguments.map(described) }
}

/** The SDL with the descriptions that every domain shares. */
export const withSharedWords = (document: DocumentNode): DocumentNode =>
  visit(document, {
    ObjectTypeDefinition(type) {
      const words = rootWords[type.name.value]
      const live = type.name.value === 'Subscription'
      return {
        ...type,
        ...(type.description === undefined && words !== undefined ? { description: said(words) } : {}),
        fields: type.fields?.map((field) => describeArguments(field, live)) ?? [],
      }
    },
    ObjectTypeExtension: (type) => ({
      ...type,
      fields: type.fields?.map((field) => describeArguments(field, type.name.value === 'Subscription')) ?? [],
    }),
    InterfaceTypeDefinition: (type) => ({ ...type, fields: type.fields?.map((field) => describeArguments(field, false)) ?? [] }),
  })
