/** What XML 1.0 can hold: all of Unicode but most control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const unfit = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Text inside XML, in an attribute too; what XML cannot hold at all becomes U+FFFD, and what readers of attributes would change is spelled out. */
export const xml = (text: string): string =>
  text.replace(unfit, '\ufffd').replace(/[&<>"'\t\n\r]/g, (found) => named[found] ?? `&#${found.charCodeAt(0)};`)

/** JSON text with everything escaped that XML cannot hold: the same JSON. */
export const jsonInXml = (json: string): string => json.replace(unfit, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)

const MARK = '#json:'

/** Text that XML cannot hold as it is, as JSON behind a mark: two ids never become one. */
export const exactly = (text: string): string =>
  text.search(unfit) < 0 && !text.startsWith(MARK) ? text : `${MARK}${jsonInXml(JSON.stringify(text))}`

/** What `exactly` was given; text of others as it is. */
export function exactlyRead(text: string): string {
  if (!text.startsWith(MARK)) return text
  try {
    const value: unknown = JSON.parse(text.slice(MARK.length))
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}

export type XmlToken =
  | { readonly kind: 'OPEN'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'CLOSE'; readonly name: string }
  | { readonly kind: 'TEXT'; readonly text: string }

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const plain = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,10}));/g, (found, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? found
    const code = decimal === undefined ? parseInt(hex ?? '0', 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })

const NAME = /[^\s/>=<"']+/y
const SPACE = /\s*/y

/**
 * Reads XML from its beginning to its end, once: elements and text, comments left out. No document types, no entities of its own.
 * @throws SyntaxError for what is no XML, as far as that can be told without a document type
 */
export function* readXml(text: string): Generator<XmlToken, void> {
  let at = 0
  const fail = (): never => {
    throw new SyntaxError(`unexpected input at ${at}`)
  }
  /** Goes behind the next `end`; gives what stands before it. */
  const until = (end: string): string => {
    const found = text.indexOf(end, at)
    if (found < 0) return fail()
    const before = text.slice(at, found)
    at = found + end.length
    return before
  }
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? fail()
    at += found.length
    return found
  }
  // A prefix says whose name it is: here it is that of GraphML.
  const local = (name: string): string => name.slice(name.indexOf(':') + 1)
  const attribute = (): [string, string] => {
    const name = take(NAME)
    take(SPACE)
    if (text[at] !== '=') fail()
    at += 1
    take(SPACE)
    const quote = text[at]
    if (quote !== '"' && quote !== "'") return fail()
    at += 1
    return [name, plain(until(quote))]
  }
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = text.indexOf('<', at)
      const found = text.slice(at, end < 0 ? text.length : end)
      at += found.length
      yield { kind: 'TEXT', text: plain(found) }
    } else if (text.startsWith('<!--', at)) until('-->')
    else if (text.startsWith('<![CDATA[', at)) {
      at += 9
      yield { kind: 'TEXT', text: until(']]>') }
    } else if (text.startsWith('<?', at)) until('?>')
    else if (text.startsWith('</', at)) {
      at += 2
      yield { kind: 'CLOSE', name: local(until('>').trim()) }
    } else {
      at += 1
      // `<!` begins a document type: no name does.
      if (text[at] === '!') fail()
      const name = local(take(NAME))
      const attributes = new Map<string, string>()
      for (take(SPACE); text[at] !== '>' && text[at] !== '/'; take(SPACE)) attributes.set(...attribute())
      const isEmpty = text[at] === '/'
      until('>')
      yield { kind: 'OPEN', name, attributes }
      if (isEmpty) yield { kind: 'CLOSE', name }
    }
  }
}
