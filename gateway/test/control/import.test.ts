import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importLitellm } from '../../src/import/litellm.js'
import { decryptLitellm } from '../../src/import/litellm-secrets.js'
import { masterKey, openTest, temporaryFolder } from './harness.js'
import { noPostgres, type PostgresServer, startPostgres } from './postgres.js'

const saltKey = 'sk-salt-of-the-old-proxy'
const hash = (text: string) => createHash('sha256').update(text).digest()

function gcm(text: string, key: Buffer, mark: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return (
    mark +
    Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  )
}

function secretBox(text: string): string {
  const nonce = randomBytes(24)
  return Buffer.concat([nonce, xsalsa20poly1305(hash(saltKey), nonce).encrypt(Buffer.from(text))]).toString('base64url')
}

describe('encrypted values of LiteLLM', () => {
  it('are read in all three forms', () => {
    const v3 = gcm('one', Buffer.from(hkdfSync('sha256', saltKey, '', 'litellm-at-rest-v3', 32)), 'v3:gcm:')
    expect(decryptLitellm(v3, saltKey)).toBe('one')
    expect(decryptLitellm(gcm('two', hash(saltKey), 'v2:gcm:'), saltKey)).toBe('two')
    expect(decryptLitellm(secretBox('three'), saltKey)).toBe('three')
  })

  it('are not read with another key, and plain text is none', () => {
    expect(decryptLitellm(gcm('two', hash(saltKey), 'v2:gcm:'), 'other')).toBeUndefined()
    expect(decryptLitellm(secretBox('three'), 'other')).toBeUndefined()
    expect(decryptLitellm('https://api.example.com/v1', saltKey)).toBeUndefined()
  })
})

const missing = noPostgres()

/** The columns that matter here; a real database has more. */
const schema = `
  CREATE TABLE "LiteLLM_BudgetTable" (budget_id TEXT PRIMARY KEY, max_budget FLOAT, soft_budget FLOAT, tpm_limit BIGINT, rpm_limit BIGINT,
    max_parallel_requests INT, budget_duration TEXT, model_max_budget JSONB, created_at TIMESTAMP(3) DEFAULT now(), created_by TEXT);
  CREATE TABLE "LiteLLM_ModelTable" (id SERIAL PRIMARY KEY, aliases JSONB);
  CREATE TABLE "LiteLLM_TeamTable" (team_id TEXT PRIMARY KEY, team_alias TEXT, admins TEXT[], members TEXT[], members_with_roles JSONB,
    metadata JSONB, max_budget FLOAT, spend FLOAT, models TEXT[], tpm_limit BIGINT, rpm_limit BIGINT, budget_duration TEXT, blocked BOOLEAN, model_id INT);
  CREATE TABLE "LiteLLM_UserTable" (user_id TEXT PRIMARY KEY, user_email TEXT, user_role TEXT, teams TEXT[], models TEXT[], metadata JSONB,
    max_budget FLOAT, spend FLOAT, budget_duration TEXT);
  CREATE TABLE "LiteLLM_TeamMembership" (user_id TEXT, team_id TEXT, spend FLOAT, budget_id TEXT);
  CREATE TABLE "LiteLLM_EndUserTable" (user_id TEXT PRIMARY KEY, alias TEXT, spend FLOAT, budget_id TEXT, blocked BOOLEAN);
  CREATE TABLE "LiteLLM_VerificationToken" (token TEXT PRIMARY KEY, key_name TEXT, key_alias TEXT, spend FLOAT, total_spend FLOAT, expires TIMESTAMP(3),
    models TEXT[], aliases JSONB, user_id TEXT, team_id TEXT, max_parallel_requests INT, metadata JSONB, blocked BOOLEAN, tpm_limit BIGINT,
    rpm_limit BIGINT, max_budget FLOAT, budget_duration TEXT, budget_id TEXT, allowed_routes TEXT[], model_max_budget JSONB, created_at TIMESTAMP(3) DEFAULT now());
  CREATE TABLE "LiteLLM_DeprecatedVerificationToken" (id TEXT, token TEXT, active_token_id TEXT, revoke_at TIMESTAMP(3));
  CREATE TABLE "LiteLLM_ProxyModelTable" (model_id TEXT PRIMARY KEY, model_name TEXT, litellm_params JSONB, model_info JSONB);
  CREATE TABLE "LiteLLM_DailyUserSpend" (user_id TEXT, date TEXT, api_key TEXT, model TEXT, model_group TEXT, custom_llm_provider TEXT,
    prompt_tokens BIGINT, completion_tokens BIGINT, spend FLOAT, api_requests BIGINT, failed_requests BIGINT);
`

describe.skipIf(missing)(`import of a LiteLLM database${missing ? ` (${missing})` : ''}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())

  async function source(): Promise<{ url: string; client: pg.Client }> {
    const url = await server.database()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(schema)
    const token = (key: string) => hash(key).toString('hex')
    await client.query(
      `INSERT INTO "LiteLLM_BudgetTable" (budget_id, max_budget, budget_duration) VALUES ('b1', 0.5, '30d')`,
    )
    await client.query(`INSERT INTO "LiteLLM_ModelTable" (aliases) VALUES ('{"fast": "small"}')`)
    await client.query(
      `INSERT INTO "LiteLLM_TeamTable" VALUES ('t1', 'Search', '{}', '{}', '[{"role": "admin", "user_id": "ann"}]', '{}', 100, 12.5, '{}', NULL, 9, '30d', false, 1)`,
    )
    await client.query(
      `INSERT INTO "LiteLLM_UserTable" VALUES ('ann', 'ann@example.com', 'internal_user', '{t1}', '{}', '{}', NULL, 3, NULL)`,
    )
    await client.query(`INSERT INTO "LiteLLM_TeamMembership" VALUES ('ann', 't1', 0.4, 'b1')`)
    await client.query(`INSERT INTO "LiteLLM_EndUserTable" VALUES ('c1', NULL, 1, 'b1', true)`)
    const keys = `INSERT INTO "LiteLLM_VerificationToken" (token, key_name, key_alias, spend, total_spend, expires, models, user_id, team_id, metadata, max_budget, budget_duration, rpm_limit) VALUES `
    await client.query(
      `${keys} ($1, 'sk-...0001', 'first', 1.25, 7, NULL, '{large,fast}', 'ann', 't1', '{"tags": ["old"]}', 2, '30d', 60)`,
      [token('sk-old-key-0001')],
    )
    await client.query(`${keys} ($1, 'sk-...0002', 'spent', 5, 5, NULL, '{}', NULL, NULL, '{}', 5, NULL, NULL)`, [
      token('sk-old-key-0002'),
    ])
    await client.query(
      `${keys} ($1, 'sk-...0003', 'expired', 0, 0, '2020-01-01', '{}', NULL, NULL, '{}', NULL, NULL, NULL)`,
      [token('sk-old-key-0003')],
    )
    await client.query(`INSERT INTO "LiteLLM_DeprecatedVerificationToken" VALUES ('1', $1, $2, '2099-01-01')`, [
      token('sk-older-key-001'),
      token('sk-old-key-0001'),
    ])
    await client.query(`INSERT INTO "LiteLLM_ProxyModelTable" VALUES ('m1', 'gpt', $1, '{"mode": "chat"}')`, [
      JSON.stringify({
        model: secretBox('openai/gpt-x'),
        api_key: gcm('sk-of-the-provider', hash(saltKey), 'v2:gcm:'),
        rpm: 5,
      }),
    ])
    await client.query(
      `INSERT INTO "LiteLLM_DailyUserSpend" VALUES ('ann', '2026-11-01', $1, 'gpt-x', 'gpt', 'openai', 10, 5, 1.25, 3, 1)`,
      [token('sk-old-key-0001')],
    )
    await client.end()
    return { url, client }
  }

  it('keeps keys by their hashes, limits, spend, rotated keys, models and history', async () => {
    const { url } = await source()
    const data = temporaryFolder()
    const report = await importLitellm({ source: url, data, masterKey, sourceSaltKey: saltKey })
    expect(report).toEqual({
      problems: [],
      counts: {
        models: 1,
        budgets: 1,
        organizations: 0,
        teams: 1,
        users: 1,
        memberships: 1,
        customers: 1,
        tags: 0,
        keys: 3,
        daily_sums: 1,
      },
    })
    const { ask, call, control } = await openTest({ data })
    expect(await call('sk-old-key-0001')).toBe(200)
    expect(await call('sk-older-key-001', { model: 'fast' })).toBe(200)
    expect(await call('sk-old-key-0001', { model: 'unpriced' })).toBe(403)
    expect(await call('sk-old-key-0002')).toBe(422)
    expect(await call('sk-old-key-0003')).toBe(401)
    expect(await call('sk-old-key-0001', { params: { messages: [], user: 'c1' } })).toBe(403)
    expect((await ask('GET', '/key/info?key=sk-old-key-0001')).body.info).toMatchObject({
      key_alias: 'first',
      max_budget: 2,
      rpm_limit: 60,
      spend: 1.25012,
      total_spend: 7.00012,
      metadata: { tags: ['old'] },
    })
    expect((await ask('GET', '/team/info?team_id=t1')).body.team_info).toMatchObject({ spend: 12.50012, rpm_limit: 9 })
    expect((await ask('GET', '/global/spend?start_date=2026-11-01&end_date=2026-11-01')).body.spend).toBe(1.25)
    expect(control.documents.list('models')).toEqual([
      {
        id: 'm1',
        value: {
          model_name: 'gpt',
          litellm_params: { model: 'openai/gpt-x', api_key: 'sk-of-the-provider', rpm: 5 },
          model_info: { id: 'm1', mode: 'chat' },
        },
      },
    ])
  })

  it('into the same database, and a second time, changes nothing that exists', async () => {
    const { url } = await source()
    const options = { source: url, databaseUrl: url, masterKey, sourceSaltKey: saltKey }
    await importLitellm({ ...options, data: temporaryFolder() })
    const { ask, call } = await openTest({ databaseUrl: url })
    await ask('POST', '/key/update', { key: 'sk-old-key-0001', max_budget: 9 })
    await call('sk-old-key-0001')
    const again = await importLitellm({ ...options, data: temporaryFolder() })
    expect(again.counts).toMatchObject({ keys: 0, teams: 0, models: 0 })
    expect((await ask('GET', '/key/info?key=sk-old-key-0001')).body.info).toMatchObject({
      max_budget: 9,
      spend: 1.25006,
    })
    expect((await ask('GET', '/global/spend')).body.spend).toBe(1.25006)
  })

  it('gives models the values of the credential that they name', async () => {
    const { url } = await source()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const secret = (text: string) => gcm(text, hash(saltKey), 'v2:gcm:')
    await client.query('CREATE TABLE "LiteLLM_CredentialsTable" (credential_name TEXT, credential_values JSONB)')
    await client.query('INSERT INTO "LiteLLM_CredentialsTable" VALUES ($1, $2), ($3, $4)', [
      ...['shared', JSON.stringify({ api_key: secret('sk-shared-1'), api_base: secret('https://a.test/v1') })],
      ...['lost', JSON.stringify({ api_key: gcm('sk-lost-1', hash('another'), 'v2:gcm:') })],
    ])
    for (const [id, name] of [
      ['m2', 'shared'],
      ['m3', 'of the file'],
    ] as const)
      await client.query(`INSERT INTO "LiteLLM_ProxyModelTable" VALUES ($1, 'gpt', $2, '{}')`, [
        id,
        JSON.stringify({ model: secret('openai/gpt-x'), litellm_credential_name: secret(name) }),
      ])
    await client.end()
    const data = temporaryFolder()
    const { problems, counts } = await importLitellm({ source: url, data, masterKey, sourceSaltKey: saltKey })
    expect(problems).toEqual([expect.stringContaining("The credential 'lost' was encrypted with another key")])
    expect(counts.models).toBe(3)
    const { control } = await openTest({ data })
    const params = control.documents
      .list('models')
      .map(({ value }) => (value as Record<string, unknown>).litellm_params)
    expect(params).toContainEqual({ model: 'openai/gpt-x', api_key: 'sk-shared-1', api_base: 'https://a.test/v1' })
    expect(params).toContainEqual({ model: 'openai/gpt-x', litellm_credential_name: 'of the file' })
  })

  it('names models that were encrypted with another key', async () => {
    const { url } = await source()
    const { problems, counts } = await importLitellm({ source: url, data: temporaryFolder(), masterKey })
    expect(problems).toEqual([expect.stringContaining("The model 'gpt' (m1) was encrypted with another key")])
    expect(counts.models).toBe(0)
    await expect(
      importLitellm({ source: await server.database(), data: temporaryFolder(), masterKey }),
    ).rejects.toThrow('not one of LiteLLM')
  })
})
