/**
 * The Lua that runs inside Redis. One call of a script is one step that nothing comes between. Time is Redis's own; money is
 * whole billionths of a dollar, so that sums stay exact. `KEYS` come in the order that `keys.ts` gives them.
 */
export interface Script {
  readonly name: string
  readonly source: string
}

/** Slots of a window: more than one process needs, since a slot's length is time in which freed room is not used yet. */
export const slots = 240

/** Milliseconds that a measured latency says something, and the share of the new one in the average: as `latency.ts` has them. */
const latencyFresh = 600_000
const latencyShare = 0.3
/** Milliseconds after its end that a cooldown still asks for a first call on trial. */
const trialWithin = 600_000
/** Milliseconds after which what nobody writes any more is gone. */
const keep = 86_400_000

const prelude = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local SLOTS = ${slots}
local function int(n) return string.format('%.0f', n) end
local function names(from, to)
  local list = {}
  for s = from, to do
    list[#list + 1] = int(s) .. 'r'
    list[#list + 1] = int(s) .. 't'
  end
  return list
end
-- brings the two sums of a window up to now
local function sums(key, slotMs, values)
  local r, t, oldest = tonumber(values[1]) or 0, tonumber(values[2]) or 0, tonumber(values[3])
  local from = math.floor(now / slotMs) - SLOTS
  if oldest == nil then return r, t end
  if oldest < from then
    local list = names(oldest, math.min(from - 1, oldest + SLOTS))
    local gone = redis.call('HMGET', key, unpack(list))
    local any = false
    for i = 1, #gone, 2 do
      if gone[i] then r = r - tonumber(gone[i]); any = true end
      if gone[i + 1] then t = t - tonumber(gone[i + 1]); any = true end
    end
    if any then redis.call('HDEL', key, unpack(list)) end
    if r < 0 then r = 0 end
    if t < 0 then t = 0 end
    redis.call('HSET', key, 'R', int(r), 'T', int(t), 'O', int(from))
  end
  return r, t
end
-- adds to a slot of a window that is up to now
local function add(key, slot, r, t)
  if r ~= 0 then
    redis.call('HINCRBY', key, int(slot) .. 'r', int(r))
    redis.call('HINCRBY', key, 'R', int(r))
  end
  if t ~= 0 then
    redis.call('HINCRBY', key, int(slot) .. 't', int(t))
    redis.call('HINCRBY', key, 'T', int(t))
  end
end
local function begin(key, slotMs)
  redis.call('HSETNX', key, 'O', int(math.floor(now / slotMs) - SLOTS))
end
-- when the sums will have fallen by so much, in milliseconds
local function frees(key, slotMs, r, t)
  local slot = math.floor(now / slotMs)
  local held = redis.call('HMGET', key, unpack(names(slot - SLOTS, slot)))
  local goneR, goneT = 0, 0
  for i = 1, #held, 2 do
    goneR = goneR + (tonumber(held[i]) or 0)
    goneT = goneT + (tonumber(held[i + 1]) or 0)
    if goneR >= r and goneT >= t then
      return math.max(1, math.ceil((slot - SLOTS + (i - 1) / 2 + SLOTS + 1) * slotMs - now))
    end
  end
  return math.ceil(SLOTS * slotMs)
end
-- what a budget has spent: window.s is the length of a slot, window.e the ends of calendar periods
local function spent(key, window)
  local v = redis.call('HMGET', key, 'R', 'T', 'O', 'P', 'H')
  local held = tonumber(v[5]) or 0
  if window.s then return (sums(key, window.s, v)), held end
  if window.e then
    local period = window.e[#window.e]
    for _, e in ipairs(window.e) do if e > now then period = e break end end
    local stored = tonumber(v[4])
    if stored == nil or stored < period then
      redis.call('HSET', key, 'R', '0', 'P', int(period))
      redis.call('PEXPIRE', key, int(math.max(0, period - now) + ${keep}))
      return 0, held, period
    end
    return tonumber(v[1]) or 0, held, stored
  end
  return tonumber(v[1]) or 0, held
end
local function spend(key, window, amount, ago)
  local _, _, period = spent(key, window)
  if window.s then
    local slot = math.floor((now - ago) / window.s)
    if slot < math.floor(now / window.s) - SLOTS then return end
    begin(key, window.s)
    add(key, slot, amount, 0)
    redis.call('PEXPIRE', key, int(math.max(${keep}, 2 * SLOTS * window.s)))
  else
    redis.call('HINCRBY', key, 'R', int(amount))
  end
end
-- money that calls had set aside that never came back
local function release(key, holds)
  local dead = redis.call('ZRANGEBYSCORE', holds, '-inf', int(now))
  if #dead > 0 then
    local back = 0
    for _, member in ipairs(dead) do back = back + tonumber(string.match(member, '|(%d+)$')) end
    redis.call('ZREMRANGEBYSCORE', holds, '-inf', int(now))
    redis.call('HINCRBY', key, 'H', int(-back))
  end
  return redis.call('ZCARD', holds)
end
local function hold(key, holds, member, amount, expires)
  if redis.call('ZADD', holds, int(expires), member) == 1 then redis.call('HINCRBY', key, 'H', int(amount)) end
  redis.call('PEXPIRE', holds, ${keep})
end
local a = cjson.decode(ARGV[1])
`

/** Looks at the candidates in their order, and takes room on the first that has it. */
const reserve = `
local budgets = {}
local first = 1 + 2 * #a.c
local function budget(i)
  local known = budgets[i]
  if known then return known end
  local key, holds = KEYS[first + 2 * i + 1], KEYS[first + 2 * i + 2]
  local n = release(key, holds)
  local amount, held, period = spent(key, a.b[i + 1])
  if n == 0 and held ~= 0 then
    redis.call('HSET', key, 'H', '0')
    held = 0
  end
  known = { key = key, holds = holds, n = n, spent = amount, held = held, period = period, limit = a.b[i + 1].l }
  budgets[i] = known
  return known
end
local function fits(b, estimate, most)
  if b.spent + b.held + most <= b.limit then return true end
  return b.n == 0 and b.spent < b.limit and b.spent + estimate <= b.limit
end
local seen, chosen = {}, nil
local usage = {}
for i, c in ipairs(a.c) do
  local d, l = KEYS[2 * i], KEYS[2 * i + 1]
  local v = redis.call('HMGET', d, 'R', 'T', 'O', 'cu', 'cr', 'pu', 'lc', 'lt', 'lf', 'la')
  local r, t = sums(d, a.w, v)
  redis.call('ZREMRANGEBYSCORE', l, '-inf', int(now))
  local busy = redis.call('ZCARD', l)
  local until_ = tonumber(v[4])
  if until_ and until_ + ${trialWithin} < now then until_ = nil end
  local trial = tonumber(v[6])
  local why, short
  if until_ and until_ > now then why = 'cooldown'
  elseif until_ and trial and trial > now then why = 'probing'
  elseif c.p and busy >= c.p then why = 'parallel'
  else
    if c.b then
      for _, index in ipairs(c.b) do
        if not fits(budget(index), c.e, c.m) then why = 'budget' short = index break end
      end
    end
    if not why then
      if c.r and r + 1 > c.r then why = 'requests'
      elseif c.t and t > 0 and t + a.n > c.t then why = 'tokens' end
    end
  end
  seen[i] = { why = why, short = short, r = r, t = t }
  if not why and not chosen then
    chosen = i
    local slot = math.floor(now / a.w)
    begin(d, a.w)
    add(d, slot, 1, a.n)
    redis.call('PEXPIRE', d, ${keep})
    local expires = now + math.min(a.x, a.y)
    redis.call('ZADD', l, int(expires), a.id)
    redis.call('PEXPIRE', l, ${keep})
    if until_ then redis.call('HSET', d, 'pu', int(now + a.z), 'po', a.id) end
    if c.b then
      for _, index in ipairs(c.b) do
        local b = budget(index)
        hold(b.key, b.holds, a.id .. '|' .. int(c.m), c.m, expires)
      end
    end
    busy = busy + 1
    usage.s = slot
    usage.p = until_ and 1 or nil
  end
  local row = { r = r, t = t, f = busy }
  if until_ and until_ > now then row.cl = until_ - now row.cr = v[5] or '' end
  if until_ and until_ <= now then row.h = 1 end
  if v[10] and now - tonumber(v[10]) <= ${latencyFresh} then
    row.lc, row.lt, row.lf = tonumber(v[7]) or nil, tonumber(v[8]) or nil, tonumber(v[9]) or nil
  end
  seen[i].row = row
end
local rows, reasons = {}, {}
for i, s in ipairs(seen) do
  rows[i] = s.row
  if not chosen then
    local reason = { k = s.why }
    local c = a.c[i]
    if s.why == 'cooldown' then reason.w = s.row.cl
    elseif s.why == 'requests' then reason.w = frees(KEYS[2 * i], a.w, s.r + 1 - c.r, 0)
    elseif s.why == 'tokens' then reason.w = frees(KEYS[2 * i], a.w, 0, math.min(s.t, s.t + a.n - c.t))
    elseif s.why == 'budget' then
      local b = budget(s.short)
      reason.b, reason.s, reason.h = s.short, b.spent, b.held
      local window = a.b[s.short + 1]
      if b.held == 0 and b.spent > 0 then
        if window.s then reason.w = frees(b.key, window.s, math.min(b.spent, b.spent + c.e - b.limit), 0)
        elseif b.period then reason.w = b.period - now end
      end
    end
    reasons[i] = reason
  end
end
local money = {}
for i, b in pairs(budgets) do money[#money + 1] = { i = i, s = b.spent, h = b.held } end
usage.i = chosen
usage.now = now
usage.n = redis.call('ZCOUNT', KEYS[1], int(now), '+inf')
usage.u = rows
if not chosen then usage.w = reasons end
if #money > 0 then usage.b = money end
return cjson.encode(usage)
`

/** Gives room back, once, and corrects the estimates. */
const settle = `
local d, l, done = KEYS[1], KEYS[2], KEYS[3]
local there = redis.call('ZREM', l, a.id) == 1
if a.h then
  if not redis.call('SET', done, '1', 'NX', 'PX', 600000) then return 0 end
elseif a.again and not there then
  return 0
end
if a.n ~= 0 or a.q ~= 0 then
  local held = redis.call('HMGET', d, int(a.s) .. 'r', 'O')
  if held[1] and held[2] and a.s >= tonumber(held[2]) then add(d, a.s, a.q, a.n) end
end
if a.h then
  for i, h in ipairs(a.h) do
    local key, holds = KEYS[2 + 2 * i], KEYS[3 + 2 * i]
    if redis.call('ZREM', holds, a.id .. '|' .. int(h.m)) == 1 then redis.call('HINCRBY', key, 'H', int(-h.m)) end
    if a.cost > 0 then spend(key, h, a.cost, a.ago or 0) end
  end
end
if a.lc then
  local v = redis.call('HMGET', d, 'lc', 'lt', 'lf', 'la')
  local fresh = v[4] and now - tonumber(v[4]) <= ${latencyFresh}
  local function average(old, value)
    if not (fresh and old) then return value end
    return tonumber(old) + ${latencyShare} * (value - tonumber(old))
  end
  if v[4] and not fresh then redis.call('HDEL', d, 'lc', 'lt', 'lf') end
  redis.call('HSET', d, 'lc', tostring(average(v[1], a.lc)), 'la', int(now))
  if a.lt then redis.call('HSET', d, 'lt', tostring(average(v[2], a.lt))) end
  if a.lf then redis.call('HSET', d, 'lf', tostring(average(v[3], a.lf))) end
  redis.call('PEXPIRE', d, ${keep})
end
if a.p and redis.call('HGET', d, 'po') == a.id then
  redis.call('HDEL', d, 'po', 'pu')
  if a.lc then redis.call('HDEL', d, 'cu', 'cr') end
end
return 1
`

const cooldown = `
local d = KEYS[1]
local until_ = tonumber(redis.call('HGET', d, 'cu'))
redis.call('HDEL', d, 'pu', 'po')
if until_ and until_ >= now + a.ms then return 0 end
redis.call('HSET', d, 'cu', int(now + a.ms), 'cr', a.reason)
redis.call('PEXPIRE', d, int(a.ms + ${keep}))
return 1
`

const recovered = `
return redis.call('HDEL', KEYS[1], 'cu', 'cr', 'pu', 'po')
`

/** Says that the process lives, and prolongs its leases. What Redis had forgotten of them is there again. */
const beat = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(now))
redis.call('ZADD', KEYS[1], int(now + a.ttl), a.process)
redis.call('PEXPIRE', KEYS[1], int(a.ttl * 2))
redis.call('SET', KEYS[2], a.process .. int(now), 'NX')
for _, lease in ipairs(a.leases or {}) do
  local expires = now + math.min(a.ttl, lease.left)
  redis.call('ZADD', KEYS[lease.k], int(expires), lease.id)
  redis.call('PEXPIRE', KEYS[lease.k], ${keep})
  for _, h in ipairs(lease.h or {}) do hold(KEYS[h.k], KEYS[h.k + 1], lease.id .. '|' .. int(h.m), h.m, expires) end
end
return cjson.encode({ now = now, n = redis.call('ZCARD', KEYS[1]), born = redis.call('GET', KEYS[2]) })
`

const leave = `
return redis.call('ZREM', KEYS[1], a.process)
`

/** Counts what a process had to decide by itself. */
const push = `
if a.d then
  local d = KEYS[1]
  sums(d, a.w, redis.call('HMGET', d, 'R', 'T', 'O'))
  begin(d, a.w)
  local oldest = math.floor(now / a.w) - SLOTS
  for _, e in ipairs(a.d) do
    local slot = math.floor((now - e[1]) / a.w)
    if slot >= oldest then add(d, slot, e[2], e[3]) end
  end
  redis.call('PEXPIRE', d, ${keep})
else
  for _, e in ipairs(a.x) do spend(KEYS[1], a, e[2], e[1]) end
end
return 1
`

const script = (name: string, body: string): Script => ({ name, source: `${prelude}${body}` })

export const scripts = {
  reserve: script('reserve', reserve),
  settle: script('settle', settle),
  cooldown: script('cooldown', cooldown),
  recovered: script('recovered', recovered),
  beat: script('beat', beat),
  leave: script('leave', leave),
  push: script('push', push),
} as const
