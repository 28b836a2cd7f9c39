import { readPort } from '../config.ts'

// The container's HEALTHCHECK: the image has no curl. Alive is enough; whether it is ready is the platform's question (/health/ready).
const answer = await fetch(`http://127.0.0.1:${readPort()}/health/live`, { signal: AbortSignal.timeout(2_500) }).catch(() => null)
process.exitCode = answer?.ok === true ? 0 : 1
