import { isFinal, resultText } from '../operation/result-text.ts'
import { type Framing, sharedFrames } from './stream-framing.ts'

const boundary = 'graphql'
// a part counts as received when the next boundary is there, so it goes out with the part
const part = (json: string): string => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--${boundary}`

const restarting = {
  payload: null,
  errors: [{ message: 'The server restarts: resume after the last cursor.', extensions: { code: 'SOURCE_UNAVAILABLE', retryable: true } }],
}

/** Multipart subscriptions as Apollo's clients read them (platform 4.3): why a stream ended stands beside `payload`, results inside. */
export const multipartFraming: Framing = {
  contentType: `multipart/mixed;boundary="${boundary}";subscriptionSpec=1.0`,
  open: `--${boundary}`,
  heartbeat: part('{}'),
  next: sharedFrames((result) => {
    if (!isFinal(result)) return part(`{"payload":${resultText(result)}}`)
    return part(
      JSON.stringify({
        payload: null,
        errors: result.errors,
        ...(result.extensions === undefined ? {} : { extensions: result.extensions }),
      }),
    )
  }),
  complete: '--\r\n',
  restart: `${part(JSON.stringify(restarting))}--\r\n`,
}
