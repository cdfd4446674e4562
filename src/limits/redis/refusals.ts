import { BadRequestError } from '../../errors.js'

const rights = '~{llmux:* +evalsha +eval +time +@hash +@sortedset +@keyspace +hello +client +ping'

/** Answers of a server that no waiting changes, and the way out of each. */
const configurationErrors: readonly (readonly [RegExp, (maker: string) => string])[] = [
  [
    /^(MOVED|ASK) /,
    () =>
      "the server is one node of a Redis Cluster and refers to another. Pass a connected client of createCluster() as 'client' instead of a 'url'.",
  ],
  [/^NOPERM/, () => `its user may not run the scripts. Grant at least: ${rights}.`],
  [
    /^(NOAUTH|WRONGPASS)|^ERR (AUTH|invalid password)/,
    () => "it does not accept the credentials. Check user and password in 'url'.",
  ],
  [
    /unknown command/i,
    (maker) => `it has no Lua scripts. ${maker}() needs Redis 5 or later, or Valkey, with EVAL enabled.`,
  ],
  [/^ERR (DB index|invalid DB)/i, () => "it does not have this database. Check the number at the end of 'url'."],
]

/** The error for an answer that means a wrong configuration; `undefined` for failures that may pass. */
export function configurationError(error: unknown, maker: string): BadRequestError | undefined {
  if (error instanceof BadRequestError) return error
  if (!(error instanceof Error)) return undefined
  const { message } = error
  const found = configurationErrors.find(([pattern]) => pattern.test(message))
  if (!found) return undefined
  return new BadRequestError(`Redis refuses ${maker}() with '${message.slice(0, 200)}': ${found[1](maker)}`, {
    param: 'state',
    cause: error,
  })
}

/** Whether the keys of one command are being moved between two nodes of a Cluster: commands with a single key still work. */
export const isSlotMoving = (error: unknown): boolean => error instanceof Error && error.message.startsWith('TRYAGAIN')

/** Whether the server itself answered with an error, and so changed nothing. */
export const isReply = (error: unknown): boolean => error instanceof Error && /^[A-Z]{3,}\b/.test(error.message)
