import { buildSchema, execute, parse } from 'graphql'

// Loaded into a process: at SIGUSR2 graphql-js leaves a rejection there that nobody handles, as operations may make it.
const schema = buildSchema('type Query {list: [Item!]} type Item {value: Int!}')
const later = { value: () => new Promise((_, fail) => setImmediate(() => fail(new Error('late')))) }
process.on('SIGUSR2', () => {
  const answer = execute({ schema, document: parse('{list {value}}'), rootValue: { list: [later, { value: null }] } })
  console.log('answered', JSON.stringify(answer))
})
console.log('the rejection waits')
