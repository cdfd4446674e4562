import { latencyFresh, trialWithin } from '../../health.js'

/** How long a waiting process keeps its place without asking again, in milliseconds. */
const placeMs = 250

/** Takes capacity on all accounts of the first candidate that has it, or reports accounts that this server does not know. */
export const reserve = `
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
  elseif (s.e ~= '' and s.e ~= x.E) or (s.v and s.v > (tonumber(string.match(x.member or '', '^%d+')) or 0)) then unknown[#unknown + 1] = i end
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
local function over(limit, used, needed) return limit and (used > 0 or limit == 0) and used + needed > limit end
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
  local first = X[c.a[1]] or {}
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
local main = chosen and X[a.c[chosen].a[1]]
local slot = main and main.rates.at or nil
return cjson.encode({ now = raw, i = chosen, s = slot, u = rows, w = not chosen and reasons or nil, h = trial,
  e = #epochs > 0 and epochs or nil })
`
