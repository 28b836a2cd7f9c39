import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql'
import t from 'tap'
import { buildSchema } from '../src/app.ts'
import { packageRoot } from '../src/root.ts'

t.test('the generated resolver types are what the schema gives now', async (t) => {
  const check = spawnSync(process.execPath, [join(packageRoot, 'scripts', 'codegen.mjs'), '--check'], { encoding: 'utf8' })
  t.equal(check.status, 0, check.stderr)
})

t.test('every element of the schema is described', async (t) => {
  const schema = buildSchema()
  const bare: string[] = []
  const look = (coordinate: string, element: { readonly description?: string | null | undefined }) => {
    if (element.description == null || element.description.trim() === '') bare.push(coordinate)
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    look(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field)
      for (const argument of field.args) look(`${type.name}.${field.name}(${argument.name}:)`, argument)
    }
  }
  for (const directive of schema.getDirectives()) if (!isSpecifiedDirective(directive)) look(`@${directive.name}`, directive)
  t.strictSame(bare, [])
})

t.test('words that domains share are about the argument they stand at', async (t) => {
  const words = (type: string, field: string, argument: string): string => {
    const parent = buildSchema().getType(type)
    const found = isObjectType(parent) ? parent.getFields()[field]?.args.find(({ name }) => name === argument) : undefined
    return found?.description ?? 'nothing'
  }
  t.match(words('Run', 'events', 'types'), /events/)
  for (const field of ['neighbours', 'relationships', 'reach']) t.match(words('GraphNode', field, 'types'), /relationships/)
  for (const field of ['path', 'pathExists', 'relationships']) t.match(words('Graph', field, 'types'), /relationships/, `Graph.${field}`)
  for (const end of ['from', 'to']) {
    t.match(words('Graph', 'path', end), /node/)
    t.match(words('Graph', 'pathExists', end), /node/)
    t.match(words('Graph', 'diff', end), /place/)
    t.match(words('Slo', 'series', end), /range/)
  }
  t.match(words('Query', 'ticket', 'id'), /tkn_/)
})

t.test('every connection is one of Relay, with its nodes and their number', async (t) => {
  for (const type of Object.values(buildSchema().getTypeMap())) {
    if (!isObjectType(type) || !type.name.endsWith('Connection')) continue
    const fields = Object.values(type.getFields()).map((field) => `${field.name}: ${getNamedType(field.type).name}`)
    const [node = ''] = /^\w+(?=Connection$)/.exec(type.name) ?? []
    for (const wanted of [`edges: ${node}Edge`, `nodes: ${node}`, 'pageInfo: PageInfo'])
      t.ok(fields.includes(wanted), `${type.name}.${wanted}`)
  }
  for (const name of ['Run', 'RunEvent', 'PolicyDecision', 'Ritual', 'ScaleHint', 'Approval', 'DeadLetter']) {
    const type = buildSchema().getType(`${name}Connection`)
    t.ok(isObjectType(type) && 'totalCount' in type.getFields(), `${name}Connection counts`)
  }
})

interface Locked {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly license?: string; readonly resolved?: string }>>
}

t.test('what is shipped has a permissive licence, the lock names no registry, and GraphQL exists once', async (t) => {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as Locked
  const permissive = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD', 'BlueOak-1.0.0', 'Unlicense'])
  const shipped = Object.entries(packages).filter(([, { dev }]) => dev !== true)
  t.strictSame(
    shipped.filter(([, { license }]) => license === undefined || !permissive.has(license)),
    [],
  )
  t.strictSame(
    Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined),
    [],
  )
  t.strictSame(
    shipped.map(([path]) => path).filter((path) => path.endsWith('node_modules/graphql')),
    ['node_modules/graphql'],
  )
})
