import t from 'tap'
import { auditServer } from 'graphql-http'
import { fixtureApp } from './support/fixture-app.ts'

t.test('all 61 audits of GraphQL over HTTP pass', async (t) => {
  const { app } = await fixtureApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const results = await auditServer({ url: `${url}/graphql` })
  t.equal(results.length, 61)
  for (const result of results) t.equal(result.status, 'ok', `${result.id} ${result.name} ${'reason' in result ? result.reason : ''}`)
})
