import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { masterKey, openTest } from './harness.js'

const sha = (text: string) => createHash('sha256').update(text).digest('hex')

describe('keys', () => {
  it('returns a new key with its hash, and finds it by both', async () => {
    const { ask } = await openTest()
    const { body } = await ask('POST', '/key/generate', {
      models: ['large'],
      max_budget: 4,
      budget_duration: 'monthly',
    })
    expect(body).toMatchObject({
      max_budget: 4,
      budget_duration: 'monthly',
      models: ['large'],
      expires: null,
      spend: 0,
    })
    expect(body.token).toBe(sha(body.key))
    expect(body.key_name).toBe(`sk-...${body.key.slice(-4)}`)
    const byKey = await ask('GET', `/key/info?key=${body.key}`)
    const byHash = await ask('GET', `/key/info?key=${body.token}`)
    expect(byKey.body.info).toEqual(byHash.body.info)
    const now = new Date()
    const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
    expect(Date.parse(byKey.body.info.budget_reset_at)).toBe(next)
  })

  it('never stores or lists a key in clear', async () => {
    const { ask, key } = await openTest()
    const made = await key({ key_alias: 'one' })
    const answers = await Promise.all([
      ask('GET', '/key/list?return_full_object=true'),
      ask('GET', '/audit'),
      ask('GET', '/spend/keys'),
    ])
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(JSON.stringify(answer.body)).not.toContain(made)
    }
  })

  it.each([
    [{ max_budget: -1 }, 'max_budget'],
    [{ max_budget: 'five' }, 'max_budget'],
    [{ budget_duration: 'soon' }, 'budget_duration'],
    [{ duration: 'x' }, 'duration'],
    [{ models: 'large' }, 'models'],
    [{ rpm_limit: 1.5 }, 'rpm_limit'],
    [{ key: 'no-prefix-key' }, 'key'],
    [{ metadata: [] }, 'metadata'],
  ])('rejects %j and names the field', async (body, param) => {
    const { ask } = await openTest()
    const answer = await ask('POST', '/key/generate', body)
    expect(answer.status).toBe(400)
    expect(answer.body.param).toBe(param)
    expect(answer.body.message).toContain(`'${param}' must`)
  })

  it('rejects a body that is no object', async () => {
    const { ask } = await openTest()
    for (const body of [undefined, [], 'text', 5]) expect((await ask('POST', '/key/generate', body)).status).toBe(400)
  })

  it('reads quoted numbers and booleans, and no other text', async () => {
    const { ask } = await openTest()
    const { body } = await ask('POST', '/key/generate', { max_budget: '2.5', rpm_limit: '10', blocked: 'False' })
    expect(body).toMatchObject({ max_budget: 2.5, rpm_limit: 10, blocked: false })
    const team = { team_member_budget: '3', team_member_rpm_limit: '4' }
    expect((await ask('POST', '/team/new', team)).body).toMatchObject({
      team_member_budget: 3,
      team_member_rpm_limit: 4,
    })
    const raised = { temp_budget_increase: '1', temp_budget_expiry: '2099-01-01' }
    expect((await ask('POST', '/key/generate', raised)).body).toMatchObject({ temp_budget_increase: 1 })
    for (const fields of [{ max_budget: '' }, { max_budget: '1 USD' }, { rpm_limit: '1.5' }, { blocked: '1' }])
      expect([fields, (await ask('POST', '/key/generate', fields)).status]).toEqual([fields, 400])
  })

  it('takes an empty id of a team for none', async () => {
    const { ask } = await openTest()
    await ask('POST', '/team/new', { team_id: 't' })
    const { key } = (await ask('POST', '/key/generate', { team_id: '', organization_id: '' })).body
    const info = async (of: string) => (await ask('GET', `/key/info?key=${of}`)).body.info
    expect(await info(key)).toMatchObject({ team_id: null, organization_id: null })
    const { key: ofTeam } = (await ask('POST', '/key/generate', { team_id: 't' })).body
    await ask('POST', '/key/update', { key: ofTeam, team_id: '' })
    expect(await info(ofTeam)).toMatchObject({ team_id: 't' })
  })

  it('does not change a key that exists', async () => {
    const { ask, key } = await openTest()
    await key({ key: 'sk-chosen-0001', max_budget: 1, key_alias: 'first' })
    expect((await ask('POST', '/key/generate', { key: 'sk-chosen-0001', max_budget: 2 })).status).toBe(409)
    expect((await ask('POST', '/key/generate', { key: masterKey })).status).toBe(409)
    expect((await ask('GET', '/key/info?key=sk-chosen-0001')).body.info).toMatchObject({
      max_budget: 1,
      key_alias: 'first',
    })
    expect((await ask('POST', '/key/generate', { key_alias: 'first' })).status).toBe(400)
  })

  it('clears a limit with null and keeps fields that the body leaves out', async () => {
    const { ask, key } = await openTest()
    const made = await key({ max_budget: 5, rpm_limit: 3, metadata: { a: 1 } })
    const { body } = await ask('POST', '/key/update', { key: made, max_budget: null })
    expect(body).toMatchObject({ max_budget: null, rpm_limit: 3, metadata: { a: 1 } })
  })

  it('refuses blocked, expired and deleted keys at once', async () => {
    let now = Date.now()
    const { ask, key, call } = await openTest({ now: () => now })
    const made = await key({ duration: '1h' })
    expect(await call(made)).toBe(200)
    await ask('POST', '/key/block', { key: made })
    expect(await call(made)).toBe(401)
    await ask('POST', '/key/unblock', { key: made })
    expect(await call(made)).toBe(200)
    now += 3_600_001
    expect(await call(made)).toBe(401)
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.status).toBe('expired')
    expect((await ask('POST', '/key/delete', { keys: [made] })).body).toEqual({ deleted_keys: [made] })
    expect((await ask('POST', '/key/delete', { keys: [made] })).status).toBe(404)
  })

  it('regenerates a key with its limits and its spend, and lets the old one live for a grace period', async () => {
    let now = Date.now()
    const { ask, key, call } = await openTest({ now: () => now })
    const first = await key({ max_budget: 1, models: ['large'] })
    await call(first)
    const regenerated = (await ask('POST', '/key/regenerate', { key: first, grace_period: '1h' })).body
    expect(regenerated.spend).toBe(0.00006)
    const second = regenerated.key
    expect(second).not.toBe(first)
    expect(await call(first)).toBe(200)
    expect(await call(second)).toBe(200)
    expect((await ask('GET', `/key/info?key=${second}`)).body.info).toMatchObject({
      spend: 0.00018,
      max_budget: 1,
      models: ['large'],
    })
    now += 3_600_001
    expect(await call(first)).toBe(401)
    const third = (await ask('POST', `/key/${second}/regenerate`, {})).body.key
    expect(await call(second)).toBe(401)
    expect(await call(third)).toBe(200)
  })

  it('follows a key that was rotated twice to the last one, and ends all of them with it', async () => {
    const { control, ask, key, call } = await openTest()
    const first = await key({ max_budget: 1 })
    const regenerate = async (of: string) =>
      (await ask('POST', '/key/regenerate', { key: of, grace_period: '10d' })).body.key as string
    const second = await regenerate(first)
    const third = await regenerate(second)
    await control.prepare(first)
    expect(control.authenticate(first).keyName).toBe(control.authenticate(third).keyName)
    await ask('POST', '/key/block', { key: third })
    expect([await call(first), await call(second), await call(third)]).toEqual([401, 401, 401])
    await ask('POST', '/key/unblock', { key: third })
    expect([await call(first), await call(second), await call(third)]).toEqual([200, 200, 200])
    expect((await ask('POST', '/key/regenerate', { key: first })).status).toBe(400)
    await ask('POST', '/key/delete', { keys: [third] })
    expect([await call(first), await call(second), await call(third)]).toEqual([401, 401, 401])
  })

  it('gives a key no longer life with a grace period', async () => {
    const { ask, key } = await openTest()
    const made = await key({ duration: '1h' })
    const before = (await ask('GET', `/key/info?key=${made}`)).body.info.expires
    await ask('POST', '/key/regenerate', { key: made, grace_period: '30d' })
    expect((await ask('GET', `/key/info?key=${made}`)).body.info.expires).toBe(before)
  })

  it('takes any text that every database can search, and no other', async () => {
    const { ask } = await openTest()
    const generate = async (note: string) => (await ask('POST', '/key/generate', { metadata: { note } })).status
    for (const note of ['a\0b', 'half \ud83d', '\\\0', '\0\0']) expect(await generate(note)).toBe(400)
    for (const note of ['whole \u{1f600}', String.raw`\u0000`, String.raw`CORP\udead`, '\u2028\n'])
      expect(await generate(note)).toBe(200)
  })

  it('finds aliases in any alphabet', async () => {
    const { ask, key } = await openTest()
    await key({ key_alias: 'Öl-Team 50%' })
    await key({ key_alias: 'other_one' })
    const found = async (search: string) =>
      (await ask('GET', `/key/aliases?search=${encodeURIComponent(search)}`)).body.aliases
    expect(await found('Öl-T')).toEqual(['Öl-Team 50%'])
    expect(await found('TEAM 50%')).toEqual(['Öl-Team 50%'])
    expect(await found('r_o')).toEqual(['other_one'])
    expect(await found('_')).toEqual(['other_one'])
    expect(await found("'")).toEqual([])
  })

  it('lists keys in pages, newest first, and by owner', async () => {
    const { ask, key } = await openTest()
    for (let i = 0; i < 5; i++) await key({ key_alias: `k${i}`, user_id: i < 2 ? 'ann' : 'bob' })
    const page = await ask('GET', '/key/list?page=2&size=2')
    expect(page.body).toMatchObject({ total_count: 5, current_page: 2, total_pages: 3 })
    expect(page.body.keys).toHaveLength(2)
    expect((await ask('GET', '/key/list?user_id=ann')).body.total_count).toBe(2)
    expect((await ask('GET', '/key/list?page=0')).status).toBe(400)
    expect((await ask('GET', '/key/aliases?search=3')).body.aliases).toEqual(['k3'])
  })

  it('updates many keys, and reports those that fail', async () => {
    const { ask, key } = await openTest()
    const made = await key()
    const { body } = await ask('POST', '/key/bulk_update', {
      keys: [{ key: made, max_budget: 3 }, { key: 'sk-unknown' }],
    })
    expect(body.total_requested).toBe(2)
    expect(body.successful_updates[0].key_info.max_budget).toBe(3)
    expect(body.failed_updates[0].key).toBe('sk-unknown')
  })

  it('sets the spend by hand, and counts on from there', async () => {
    const { ask, key, call } = await openTest()
    const made = await key({ max_budget: 1 })
    await call(made)
    expect((await ask('POST', '/key/update', { key: made, spend: 1.5 })).body.spend).toBe(1.5)
    expect(await call(made)).toBe(422)
    await ask('POST', `/key/${made}/reset_spend`, { reset_to: 0 })
    expect(await call(made)).toBe(200)
    expect((await ask('GET', `/key/info?key=${made}`)).body.info).toMatchObject({
      spend: 0.00006,
      total_spend: 0.00012,
    })
  })

  it('keeps keys over a restart, and refuses a database of another salt key', async () => {
    const first = await openTest()
    const made = await first.key({ max_budget: 2 })
    await first.call(made)
    await first.control.documents.put('models', 'm1', { api_key: 'sk-secret-of-a-provider' }, 'test')
    await first.control.close()
    const second = await openTest({ data: first.folder })
    expect((await second.ask('GET', `/key/info?key=${made}`)).body.info).toMatchObject({
      max_budget: 2,
      spend: 0.00006,
    })
    expect(second.control.documents.list('models')).toEqual([
      { id: 'm1', value: { api_key: 'sk-secret-of-a-provider' } },
    ])
    await second.control.close()
    await expect(openTest({ data: first.folder, masterKey: 'sk-another-master-key-1' })).rejects.toThrow(
      'another salt key',
    )
  })
})

describe('rights', () => {
  it('lets a key without a user read itself and nothing else', async () => {
    const { ask, key } = await openTest()
    const [mine, other] = [await key(), await key()]
    expect((await ask('GET', '/key/info', undefined, mine)).body.key).toBe(sha(mine))
    expect((await ask('GET', `/key/info?key=${other}`, undefined, mine)).status).toBe(403)
    expect((await ask('POST', '/key/generate', {}, mine)).status).toBe(401)
    expect((await ask('GET', '/key/list', undefined, mine)).status).toBe(403)
    expect((await ask('GET', '/global/spend', undefined, mine)).status).toBe(401)
    expect((await ask('POST', '/team/new', {}, mine)).status).toBe(401)
    expect((await ask('GET', '/audit', undefined, mine)).status).toBe(401)
  })

  it('lets users make keys for themselves and lower their limits, never raise them', async () => {
    const { ask } = await openTest()
    const { key } = (await ask('POST', '/user/new', { user_id: 'ann', user_role: 'internal_user' })).body
    const made = await ask('POST', '/key/generate', { max_budget: 5 }, key)
    expect(made.body.user_id).toBe('ann')
    expect((await ask('POST', '/key/generate', { user_id: 'bob' }, key)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: made.body.key, max_budget: 4 }, key)).status).toBe(200)
    expect((await ask('POST', '/key/update', { key: made.body.key, max_budget: 9 }, key)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: made.body.key, max_budget: null }, key)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: made.body.key, user_id: 'bob' }, key)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: made.body.key, spend: 0 }, key)).status).toBe(403)
    expect((await ask('GET', '/key/list', undefined, key)).body.total_count).toBe(2)
  })

  it.each([
    { temp_budget_increase: 100 },
    { over_budget: 'alert' },
    { budget_mode: 'expected' },
    { budget_duration: '60s' },
    { budget_fallbacks: { large: ['small'] } },
    { monthly_request_limit: null },
    { itpm_limit: 9_000 },
    { otpm_limit: null },
    { model_rpm_limit: null },
    { metadata: {} },
    { metadata: { model_rpm_limit: { large: 9 }, tags: ['blue'] } },
    { metadata: { model_rpm_limit: { large: 2 }, tags: ['blue'], priority: -1 } },
    { metadata: { model_rpm_limit: { large: 2 }, tags: ['red'] } },
    { guardrails: [] },
    { metadata: { model_rpm_limit: { large: 2 }, tags: ['blue'], guardrails: ['other'] } },
    { blocked: false },
    { key_type: 'default' },
  ])('lets users change no limit of their keys by %j', async (change) => {
    const { ask, key } = await openTest()
    const { key: own } = (await ask('POST', '/user/new', { user_id: 'ann', user_role: 'internal_user' })).body
    const made = await key({
      ...{ user_id: 'ann', max_budget: 5, budget_duration: '30d', budget_mode: 'strict', key_type: 'llm_api' },
      ...{ monthly_request_limit: 9, itpm_limit: 9, otpm_limit: 9, model_rpm_limit: { large: 2 }, tags: ['blue'] },
      guardrails: ['pii', { words: {} }],
    })
    await ask('POST', '/key/block', { key: made })
    for (const path of ['/key/update', '/key/regenerate']) {
      expect((await ask('POST', path, { key: made, ...change }, own)).status).toBe(403)
    }
    const metadata = { model_rpm_limit: { large: 2 }, tags: ['blue', 'x'], guardrails: [{ words: {} }, 'more', 'pii'] }
    const fine = { key_alias: 'mine', itpm_limit: 8, metadata }
    expect((await ask('POST', '/key/update', { key: made, ...fine }, own)).status).toBe(200)
    expect((await ask('POST', '/key/generate', { metadata: { priority: -5 } }, own)).status).toBe(403)
  })

  it.each([
    { over_budget: 'alert' },
    { budget_mode: 'expected' },
    { monthly_request_limit: null },
    { model_rpm_limit: { large: 9 } },
    { metadata: {} },
    { metadata: { model_rpm_limit: { large: 1 }, priority: -3 } },
    { guardrails: null },
  ])('lets admins of a team change no limit of it by %j', async (change) => {
    const { ask } = await openTest()
    await ask('POST', '/team/new', {
      team_id: 't',
      max_budget: 5,
      budget_mode: 'strict',
      model_rpm_limit: { large: 1 },
      guardrails: ['pii'],
    })
    const { key: lead } = (await ask('POST', '/user/new', { user_id: 'lead' })).body
    await ask('POST', '/team/member_add', { team_id: 't', member: { role: 'admin', user_id: 'lead' } })
    expect((await ask('POST', '/team/update', { team_id: 't', ...change }, lead)).status).toBe(403)
    expect((await ask('POST', '/team/update', { team_id: 't', team_alias: 'Red' }, lead)).status).toBe(200)
  })

  it('lets admins of a team make and limit its keys, and nothing beyond the team', async () => {
    const { ask, key } = await openTest()
    await ask('POST', '/team/new', { team_id: 't', models: ['small'] })
    await ask('POST', '/team/new', { team_id: 'other' })
    const { key: lead } = (await ask('POST', '/user/new', { user_id: 'lead' })).body
    const { key: user } = (await ask('POST', '/user/new', { user_id: 'user' })).body
    await ask('POST', '/team/member_add', {
      team_id: 't',
      member: [
        { role: 'admin', user_id: 'lead' },
        { role: 'user', user_id: 'user' },
      ],
    })
    const made = (await ask('POST', '/key/generate', { team_id: 't', user_id: 'user' }, lead)).body.key
    expect((await ask('POST', '/key/update', { key: made, max_budget: 7 }, lead)).status).toBe(200)
    expect((await ask('POST', '/key/update', { key: made, aliases: { small: 'large' } }, lead)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: made, team_id: 'other' }, lead)).status).toBe(403)
    expect((await ask('POST', '/key/block', { key: made }, lead)).status).toBe(200)
    expect((await ask('POST', '/key/unblock', { key: made }, user)).status).toBe(403)
    expect((await ask('POST', '/key/generate', { team_id: 't' }, user)).status).toBe(403)
    expect((await ask('POST', '/key/generate', { team_id: 'other' }, lead)).status).toBe(403)
    expect((await ask('POST', '/team/update', { team_id: 't', max_budget: 9 }, lead)).status).toBe(403)
    expect((await ask('POST', '/team/member_delete', { team_id: 't', user_id: 'user' }, lead)).status).toBe(200)
    expect(
      (await ask('POST', '/team/member_add', { team_id: 'other', member: { role: 'admin', user_id: 'lead' } }, lead))
        .status,
    ).toBe(403)
    const foreign = await key({ team_id: 'other' })
    expect((await ask('GET', `/key/info?key=${foreign}`, undefined, lead)).status).toBe(403)
    expect((await ask('POST', '/key/delete', { keys: [foreign] }, lead)).status).toBe(403)
    expect((await ask('GET', '/team/info?team_id=other', undefined, lead)).status).toBe(403)
  })

  it('gives admins of a team no key with rights beyond it', async () => {
    const { ask } = await openTest()
    await ask('POST', '/user/new', { user_id: 'root', user_role: 'proxy_admin' })
    await ask('POST', '/user/new', { user_id: 'stranger' })
    const { key: lead } = (await ask('POST', '/user/new', { user_id: 'lead' })).body
    await ask('POST', '/team/new', { team_id: 't', members_with_roles: [{ role: 'admin', user_id: 'lead' }] })
    const generate = async (fields: object) =>
      (await ask('POST', '/key/generate', { team_id: 't', ...fields }, lead)).status
    for (const user_id of ['root', 'stranger']) {
      expect(await generate({ user_id })).toBe(403)
      const own = (await ask('POST', '/key/generate', { team_id: 't' }, lead)).body.key
      expect((await ask('POST', '/key/update', { key: own, user_id }, lead)).status).toBe(403)
      const made = (await ask('POST', '/key/generate', { team_id: 't', user_id })).body.key
      expect((await ask('POST', '/key/regenerate', { key: made }, lead)).status).toBe(403)
      expect((await ask('POST', '/key/update', { key: made, max_budget: 1 }, lead)).status).toBe(200)
    }
    await ask('POST', '/team/member_add', { team_id: 't', member: { role: 'user', user_id: 'root' } }, lead)
    expect(await generate({ user_id: 'root' })).toBe(403)
    expect(await generate({ organization_id: 'other' })).toBe(403)
    expect(await generate({ budget_id: 'other' })).toBe(403)
    const member = { team_id: 't', user_id: 'lead', budget_id: 'other' }
    expect((await ask('POST', '/team/member_update', member, lead)).status).toBe(403)
    const template = { team_id: 't', team_member_budget_id: 'other' }
    expect((await ask('POST', '/team/update', template, lead)).status).toBe(403)
    expect(await generate({ user_id: 'lead', max_budget: 5 })).toBe(200)
  })

  it('lets viewers read everything and change nothing', async () => {
    const { ask } = await openTest()
    const { key } = (await ask('POST', '/user/new', { user_id: 'eve', user_role: 'proxy_admin_viewer' })).body
    expect((await ask('GET', '/global/spend', undefined, key)).status).toBe(200)
    expect((await ask('GET', '/team/list', undefined, key)).status).toBe(200)
    expect((await ask('POST', '/team/new', {}, key)).status).toBe(401)
    expect((await ask('POST', '/key/generate', {}, key)).status).toBe(401)
    expect((await ask('POST', '/user/update', { user_id: 'eve', user_role: 'proxy_admin' }, key)).status).toBe(401)
  })

  it('limits a key to its routes', async () => {
    const { control, key } = await openTest()
    const check = (made: string, method: string, path: string) =>
      control.authorizeRoute(control.authenticate(made), method, path)
    const models = await key({ key_type: 'llm_api' })
    check(models, 'POST', '/v1/chat/completions')
    expect(() => check(models, 'GET', '/key/info')).toThrow('may not call /key/info')
    const one = await key({ allowed_routes: ['/v1/embeddings'] })
    check(one, 'POST', '/v1/embeddings')
    expect(() => check(one, 'POST', '/v1/chat/completions')).toThrow('Its routes are /v1/embeddings')
    const claude = await key({ allowed_routes: ['anthropic_routes', 'google_routes'] })
    check(claude, 'POST', '/v1/messages')
    check(claude, 'POST', '/v1beta/models/gemini-2.5-flash:generateContent')
    expect(() => check(claude, 'POST', '/v1/chat/completions')).toThrow('may not call')
  })

  it('leaves health checks, which call every model, to admins and viewers', async () => {
    const { control, ask, key } = await openTest()
    const allowed = (made: string, path: string) => {
      try {
        control.authorizeRoute(control.authenticate(made), 'GET', path)
        return true
      } catch {
        return false
      }
    }
    await ask('POST', '/user/new', { user_id: 'v', user_role: 'proxy_admin_viewer' })
    expect(allowed(await key({ max_budget: 0 }), '/health')).toBe(false)
    expect(allowed(await key(), '/health')).toBe(false)
    expect(allowed(await key(), '/health/readiness/details')).toBe(true)
    expect(allowed(await key({ user_id: 'v' }), '/health')).toBe(true)
  })

  it('opens no route without a rule', async () => {
    const { control, key } = await openTest()
    const principal = control.authenticate(await key())
    for (const path of ['/anything', '/config/update', '/model/new', '/key/unknown', '/team/new/x', '/credentials']) {
      expect(() => control.authorizeRoute(principal, 'POST', path)).toThrow()
    }
  })
})

describe('audit', () => {
  it('has a line for every change, with its author', async () => {
    const { ask, key } = await openTest()
    const made = await key({ key_alias: 'audited' })
    await ask('POST', '/key/update', { key: made, max_budget: 3 })
    await ask('POST', '/key/delete', { keys: [made] })
    const { body } = await ask('GET', `/audit?object_id=${sha(made)}`)
    expect(body.audit_logs.map(({ action }: { action: string }) => action).sort()).toEqual([
      'key created',
      'key deleted',
      'key updated',
    ])
    const update = body.audit_logs.find(({ action }: { action: string }) => action === 'key updated')
    expect(update).toMatchObject({
      changed_by: 'default_user_id',
      before_value: { max_budget: null },
      updated_values: { max_budget: 3 },
    })
  })
})
