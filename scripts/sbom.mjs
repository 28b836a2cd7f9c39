// Writes the bill of materials (SPDX 2.3) of what runs in production: `node scripts/sbom.mjs [FILE]` (default: standard output).
// From the lock file, so it says the same whether the development packages are installed or not (`npm sbom --omit=dev` leaves out packages that are
// also a development package's). Fails when a package's licence is none that we ship.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
const { name, version, packages } = JSON.parse(lock)

const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense'])

const licenceOf = (path, entry) => {
  const manifest = join(root, path, 'package.json')
  return entry.license ?? (existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : undefined)
}
const shipped = Object.entries(packages)
  .filter(([path, entry]) => path !== '' && entry.dev !== true && entry.link !== true)
  .map(([path, entry]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    path,
    version: entry.version,
    integrity: entry.integrity,
    licence: licenceOf(path, entry) ?? 'NOASSERTION',
  }))

const refused = shipped.filter(
  ({ licence }) =>
    !licence
      .replaceAll(/[()]/g, '')
      .split(' OR ')
      .some((one) => allowed.has(one)),
)
for (const one of refused) console.error(`${one.name} ${one.version}: licence ${one.licence}`)
if (refused.length > 0) process.exit(1)

const checksums = (integrity) => {
  const [algorithm, digest] = (integrity ?? '').split('-')
  return algorithm === 'sha512' ? [{ algorithm: 'SHA512', checksumValue: Buffer.from(digest, 'base64').toString('hex') }] : []
}
const idOf = ({ name, version }) => `SPDXRef-Package-${`${name}-${version}`.replaceAll(/[^\w.-]+/g, '-')}`
const packageOf = (one) => ({
  SPDXID: idOf(one),
  name: one.name,
  versionInfo: one.version,
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseDeclared: one.licence,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
  checksums: checksums(one.integrity),
  externalRefs: [
    {
      referenceCategory: 'PACKAGE-MANAGER',
      referenceType: 'purl',
      referenceLocator: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    },
  ],
})

const self = { name, version, licence: packages[''].license, path: '' }
const unique = [...new Map([self, ...shipped].map((one) => [idOf(one), one])).values()]
const document = {
  spdxVersion: 'SPDX-2.3',
  dataLicense: 'CC0-1.0',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: `${name}-${version}`,
  // the same lock file gives the same document
  documentNamespace: `urn:orrery:sbom:${version}:${createHash('sha256').update(lock).digest('hex').slice(0, 32)}`,
  creationInfo: {
    created: new Date((Number(process.env.SOURCE_DATE_EPOCH) || 0) * 1000).toISOString().replace(/\.\d+/, ''),
    creators: ['Tool: scripts/sbom.mjs'],
  },
  packages: unique.map(packageOf),
  relationships: [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: idOf(self) },
    ...unique.slice(1).map((one) => ({ spdxElementId: idOf(self), relationshipType: 'DEPENDS_ON', relatedSpdxElement: idOf(one) })),
  ],
}

const text = `${JSON.stringify(document, null, 2)}\n`
const [file] = process.argv.slice(2)
if (file === undefined) process.stdout.write(text)
else writeFileSync(file, text)
