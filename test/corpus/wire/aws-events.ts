/** The corpus' own, plain reading of an AWS event stream: https://smithy.io/2.0/aws/amazon-eventstream.html. No checksums. */

export interface AwsEvent {
  /** The `:event-type`, or the `:exception-type`. */
  readonly name: string
  readonly data: string
}

export function awsEvents(bytes: Buffer): AwsEvent[] {
  const events: AwsEvent[] = []
  for (let at = 0; at + 16 <= bytes.length; ) {
    const total = bytes.readUInt32BE(at)
    if (at + total > bytes.length) break
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4)
    const headers = headersIn(bytes.subarray(at + 12, headersEnd))
    const data = bytes.subarray(headersEnd, at + total - 4).toString('utf8')
    events.push({ name: headers.get(':event-type') ?? headers.get(':exception-type') ?? '', data })
    at += total
  }
  return events
}

/** All headers of Bedrock are texts. */
function headersIn(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    const valueStart = nameEnd + 3
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1)
    headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', valueStart, valueEnd))
    at = valueEnd
  }
  return headers
}
