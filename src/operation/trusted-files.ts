import { readFileSync } from 'node:fs'
import { z } from 'zod'

// https://www.apollographql.com/docs/graphos/platform/security/persisted-queries: the manifest that Apollo's tools write
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
})
// the file that Relay's compiler writes: text by id
const relayMap = z.record(z.string().min(1), z.string().min(1))

/** Largest file that is read, in characters. */
const maxCharacters = 32 * 1024 * 1024

function readFile(path: string): [string, string][] {
  const text = readFileSync(path, 'utf8')
  if (text.length > maxCharacters) throw new Error(`it has more than ${maxCharacters} characters`)
  const json: unknown = JSON.parse(text)
  const manifest = apolloManifest.safeParse(json)
  if (manifest.success) return manifest.data.operations.map(({ id, body }) => [id, body])
  const map = relayMap.safeParse(json)
  if (map.success) return Object.entries(map.data)
  throw new Error('it is neither an Apollo manifest nor a Relay map of ids to texts')
}

/**
 * Texts of trusted documents by their ids, from Apollo manifests and Relay maps.
 * @throws Error that names the file which cannot be used, or the id that two files give to different texts
 */
export function readTrustedDocuments(paths: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const path of paths) {
    try {
      for (const [id, text] of readFile(path)) {
        const known = texts.get(id)
        if (known !== undefined && known !== text) throw new Error(`the id "${id}" stands for another text already`)
        texts.set(id, text)
      }
    } catch (error) {
      throw new Error(`The trusted documents in ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
  return texts
}
