/** Slots of a window. Capacity returns one slot late at most. */
export const slots = 240

/** An unused account and a silent member are forgotten after this time in milliseconds. */
export const keepMs = 86_400_000

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
export const account = `
local clock = redis.call('TIME')
local a = cjson.decode(ARGV[1])
local raw = clock[1] * 1000 + math.floor(clock[2] / 1000) + (a.dt or 0)
local SLOTS = ${slots}
local SUMS = { r = 'R', t = 'T', i = 'I', o = 'U', c = 'C' }
local RATES = { 'r', 't', 'i', 'o' }
local LETTERS = { rt = { 'r', 't' }, rtio = RATES, c = { 'c' } }
local NONE = {}
local function int(n) return string.format('%.0f', n) end
local function split(text)
  local list = {}
  for part in string.gmatch(text, '[^|]+') do list[#list + 1] = tonumber(part) or part end
  return list
end
local function open(key, s)
  local v = redis.call('HMGET', key, 'E', 'N', 'Z', 'R', 'T', 'I', 'U', 'C', 'O', 'P', 'D', 'B', 'n', 'H', 'X', 'w', '?',
    'cu', 'cr', 'pu', 'po', 'lc', 'lt', 'lf', 'la', 'M:' .. s.m)
  local x = { key = key, s = s, set = {}, E = v[1], N = v[2], O = v[9], P = v[10], D = v[11], B = v[12], X = v[15], w = v[16],
    hidden = v[17], cu = v[18], cr = v[19], pu = v[20], po = v[21], lc = v[22], lt = v[23], lf = v[24], la = v[25], member = v[26],
    count = tonumber(v[13]) or 0, held = tonumber(v[14]) or 0 }
  x.sum = { r = tonumber(v[4]) or 0, t = tonumber(v[5]) or 0, i = tonumber(v[6]) or 0, o = tonumber(v[7]) or 0,
    c = tonumber(v[8]) or 0 }
  -- the time of an account never goes back: it continues from the highest time seen
  local offset, seen = tonumber(v[3]) or 0, tonumber(v[2])
  x.now = raw + offset
  if seen and seen > x.now then
    x.set.Z = int(offset + seen - x.now)
    x.now = seen
  end
  x.rates = { letters = LETTERS[s.q] or NONE, slot = s.w, ends = s.we, oldest = 'O', period = 'P' }
  x.money = { letters = s.b and LETTERS.c or NONE, slot = s.s, ends = s.se, oldest = 'D', period = 'B' }
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
