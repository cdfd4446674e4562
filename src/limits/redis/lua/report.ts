import { latencyFresh, latencyShare } from '../../health.js'

/**
 * Sets the totals that one process has settled on its accounts, ends and renews its calls, and creates accounts that were lost. Reports
 * carry totals, so a repeated, late or lost one changes nothing in the end.
 */
export const report = `
local unknown, epochs, rows = {}, {}, {}
for i, s in ipairs(a.A) do
  local x = open(KEYS[i], s)
  local m = x.member and split(x.member)
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
    elseif x.hidden then hidden = split(x.hidden) end
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
    for _, l in ipairs(s.K or {}) do
      local text = redis.call('HGET', x.key, 'L:' .. l[1])
      local expires = x.now + math.min(a.x, l[2])
      if text then
        local held = split(text)
        lease(x, l[1], expires, held[2], { t = held[3], i = held[4], o = held[5] }, held[6])
      -- a report that a newer one has overtaken may name a call that has ended since
      elseif s.V >= (m and m[1] or 0) then
        local n = { r = 1, t = l[3], i = l[4], o = l[5] }
        add(x, x.rates, x.rates.at, n)
        for _, letter in ipairs(RATES) do joined[letter] = joined[letter] + n[letter] end
        lease(x, l[1], expires, x.rates.at, n, l[6])
        took(x, 1, l[6])
      end
    end
    -- usage of this process that the creator of the account had only observed
    if hidden and s.j and not created and s.e ~= x.E then
      local back, complete = {}, hidden[3] > 0 and joined.r >= hidden[3]
      for k, letter in ipairs({ 'r', 't', 'i', 'o', 'c' }) do
        local part = math.min(hidden[k + 2], joined[letter])
        -- without requests the observed tokens were estimates that have been corrected since
        if complete and letter ~= 'c' then part = hidden[k + 2] end
        back[letter] = -part
        hidden[k + 2] = hidden[k + 2] - part
      end
      add(x, x.rates, hidden[1], back)
      add(x, x.money, hidden[2], back)
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
  if a.u and x.E then rows[#rows + 1] = { i, row(x) } end
  flush(x)
end
return cjson.encode({ now = raw, k = #unknown > 0 and unknown or nil, e = #epochs > 0 and epochs or nil,
  u = #rows > 0 and rows or nil })
`
