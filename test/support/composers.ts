import { composeServices as composeWithApollo } from '@apollo/composition'
import { composeServices as composeWithGuild } from '@theguild/federation-composition'
import { federateSubgraphs, LATEST_ROUTER_COMPATIBILITY_VERSION } from '@wundergraph/composition'
import { parse } from 'graphql'
import { serviceSdl } from '../../src/federation/subgraph.ts'
import { loadTypeDefs } from '../../src/schema.ts'

export interface NamedSubgraph {
  readonly name: string
  readonly sdl: string
  readonly url?: string
}

const made = new Map<string, NamedSubgraph>()

/** Our own subgraph of these domains. */
export function subgraph(...wanted: string[]): NamedSubgraph {
  const name = wanted.join('-')
  const known = made.get(name) ?? { name, sdl: serviceSdl(loadTypeDefs(wanted)) }
  made.set(name, known)
  return known
}

export interface Composed {
  readonly errors: readonly string[]
  /** Remarks that fail nothing. */
  readonly hints: readonly string[]
  /** Where the composer writes one. */
  readonly supergraph?: string
}

export interface Composer {
  readonly name: string
  compose(subgraphs: readonly NamedSubgraph[]): Composed
}

const withDocuments = (subgraphs: readonly NamedSubgraph[]) =>
  subgraphs.map(({ name, sdl, url }) => ({ name, url: url ?? `http://${name}/graphql`, typeDefs: parse(sdl) }))

const messages = (errors: readonly { readonly message: string }[] | undefined): string[] => (errors ?? []).map(({ message }) => message)

/** Three implementations of composition that share no code. Apollo's is Elastic-2.0: it is used in tests and never shipped. */
export const composers: readonly Composer[] = [
  {
    name: 'Apollo',
    compose(subgraphs) {
      const { errors, hints, supergraphSdl } = composeWithApollo(withDocuments(subgraphs))
      return {
        errors: messages(errors),
        hints: (hints ?? []).map(String),
        ...(supergraphSdl === undefined ? {} : { supergraph: supergraphSdl }),
      }
    },
  },
  {
    name: 'Guild',
    compose(subgraphs) {
      const result = composeWithGuild(withDocuments(subgraphs))
      return {
        errors: messages(result.errors),
        hints: [],
        ...(result.supergraphSdl === undefined ? {} : { supergraph: result.supergraphSdl }),
      }
    },
  },
  {
    name: 'WunderGraph',
    compose(subgraphs) {
      const documents = withDocuments(subgraphs).map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }))
      const result = federateSubgraphs({ subgraphs: documents, version: LATEST_ROUTER_COMPATIBILITY_VERSION })
      return { errors: result.success ? [] : messages(result.errors), hints: messages(result.warnings) }
    },
  },
]
