import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type FastifyInstance } from 'fastify'

const gzipped = promisify(gzip)
const brotlied = promisify(brotliCompress)

/** Below this an answer fits into one packet, compressed or not. */
const worthFrom = 1400
/** Beyond this the time costs more than the bytes save: gzip at its fastest then. */
const cheapFrom = 256 * 1024

type Encoding = 'br' | 'gzip'

/** What suits an answer of this length, of what the client takes; null = it is sent as it is. */
export function encodingFor(header: string | string[] | undefined, length: number): Encoding | null {
  if (typeof header !== 'string' || header === '') return null
  const qualities = new Map<string, number>()
  for (const part of header.slice(0, 512).toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    qualities.set(name, quality === undefined ? 1 : Number(quality) || 0)
  }
  const qualityOf = (name: string): number => qualities.get(name) ?? qualities.get('*') ?? 0
  const [br, zipped] = [qualityOf('br'), qualityOf('gzip')]
  if (br > 0 && br >= zipped && (length < cheapFrom || zipped === 0)) return 'br'
  return zipped > 0 ? 'gzip' : null
}

const compress = (text: string | Buffer, encoding: Encoding): Promise<Buffer> => {
  const cheap = text.length >= cheapFrom
  if (encoding === 'gzip') return gzipped(text, { level: cheap ? 1 : 6 })
  return brotlied(text, { params: { [constants.BROTLI_PARAM_QUALITY]: cheap ? 1 : 4 } })
}

const isText = (type: unknown): boolean => typeof type === 'string' && /^(application\/(graphql-response\+)?json|text\/)/.test(type)

/**
 * Compresses whole answers of text, on a thread of the pool, where that saves packets. Streams are left alone: what is held back to be compressed
 * is late. Answers with cookies beside secrets are none of ours, so length tells nothing worth having.
 */
export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload: unknown, done) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return done(null, payload)
    if (payload.length < worthFrom || reply.hasHeader('content-encoding') || !isText(reply.getHeader('content-type')))
      return done(null, payload)
    reply.header('vary', [reply.getHeader('vary'), 'accept-encoding'].filter((name) => name !== undefined).join(', '))
    const encoding = encodingFor(request.headers['accept-encoding'], payload.length)
    if (encoding === null) return done(null, payload)
    compress(payload, encoding).then((smaller) => {
      reply.header('content-encoding', encoding).removeHeader('content-length')
      done(null, smaller)
    }, done)
  })
}
