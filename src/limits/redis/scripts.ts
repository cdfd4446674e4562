import { account } from './lua/account.js'
import { report } from './lua/report.js'
import { reserve } from './lua/reserve.js'

export { keepMs, slots } from './lua/account.js'

/** A script with its name. */
export interface Script {
  readonly name: string
  readonly source: string
}

/** Reads accounts. */
const usage = `
local rows = {}
for i, s in ipairs(a.A) do
  local x = open(KEYS[i], s)
  rows[i] = row(x)
  flush(x)
end
return cjson.encode({ now = raw, u = rows })
`

/** Registers the process; \`f\` means that the server has forgotten it. */
const beat = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(raw))
local new = redis.call('ZADD', KEYS[1], int(raw + a.ttl), a.process)
redis.call('PEXPIRE', KEYS[1], int(a.ttl * 2))
return cjson.encode({ now = raw, n = redis.call('ZCARD', KEYS[1]), f = (new == 1 and a.known) and 1 or nil })
`

const leave = `
return redis.call('ZREM', KEYS[1], a.process)
`

const script = (name: string, body: string): Script => ({ name, source: `${account}${body}` })

export const scripts = {
  reserve: script('reserve', reserve),
  report: script('report', report),
  usage: script('usage', usage),
  beat: script('beat', beat),
  leave: script('leave', leave),
} as const
