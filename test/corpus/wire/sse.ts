/** The corpus' own, plain way to cut a recorded stream into events. It shares no code with the library. */

export interface Event {
  readonly name: string | undefined
  readonly data: string
}

export function splitEvents(stream: string): Event[] {
  const events: Event[] = []
  for (const block of stream.split(/\r?\n\r?\n/)) {
    let name: string | undefined
    const data: string[] = []
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
      else if (line.startsWith('event:')) name = line.slice(6).trim()
    }
    if (data.length > 0) events.push({ name, data: data.join('\n') })
  }
  return events
}
