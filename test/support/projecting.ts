import { type ProjectionLogger } from '../../src/projections/projector.ts'

/** A logger for tests in which outages are the point. */
export const silent: ProjectionLogger = { info: () => undefined, warn: () => undefined, error: () => undefined }
