/**
 * The text of a neighbour's answer, read no further than we are ready to hold: what it says of its length may be untrue, and what it sends may have
 * been compressed.
 * @throws Error when it is longer; the rest is not fetched
 */
export async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}
