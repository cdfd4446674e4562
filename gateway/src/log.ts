/** Receives the gateway's own messages. They never hold a credential. */
export interface Log {
  /** Normal events, such as a reload. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Trouble that the gateway works around. */
  warn(message: string): void
  /** Failures that an operator must see. */
  error(message: string): void
}

/** Discards all messages. */
export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** One JSON object a line on standard error. */
export function jsonLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const at = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
