/** One step of a sample ritual; a step with a gate waits there for a decision before it is entered. */
export interface SampleStep {
  readonly state: string
  /** Typical time spent in it, in seconds. */
  readonly seconds: number
  readonly gate?: SampleGate
}

export interface SampleGate {
  readonly gateId: string
  readonly reason: string
  /** Expiry after this many seconds; none = waits for ever. */
  readonly ttlSeconds?: number
  /** Levels of its escalation, if it has one. */
  readonly levels?: number
}

export interface SampleRitual {
  readonly ritualId: string
  /** Hours between runs. */
  readonly everyHours: number
  /** Share of runs that fail, 0..1. */
  readonly failureRate: number
  readonly failures: readonly [string, ...string[]]
  readonly requester: string
  readonly capability?: { readonly name: string; readonly limit: number; readonly windowSeconds: number }
  readonly steps: readonly [SampleStep, ...SampleStep[]]
}

const step = (state: string, seconds: number, gate?: SampleGate): SampleStep =>
  gate === undefined ? { state, seconds } : { state, seconds, gate }

/** The rituals of a made-up shop that runs a payments platform. */
export const sampleRituals: readonly [SampleRitual, ...SampleRitual[]] = [
  {
    ritualId: 'release-train',
    everyHours: 24,
    failureRate: 0.05,
    failures: ['smoke test failed on eu-west', 'image not found in registry'],
    requester: 'release-bot',
    steps: [
      step('build', 420),
      step('staging', 900),
      step('production', 600, { gateId: 'go-live', reason: 'promote the build to production', ttlSeconds: 14_400, levels: 3 }),
      step('verify', 300),
    ],
  },
  {
    ritualId: 'hotfix',
    everyHours: 60,
    failureRate: 0.1,
    failures: ['patch does not apply'],
    requester: 'mira@example.com',
    steps: [
      step('build', 240),
      step('production', 180, { gateId: 'emergency-change', reason: 'customer facing fix', ttlSeconds: 3600, levels: 2 }),
      step('verify', 120),
    ],
  },
  {
    ritualId: 'rollout',
    everyHours: 12,
    failureRate: 0.08,
    failures: ['error rate above 2 % at 25 %', 'p95 above 800 ms at 50 %'],
    requester: 'deploy-bot',
    steps: [
      step('canary-5', 600),
      step('canary-25', 900),
      step('fleet', 1200, { gateId: 'widen', reason: 'canary looks healthy', ttlSeconds: 7200 }),
      step('settle', 300),
    ],
  },
  {
    ritualId: 'schema-migration',
    everyHours: 48,
    failureRate: 0.06,
    failures: ['lock timeout on table payments'],
    requester: 'dana@example.com',
    steps: [
      step('plan', 60),
      step('apply', 420, { gateId: 'dba-review', reason: 'adds an index on payments', ttlSeconds: 28_800 }),
      step('backfill', 1800),
    ],
  },
  {
    ritualId: 'secrets-rotation',
    everyHours: 72,
    failureRate: 0.03,
    failures: ['vault sealed'],
    requester: 'vault-bot',
    steps: [
      step('issue', 30),
      step('distribute', 240),
      step('revoke-old', 60, { gateId: 'revoke', reason: 'old credentials will stop working', ttlSeconds: 3600 }),
    ],
  },
  {
    ritualId: 'cert-rotation',
    everyHours: 96,
    failureRate: 0.02,
    failures: ['challenge not answered'],
    requester: 'edge-bot',
    steps: [step('request', 45), step('install', 120), step('reload', 30)],
  },
  {
    ritualId: 'nightly-import',
    everyHours: 24,
    failureRate: 0.07,
    failures: ['source file is late', '12 rows violate a foreign key'],
    requester: 'etl-bot',
    steps: [
      step('fetch', 300),
      step('load', 1500),
      step('publish', 60, { gateId: 'publish', reason: 'row count differs by more than 5 %', ttlSeconds: 10_800 }),
    ],
  },
  {
    ritualId: 'partner-sync',
    everyHours: 8,
    failureRate: 0.09,
    failures: ['partner API answered 503', 'signature mismatch'],
    requester: 'partner-bot',
    capability: { name: 'partner-api', limit: 60, windowSeconds: 3600 },
    steps: [step('pull', 180), step('reconcile', 240)],
  },
  {
    ritualId: 'backup-verify',
    everyHours: 24,
    failureRate: 0.04,
    failures: ['checksum mismatch in segment 00041'],
    requester: 'backup-bot',
    steps: [step('restore', 1200), step('compare', 600)],
  },
  {
    ritualId: 'db-failover-drill',
    everyHours: 168,
    failureRate: 0.1,
    failures: ['replica lag above 30 s'],
    requester: 'sre@example.com',
    steps: [
      step('announce', 60),
      step('switch', 90, { gateId: 'start-drill', reason: 'planned failover of payments-primary', ttlSeconds: 1800, levels: 2 }),
      step('switch-back', 120),
    ],
  },
  {
    ritualId: 'image-scan',
    everyHours: 6,
    failureRate: 0.05,
    failures: ['CVE-2026-11873 is critical'],
    requester: 'scan-bot',
    steps: [step('scan', 240), step('report', 20)],
  },
  {
    ritualId: 'edge-deploy',
    everyHours: 20,
    failureRate: 0.06,
    failures: ['2 of 48 points of presence unreachable'],
    requester: 'edge-bot',
    steps: [
      step('package', 120),
      step('ring-1', 300),
      step('ring-2', 600, { gateId: 'ring-2', reason: 'ring 1 has been quiet for 15 min', ttlSeconds: 5400 }),
    ],
  },
  {
    ritualId: 'billing-close',
    everyHours: 168,
    failureRate: 0.05,
    failures: ['ledger does not balance by 0.02'],
    requester: 'finance@example.com',
    steps: [
      step('freeze', 60),
      step('reconcile', 2400),
      step('sign-off', 30, { gateId: 'controller', reason: 'month close for entity 12', levels: 3 }),
      step('archive', 120),
    ],
  },
  {
    ritualId: 'feature-flag-sweep',
    everyHours: 36,
    failureRate: 0.02,
    failures: ['flag service answered 500'],
    requester: 'flags-bot',
    steps: [step('collect', 60), step('remove', 120)],
  },
  {
    ritualId: 'ml-retrain',
    everyHours: 48,
    failureRate: 0.12,
    failures: ['validation loss did not improve', 'out of memory on worker 3'],
    requester: 'ml-bot',
    capability: { name: 'gpu-minutes', limit: 600, windowSeconds: 86_400 },
    steps: [
      step('sample', 600),
      step('train', 5400),
      step('promote', 60, { gateId: 'model-review', reason: 'AUC 0.914 against 0.909', ttlSeconds: 43_200 }),
    ],
  },
  {
    ritualId: 'dns-cutover',
    everyHours: 200,
    failureRate: 0.05,
    failures: ['zone transfer refused'],
    requester: 'net-bot',
    steps: [
      step('lower-ttl', 30),
      step('switch', 60, { gateId: 'cutover', reason: 'api.example.com to the new balancer', ttlSeconds: 3600 }),
      step('raise-ttl', 30),
    ],
  },
  {
    ritualId: 'log-retention',
    everyHours: 24,
    failureRate: 0.01,
    failures: ['bucket policy denies delete'],
    requester: 'storage-bot',
    steps: [step('select', 60), step('delete', 900)],
  },
  {
    ritualId: 'cache-warmup',
    everyHours: 10,
    failureRate: 0.03,
    failures: ['origin is rate limiting us'],
    requester: 'edge-bot',
    steps: [step('plan', 10), step('warm', 300)],
  },
  {
    ritualId: 'tenant-onboarding',
    everyHours: 30,
    failureRate: 0.04,
    failures: ['domain is not verified'],
    requester: 'sales-bot',
    steps: [
      step('provision', 240),
      step('import', 600),
      step('enable', 20, { gateId: 'enable', reason: 'contract countersigned', ttlSeconds: 86_400 }),
    ],
  },
  {
    ritualId: 'capacity-review',
    everyHours: 84,
    failureRate: 0.02,
    failures: ['metrics are incomplete'],
    requester: 'capacity-bot',
    steps: [step('measure', 300), step('propose', 60)],
  },
  {
    ritualId: 'canary-analysis',
    everyHours: 7,
    failureRate: 0.1,
    failures: ['latency regression of 18 %'],
    requester: 'deploy-bot',
    steps: [step('observe', 900), step('judge', 30)],
  },
  {
    ritualId: 'quota-audit',
    everyHours: 24,
    failureRate: 0.01,
    failures: ['quota service timed out'],
    requester: 'wards-bot',
    capability: { name: 'echo', limit: 5, windowSeconds: 60 },
    steps: [step('count', 60), step('compare', 30)],
  },
  {
    ritualId: 'access-review',
    everyHours: 120,
    failureRate: 0.03,
    failures: ['directory sync is stale'],
    requester: 'sec@example.com',
    steps: [step('collect', 120), step('apply', 60, { gateId: 'owner', reason: 'removes 14 dormant accounts', levels: 2 })],
  },
  {
    ritualId: 'report-weekly',
    everyHours: 168,
    failureRate: 0.02,
    failures: ['template is missing a field'],
    requester: 'report-bot',
    steps: [step('query', 240), step('render', 60), step('send', 10)],
  },
]

export const people = ['lee@example.com', 'dana@example.com', 'robin@example.com', 'mira@example.com', 'noor@example.com'] as const
export const approverBots = ['qa-bot', 'change-bot'] as const

export const findSampleRitual = (ritualId: string): SampleRitual | undefined => sampleRituals.find((ritual) => ritual.ritualId === ritualId)
