import { test } from 'tap'
import { stormOfFaults } from '../support/stream-faults.ts'

const seed = Number(process.env['FAULT_SEED'] ?? 1)
const rounds = Number(process.env['FAULT_ROUNDS'] ?? 20)

test(`${rounds} kills while 1,000 events/s are written and 200 readers follow (seed ${seed})`, { timeout: 0 }, (t) =>
  stormOfFaults(t, { rounds, seed, readers: 200, eventsPerSecond: 1000, restlessMs: 5000 }),
)
