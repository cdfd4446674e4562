/** Receives the gateway's own messages. They never hold a credential. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** One JSON object a line on standard error. */
export function jsonLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const at = (level: string) => (message: string) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`)
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
