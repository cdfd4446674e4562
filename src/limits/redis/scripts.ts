import { latencyFresh, latencyShare, trialWithin } from '../health.js'

/**
 * The Lua that runs inside Redis. One script is one atomic step. An account is one hash, so that it is complete or missing: it can't
 * lose a part to eviction, to a TTL or to a slot that moves. Amounts of money are integers of 10⁻⁹ US dollars.
 *
 * Fields of the hash:
 * - `E` epoch: changes when the account is created again. `N` highest time seen, `Z` offset of its time to the server's.
 * - `R T I U` requests, tokens, input and output tokens in the window; `<slot>r` … one slot of it; `O` its oldest slot, `P` its period.
 * - `C` money spent; `<slot>c`, `D`, `B` likewise. `?` the part of the sums whose process is not known.
 * - `L:<id>` a call in flight: `expires|slot|tokens|input|output|money`. `n` their number, `H` their money, `X` the next expiry.
 * - `M:<member>` everything that one process has settled here: `version|time|requests|tokens|input|output|money`. Reports set it.
 * - `cu cr` end and reason of a cooldown, `pu po` end and id of the trial call; `lc lt lf la` latency; `w` processes with waiting calls.
 */
export interface Script {
  readonly name: string
  readonly source: string
}

/** Slots of a window. Capacity returns one slot late at most. */
export const slots = 240

/** An unused account and a silent member are forgotten after this time in milliseconds. */
export const keepMs = 86_400_000

/** How long a waiting process keeps its place without asking again, in milliseconds. */
const placeMs = 250

const prelude = `
local clock = redis.call('TIME')
local a = cjson.decode(ARGV[1])
local raw = clock[1] * 1000 + math.floor(clock[2] / 1000) + (a.dt or 0)
local SLOTS = ${slots}
local SUMS = { r = 'R', t = 'T', i = 'I', o = 'U', c = 'C' }
local RATES = { 'r', 't', 'i', 'o' }
local FIELDS = { 'E', 'N', 'Z', 'R', 'T', 'I', 'U', 'O', 'P', 'C', 'D', 'B', 'n', 'H', 'X', 'w', '?',
  'cu', 'cr', 'pu', 'po', 'lc', 'lt', 'lf', 'la' }
local function int(n) return string.format('%.0f', n) end
local function split(text)
  local list = {}
  for part in string.gmatch(text, '[^|]+') do list[#list + 1] = tonumber(part) or part end
  return list
end
local function open(key, s)
  local names = {}
  for k, field in ipairs(FIELDS) do names[k] = field end
  names[#names + 1] = 'M:' .. s.m
  local v = redis.call('HMGET', key, unpack(names))
  local x = { key = key, s = s, set = {}, sum = {} }
  for k, field in ipairs(FIELDS) do x[field] = v[k] or nil end
  x.member = v[#names] and split(v[#names]) or nil
  -- the time of an account never goes back: it continues from the highest time seen
  local offset, seen = tonumber(x.Z) or 0, tonumber(x.N)
  x.now = raw + offset
  if seen and seen > x.now then
    x.set.Z = int(offset + seen - x.now)
    x.now = seen
  end
  for letter, field in pairs(SUMS) do x.sum[letter] = tonumber(x[field]) or 0 end
  x.count, x.held = tonumber(x.n) or 0, tonumber(x.H) or 0
  local letters = {}
  for letter in string.gmatch(s.q, '.') do letters[#letters + 1] = letter end
  x.rates = { letters = letters, slot = s.w, ends = s.we, oldest = 'O', period = 'P' }
  x.money = { letters = s.b and { 'c' } or {}, slot = s.s, ends = s.se, oldest = 'D', period = 'B' }
  return x
end
local function put(x, letter, n)
  x.sum[letter] = n
  x.set[SUMS[letter]] = int(n)
end
-- brings the sums of a window up to now
local function advance(x, w)
  if w.at or #w.letters == 0 then return end
  if w.slot then
    w.at = math.floor(x.now / w.slot)
    local from, oldest = w.at - SLOTS, tonumber(x[w.oldest])
    if oldest and oldest < from then
      local list, width = {}, #w.letters
      for slot = oldest, math.min(from - 1, oldest + SLOTS) do
        for _, letter in ipairs(w.letters) do list[#list + 1] = int(slot) .. letter end
      end
      local any = false
      for k, value in ipairs(redis.call('HMGET', x.key, unpack(list))) do
        if value then
          local letter = w.letters[(k - 1) % width + 1]
          put(x, letter, x.sum[letter] - tonumber(value))
          any = true
        end
      end
      if any then redis.call('HDEL', x.key, unpack(list)) end
      x[w.oldest] = from
      x.set[w.oldest] = int(from)
    end
  elseif w.ends then
    w.at = w.ends[#w.ends]
    for _, e in ipairs(w.ends) do if e > raw then w.at = e break end end
    local stored = tonumber(x[w.period])
    if stored and stored >= w.at then w.at = stored
    else
      for _, letter in ipairs(w.letters) do put(x, letter, 0) end
      x.set[w.period] = int(w.at)
    end
  else w.at = 0 end
end
-- adds to one slot of a window that is up to now; returns whether the slot still counts
local function add(x, w, slot, amounts)
  if #w.letters == 0 then return false end
  if w.slot then
    if slot < w.at - SLOTS or slot > w.at then return false end
    if not x[w.oldest] then
      x[w.oldest] = w.at - SLOTS
      x.set[w.oldest] = int(w.at - SLOTS)
    end
  elseif slot ~= w.at then return false end
  for _, letter in ipairs(w.letters) do
    local n = amounts[letter] or 0
    if n ~= 0 then
      if w.slot then redis.call('HINCRBY', x.key, int(slot) .. letter, int(n)) end
      put(x, letter, x.sum[letter] + n)
    end
  end
  return true
end
local function slotOf(x, w, ago)
  return w.slot and math.floor((x.now - ago) / w.slot) or w.at
end
-- milliseconds until a sum has fallen by this amount
local function frees(x, w, letter, amount)
  if not w.slot then return w.ends and w.at - raw or nil end
  local list = {}
  for slot = w.at - SLOTS, w.at do list[#list + 1] = int(slot) .. letter end
  local gone = 0
  for k, value in ipairs(redis.call('HMGET', x.key, unpack(list))) do
    gone = gone + (tonumber(value or 0) or 0)
    if gone >= amount then return math.max(1, math.ceil((w.at - SLOTS + k + SLOTS) * w.slot - x.now)) end
  end
  return math.ceil(SLOTS * w.slot)
end
-- ends the calls whose process stayed silent, and forgets members that stayed silent for long
local function sweep(x)
  local due = tonumber(x.X)
  if not due or due > x.now then return end
  local all = redis.call('HGETALL', x.key)
  local count, held, nextDue, gone = 0, 0, nil, {}
  for k = 1, #all, 2 do
    local kind = string.sub(all[k], 1, 2)
    if kind == 'L:' then
      local lease = split(all[k + 1])
      if lease[1] <= x.now then gone[#gone + 1] = all[k]
      else
        count, held = count + 1, held + lease[6]
        if not nextDue or lease[1] < nextDue then nextDue = lease[1] end
      end
    elseif kind == 'M:' and split(all[k + 1])[2] < x.now - ${2 * keepMs} then gone[#gone + 1] = all[k] end
  end
  for from = 1, #gone, 1000 do redis.call('HDEL', x.key, unpack(gone, from, math.min(from + 999, #gone))) end
  x.count, x.held, x.X = count, held, nextDue
  x.set.n, x.set.H = int(count), int(held)
  if nextDue then x.set.X = int(nextDue) else redis.call('HDEL', x.key, 'X') end
end
local function ready(x)
  if x.ready then return end
  x.ready = true
  sweep(x)
  advance(x, x.rates)
  advance(x, x.money)
end
local function lease(x, id, expires, slot, n, money)
  x.set['L:' .. id] = table.concat({ int(expires), int(slot or 0), int(n.t), int(n.i), int(n.o), int(money) }, '|')
  local due = tonumber(x.X)
  if not due or expires < due then
    x.X = expires
    x.set.X = int(expires)
  end
end
local function took(x, calls, money)
  x.count, x.held = x.count + calls, x.held + money
  x.set.n, x.set.H = int(x.count), int(x.held)
end
local function row(x)
  ready(x)
  local r = { r = x.sum.r, t = x.sum.t, f = x.count }
  if #x.rates.letters > 2 then r.i, r.o = x.sum.i, x.sum.o end
  if x.s.b then r.c, r.h = x.sum.c, x.held end
  return r
end
local function flush(x)
  if next(x.set) == nil then return end
  if x.now > (tonumber(x.N) or 0) then x.set.N = int(x.now) end
  local list = {}
  for field, value in pairs(x.set) do
    list[#list + 1] = field
    list[#list + 1] = value
  end
  redis.call('HSET', x.key, unpack(list))
  if x.s.k then redis.call('PEXPIRE', x.key, int(x.s.k)) end
end
`

/** Takes capacity on all accounts of the first candidate that has it, or reports accounts that this server does not know. */
const reserve = `
local X, unknown = {}, {}
for i, s in ipairs(a.A) do
  local x = open(KEYS[i], s)
  X[i] = x
  if not x.E then
    if s.e ~= '' or s.g then unknown[#unknown + 1] = i
    else
      x.E = a.id
      x.set.E = a.id
    end
  elseif (s.e ~= '' and s.e ~= x.E) or (s.v or 0) > (x.member and x.member[1] or 0) then unknown[#unknown + 1] = i end
end
if #unknown > 0 then return cjson.encode({ now = raw, k = unknown }) end
for _, x in ipairs(X) do ready(x) end
local function places(x, mine)
  local others, ahead = {}, 0
  for process, since, expires in string.gmatch(x.w or '', '([^,;]+),(%d+),(%d+)') do
    if process ~= a.p and tonumber(expires) > x.now then
      others[#others + 1] = process .. ',' .. since .. ',' .. expires
      if tonumber(since) < mine then ahead = ahead + 1 end
    end
  end
  return others, ahead
end
local function ahead(x)
  if not x.w then return 0 end
  local _, n = places(x, x.now - (a.q or 0))
  return n
end
local function wait(x, on)
  if (x.w or '') == '' and not on then return end
  local list = places(x, 0)
  if on then list[#list + 1] = a.p .. ',' .. int(x.now - a.q) .. ',' .. int(x.now + ${placeMs}) end
  x.w = table.concat(list, ';')
  x.set.w = x.w
end
local function fits(x, c)
  local used = x.sum.c + x.held
  if used + c.m <= x.s.l then return true end
  return x.count == 0 and x.sum.c < x.s.l and x.sum.c + c.e <= x.s.l
end
local function over(limit, used, needed) return limit and used > 0 and used + needed > limit end
local n = { r = 1, t = a.n[1], i = a.n[2], o = a.n[3] }
local function refusal(c)
  for _, at in ipairs(c.a) do
    local x = X[at]
    if x.s.p and x.count + ahead(x) >= x.s.p then return 'parallel', at end
  end
  for _, at in ipairs(c.a) do if X[at].s.b and not fits(X[at], c) then return 'budget', at end end
  for _, at in ipairs(c.a) do
    local x = X[at]
    if x.s.r and x.sum.r + 1 > x.s.r then return 'requests', at end
  end
  for _, at in ipairs(c.a) do
    local x = X[at]
    if over(x.s.t, x.sum.t, n.t) or over(x.s.i, x.sum.i, n.i) or over(x.s.o, x.sum.o, n.o) then return 'tokens', at end
  end
end
local function waits(why, x, c)
  if why == 'requests' then return frees(x, x.rates, 'r', x.sum.r + 1 - x.s.r) end
  if why == 'budget' then
    if x.held > 0 or x.sum.c <= 0 then return nil end
    return frees(x, x.money, 'c', math.min(x.sum.c, x.sum.c + c.e - x.s.l))
  end
  local longest
  for _, letter in ipairs({ 't', 'i', 'o' }) do
    local limit = x.s[letter]
    if over(limit, x.sum[letter], n[letter]) then
      local ms = frees(x, x.rates, letter, math.min(x.sum[letter], x.sum[letter] + n[letter] - limit))
      if ms and (not longest or ms > longest) then longest = ms end
    end
  end
  return longest
end
local rows, reasons, chosen, trial = {}, {}, nil, nil
for i, x in ipairs(X) do rows[i] = row(x) end
for i, c in ipairs(a.c) do
  local first = X[c.a[1]]
  local until_, why, at = tonumber(first.cu), nil, nil
  if until_ and until_ + ${trialWithin} < first.now then until_ = nil end
  if until_ and until_ > first.now then
    why = 'cooldown'
    rows[c.a[1]].cl, rows[c.a[1]].cr = until_ - first.now, first.cr or ''
  elseif until_ then
    rows[c.a[1]].hp = 1
    if (tonumber(first.pu) or 0) > first.now then why = 'probing' end
  end
  if first.la and first.now - tonumber(first.la) <= ${latencyFresh} then
    local shown = rows[c.a[1]]
    shown.lc, shown.lt, shown.lf = tonumber(first.lc), tonumber(first.lt), tonumber(first.lf)
  end
  if not chosen then
    if not why then why, at = refusal(c) end
    if why then
      reasons[i] = { k = why, a = at, w = at and why ~= 'parallel' and waits(why, X[at], c) or nil }
      if why == 'parallel' and a.q then wait(X[at], true) end
    else
      chosen = i
      for _, at in ipairs(c.a) do
        local x = X[at]
        local money = x.s.b and math.min(c.m, x.s.l) or 0
        add(x, x.rates, x.rates.at, n)
        lease(x, a.id, x.now + math.min(a.x, a.y), x.rates.at, n, money)
        took(x, 1, money)
        rows[at].f = x.count
        wait(x, false)
      end
      if until_ then
        first.set.pu, first.set.po = int(first.now + a.z), a.id
        trial = 1
      end
    end
  end
end
local epochs = {}
for i, x in ipairs(X) do
  flush(x)
  if x.s.e ~= x.E then epochs[#epochs + 1] = { i, x.E } end
end
local slot = chosen and X[a.c[chosen].a[1]].rates.at or nil
return cjson.encode({ now = raw, i = chosen, s = slot, u = rows, w = not chosen and reasons or nil, h = trial,
  e = #epochs > 0 and epochs or nil })
`

/**
 * Sets what one process has settled on its accounts in all, ends and renews its calls, and creates accounts that were lost. Reports
 * carry totals, so a repeated, late or lost one changes nothing in the end.
 */
const report = `
local unknown, epochs = {}, {}
for i, s in ipairs(a.A) do
  local x = open(KEYS[i], s)
  local m = x.member
  local known = x.E and (s.e == '' or s.e == x.E) and (m and m[1] or 0) >= (s.v or 0)
  if s.T and not known and not s.j then unknown[#unknown + 1] = i
  elseif s.T then
    ready(x)
    local hidden, created
    if not x.E then
      created = true
      x.E = s.ne
      x.set.E = s.ne
      if s.ob then
        local slot, period = slotOf(x, x.rates, s.ob[1]), slotOf(x, x.money, s.ob[1])
        hidden = { slot or 0, period or 0, s.ob[2], s.ob[3], s.ob[4], s.ob[5], s.ob[6] }
        if not add(x, x.rates, slot or 0, { r = hidden[3], t = hidden[4], i = hidden[5], o = hidden[6] }) then
          for k = 3, 6 do hidden[k] = 0 end
        end
        if not add(x, x.money, period or 0, { c = hidden[7] }) then hidden[7] = 0 end
      end
    elseif x['?'] then hidden = split(x['?']) end
    local cover, gone = { r = 0, t = 0, i = 0, o = 0 }, {}
    for _, l in ipairs(s.L or {}) do
      local text = redis.call('HGET', x.key, 'L:' .. l[1])
      if text then
        local held = split(text)
        gone[#gone + 1] = 'L:' .. l[1]
        took(x, -1, -held[6])
        add(x, x.rates, held[2], { r = l[2] - 1, t = l[3] - held[3], i = l[4] - held[4], o = l[5] - held[5] })
        for k, letter in ipairs(RATES) do cover[letter] = cover[letter] + l[k + 1] end
      end
      if x.po == l[1] then
        gone[#gone + 1] = 'po'
        gone[#gone + 1] = 'pu'
        if s.lat then
          gone[#gone + 1] = 'cu'
          gone[#gone + 1] = 'cr'
        end
      end
    end
    if #gone > 0 then redis.call('HDEL', x.key, unpack(gone)) end
    local total, extra = {}, {}
    for k, letter in ipairs({ 'r', 't', 'i', 'o', 'c' }) do
      local stored = m and m[k + 2] or 0
      total[letter] = math.max(s.T[k], stored)
      extra[letter] = total[letter] - stored - (cover[letter] or 0)
    end
    local joined = { r = 0, t = 0, i = 0, o = 0, c = 0 }
    local function place(w, entries)
      for _, entry in ipairs(entries) do
        local part, any = {}, false
        for k, letter in ipairs(w.letters) do
          part[letter] = math.max(0, math.min(extra[letter], entry[k + 1]))
          any = any or part[letter] > 0
        end
        if any and add(x, w, slotOf(x, w, entry[1]), part) then
          for _, letter in ipairs(w.letters) do
            extra[letter] = extra[letter] - part[letter]
            joined[letter] = joined[letter] + part[letter]
          end
        end
      end
      -- the rest has left the window
      for _, letter in ipairs(w.letters) do extra[letter] = math.min(0, extra[letter]) end
    end
    if s.j then
      place(x.rates, s.j)
      place(x.money, s.jc or {})
    end
    add(x, x.rates, x.rates.at, extra)
    add(x, x.money, x.money.at, extra)
    if hidden and s.j and not created and s.e ~= x.E then
      local back = {}
      for k, letter in ipairs({ 'r', 't', 'i', 'o', 'c' }) do
        back[letter] = -math.min(hidden[k + 2], joined[letter])
        hidden[k + 2] = hidden[k + 2] + back[letter]
      end
      add(x, x.rates, hidden[1], back)
      add(x, x.money, hidden[2], back)
    end
    for _, l in ipairs(s.K or {}) do
      local text = redis.call('HGET', x.key, 'L:' .. l[1])
      local expires = x.now + math.min(a.x, l[2])
      if text then
        local held = split(text)
        lease(x, l[1], expires, held[2], { t = held[3], i = held[4], o = held[5] }, held[6])
      else
        local n = { r = 1, t = l[3], i = l[4], o = l[5] }
        add(x, x.rates, x.rates.at, n)
        lease(x, l[1], expires, x.rates.at, n, l[6])
        took(x, 1, l[6])
      end
    end
    if s.sd then
      hidden = hidden or { x.rates.at or 0, x.money.at or 0, 0, 0, 0, 0, 0 }
      local more = { r = math.max(0, s.sd[1] - x.sum.r), t = math.max(0, s.sd[2] - x.sum.t) }
      local money = { c = math.max(0, s.sd[3] - x.sum.c) }
      if more.r + more.t + money.c > 0 then
        add(x, x.rates, x.rates.at, more)
        add(x, x.money, x.money.at, money)
        if hidden[1] ~= x.rates.at then hidden[1], hidden[3], hidden[4] = x.rates.at or 0, 0, 0 end
        if hidden[2] ~= x.money.at then hidden[2], hidden[7] = x.money.at or 0, 0 end
        hidden[3], hidden[4], hidden[7] = hidden[3] + more.r, hidden[4] + more.t, hidden[7] + money.c
      end
    end
    if hidden then
      for k = 1, 7 do hidden[k] = int(hidden[k]) end
      x.set['?'] = table.concat(hidden, '|')
    end
    x.set['M:' .. s.m] = table.concat({ int(math.max(s.V, m and m[1] or 0)), int(x.now),
      int(total.r), int(total.t), int(total.i), int(total.o), int(total.c) }, '|')
    if s.e ~= x.E then epochs[#epochs + 1] = { i, x.E } end
  end
  if s.lat then
    local fresh = x.la and x.now - tonumber(x.la) <= ${latencyFresh}
    if x.la and not fresh then redis.call('HDEL', x.key, 'lc', 'lt', 'lf') end
    for k, field in ipairs({ 'lc', 'lt', 'lf' }) do
      local value, old = s.lat[k], fresh and tonumber(x[field])
      if value >= 0 then x.set[field] = tostring(old and old + ${latencyShare} * (value - old) or value) end
    end
    x.set.la = int(x.now)
  end
  if s.cd then
    local until_ = tonumber(x.cu)
    redis.call('HDEL', x.key, 'pu', 'po')
    if not until_ or until_ < x.now + s.cd[1] then x.set.cu, x.set.cr = int(x.now + s.cd[1]), s.cd[2] end
  end
  if s.ok then redis.call('HDEL', x.key, 'cu', 'cr', 'pu', 'po') end
  flush(x)
end
return cjson.encode({ now = raw, k = #unknown > 0 and unknown or nil, e = #epochs > 0 and epochs or nil })
`

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

const script = (name: string, body: string): Script => ({ name, source: `${prelude}${body}` })

export const scripts = {
  reserve: script('reserve', reserve),
  report: script('report', report),
  usage: script('usage', usage),
  beat: script('beat', beat),
  leave: script('leave', leave),
} as const
