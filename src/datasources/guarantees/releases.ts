import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type GuaranteeSignals } from './signals.ts'

export interface Artifact {
  readonly id: string
  readonly name: string
  readonly type: 'CONTAINER' | 'TARBALL' | 'NPM' | 'BINARY' | 'DOCUMENT'
  readonly path: string
  readonly hash: string
  readonly sizeBytes: number
  readonly at: bigint
}
export interface QualityGate {
  readonly name: string
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED'
  readonly message: string
  /** Measured, or null: never a literal. */
  readonly value: number | null
}
/** A bundle in the release directory: what is in its files, and nothing else (contract: guarantees 13). */
export interface Release {
  readonly version: string
  readonly artifacts: readonly Artifact[]
  readonly qualityGates: readonly QualityGate[]
  readonly promotion: {
    readonly status: 'PENDING' | 'APPROVED' | 'REJECTED'
    readonly criteria: readonly string[]
    readonly approvers: readonly string[]
  } | null
  readonly sbom: { readonly format: string; readonly packages: number; readonly document: unknown } | null
  readonly provenance: {
    readonly builderId: string | null
    readonly buildType: string | null
    readonly signed: boolean
    readonly document: unknown
  } | null
  readonly compat: { readonly backward: boolean | null; readonly breakingChanges: readonly string[]; readonly document: unknown } | null
  readonly modifiedAt: bigint
}

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), value)
const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : []

const MOST_RELEASES = 200
const MOST_FILES = 200
const MOST_JSON_BYTES = 16 * 1024 * 1024

async function readJson(file: string): Promise<unknown> {
  try {
    if ((await stat(file)).size > MOST_JSON_BYTES) return null
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    // absent or broken: the gate that needs it says so
    return null
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

const typeOf = (name: string): Artifact['type'] =>
  /\.(?:oci|docker)(?:\.tar)?$/.test(name)
    ? 'CONTAINER'
    : /\.tgz$/.test(name)
      ? 'NPM'
      : /\.tar(?:\.gz)?$/.test(name)
        ? 'TARBALL'
        : /\.(?:json|ndjson|md|txt)$/.test(name)
          ? 'DOCUMENT'
          : 'BINARY'

const gate = (name: string, value: number | null, passed: boolean | null, said: string): QualityGate => ({
  name,
  value,
  status: passed === null ? 'SKIPPED' : passed ? 'PASSED' : 'FAILED',
  message: passed === null ? 'Not measured.' : said,
})

/** The contract's gates, from what was measured; what was not is skipped. */
function gatesOf(metrics: unknown, compat: unknown, sbom: unknown): QualityGate[] {
  const critical = number(at(metrics, 'security', 'vulnerabilities', 'critical'))
  const coverage = number(at(metrics, 'tests', 'coverage'))
  const p95 = number(at(metrics, 'performance', 'p95'))
  const p99 = number(at(metrics, 'performance', 'p99'))
  const backward = at(compat, 'compatibility', 'backward')
  const breaking = Array.isArray(at(compat, 'compatibility', 'breakingChanges'))
    ? texts(at(compat, 'compatibility', 'breakingChanges')).length
    : null
  const isSpdx = at(sbom, 'spdxVersion') === 'SPDX-2.3' && Array.isArray(at(sbom, 'packages'))
  const latency = p95 === null || p99 === null ? null : p95 <= 400 && p99 <= 2 * p95
  return [
    gate('security', critical, critical === null ? null : critical === 0, `${critical ?? 0} critical vulnerabilities.`),
    gate('compat', breaking, typeof backward === 'boolean' ? backward && breaking === 0 : null, `${breaking ?? 0} breaking changes.`),
    gate(
      'sbom',
      Array.isArray(at(sbom, 'packages')) ? texts(at(sbom, 'packages')).length : null,
      sbom === null ? null : isSpdx,
      isSpdx ? 'SPDX 2.3.' : 'The file is no SPDX 2.3 document.',
    ),
    gate('coverage', coverage, coverage === null ? null : coverage >= 85, `${coverage ?? 0} % covered, 85 % asked for.`),
    gate('p95_p99', p95, latency, `p95 ${p95 ?? 0} ms, p99 ${p99 ?? 0} ms; 400 ms and twice the p95 asked for.`),
  ]
}

async function readRelease(folder: string, signals: GuaranteeSignals): Promise<Release> {
  const json = (name: string) => readJson(join(folder, name))
  const [metrics, sbom, provenance, compat, promotion] = await Promise.all([
    json('metrics.json'),
    json('sbom.json'),
    json('provenance.json'),
    json('compat_report.json'),
    json('promotion.json'),
  ])
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).slice(0, MOST_FILES)
  const artifacts: Artifact[] = []
  for (const { name } of files.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const info = await stat(join(folder, name))
    const hash = await hashOf(join(folder, name))
    artifacts.push({
      id: `${basename(folder)}/${name}`,
      name,
      type: typeOf(name),
      path: name,
      hash,
      sizeBytes: info.size,
      at: BigInt(Math.round(info.mtimeMs)) * 1_000_000n,
    })
  }
  if (sbom === null && files.some(({ name }) => name === 'sbom.json')) signals.emit.artifactFailure('sbom')
  const word = at(promotion, 'status')
  return {
    version: basename(folder),
    artifacts,
    qualityGates: gatesOf(metrics, compat, sbom),
    promotion: isObject(promotion)
      ? {
          status: word === 'approved' ? 'APPROVED' : word === 'rejected' ? 'REJECTED' : 'PENDING',
          criteria: texts(promotion['criteria']),
          approvers: texts(promotion['approvers']),
        }
      : null,
    sbom: isObject(sbom)
      ? {
          format: String(sbom['spdxVersion'] ?? sbom['specVersion'] ?? 'unknown'),
          packages: texts(sbom['packages']).length,
          document: sbom,
        }
      : null,
    provenance: isObject(provenance)
      ? {
          builderId:
            typeof at(provenance, 'predicate', 'builder', 'id') === 'string' ? String(at(provenance, 'predicate', 'builder', 'id')) : null,
          buildType: typeof at(provenance, 'predicate', 'buildType') === 'string' ? String(at(provenance, 'predicate', 'buildType')) : null,
          // a file beside a bundle proves nothing by itself
          signed: files.some(({ name }) => name === 'provenance.json.sig' || name === 'provenance.intoto.jsonl'),
          document: provenance,
        }
      : null,
    compat: isObject(compat)
      ? {
          backward: typeof at(compat, 'compatibility', 'backward') === 'boolean' ? at(compat, 'compatibility', 'backward') === true : null,
          breakingChanges: texts(at(compat, 'compatibility', 'breakingChanges')),
          document: compat,
        }
      : null,
    modifiedAt: artifacts.reduce((newest, artifact) => (artifact.at > newest ? artifact.at : newest), 0n),
  }
}

export interface Releases {
  /** Bundles of the release directory, newest first; none where there is no directory. */
  list(): Promise<readonly Release[]>
}

/** One folder a version, as the build wrote it. Answers of the last 30 s are given again. */
export function createReleases({ folder, signals }: { folder: string; signals: GuaranteeSignals }): Releases {
  let cached: { releases: Promise<readonly Release[]>; until: number } | null = null
  async function read(): Promise<readonly Release[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const bundles = entries.filter((entry) => entry.isDirectory() && /^[\w.+-]{1,128}$/.test(entry.name)).slice(0, MOST_RELEASES)
    const releases: Release[] = []
    for (const { name } of bundles) releases.push(await readRelease(join(folder, name), signals))
    return releases.filter(({ artifacts }) => artifacts.length > 0).sort((left, right) => (left.modifiedAt > right.modifiedAt ? -1 : 1))
  }
  return {
    list() {
      if (cached === null || performance.now() > cached.until) cached = { releases: read(), until: performance.now() + 30_000 }
      return cached.releases
    },
  }
}
