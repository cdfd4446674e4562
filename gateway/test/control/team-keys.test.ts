import { describe, expect, it } from 'vitest'
import { openTest } from './harness.js'

/** A team of an admin and a member who also have personal keys, and a team key of the member that the admin made. */
async function teamOfTwo() {
  const test = await openTest()
  const { ask } = test
  for (const user_id of ['ada', 'ben'])
    await ask('POST', '/user/new', { user_id, user_email: `${user_id}@x.test`, max_budget: 9, auto_create_key: false })
  const personal = (await ask('POST', '/key/generate', { user_id: 'ben', key_alias: 'personal' })).body.key as string
  const ada = (await ask('POST', '/key/generate', { user_id: 'ada' })).body.key as string
  const members = [
    { user_id: 'ada', role: 'admin' },
    { user_id: 'ben', role: 'admin' },
  ]
  await ask('POST', '/team/new', { team_id: 'other', members_with_roles: members.slice(1) })
  await ask('POST', '/team/new', { team_id: 'red', members_with_roles: members.slice(0, 1) })
  await ask('POST', '/team/member_add', { team_id: 'red', member: { user_id: 'ben', role: 'user' } }, ada)
  const made = await ask('POST', '/key/generate', { team_id: 'red', user_id: 'ben', key_alias: 'of-red' }, ada)
  return { ...test, personal, ada, teamKey: made.body.key as string }
}

describe('the key of a team', () => {
  it('sees its user within the team alone', async () => {
    const { ask, call, personal, teamKey } = await teamOfTwo()
    expect(await call(personal)).toBe(200)
    const aliases = async (path: string) =>
      (await ask('GET', path, undefined, teamKey)).body.keys.map((row: { key_alias: string }) => row.key_alias)
    expect(await aliases('/key/list?return_full_object=true')).toEqual(['of-red'])
    expect(await aliases('/key/list?return_full_object=true&include_team_keys=true')).toEqual(['of-red'])
    expect((await ask('GET', '/key/aliases', undefined, teamKey)).body.aliases).toEqual(['of-red'])
    const info = (await ask('GET', '/user/info', undefined, teamKey)).body
    expect(info.user_info).toMatchObject({ user_id: 'ben', teams: ['red'], spend: 0, max_budget: null })
    expect(info.keys).toHaveLength(1)
    expect(info.teams).toHaveLength(1)
    const teams = (await ask('GET', '/team/list', undefined, teamKey)).body
    expect(teams.map(({ team_id }: { team_id: string }) => team_id)).toEqual(['red'])
    expect((await ask('GET', '/team/info?team_id=other', undefined, teamKey)).status).toBe(403)
    expect((await ask('GET', '/spend/logs', undefined, teamKey)).body).toEqual([])
    expect((await ask('GET', '/spend/usage', undefined, teamKey)).body.total.calls).toBe(0)
    const days = 'start_date=2020-01-01&end_date=2099-12-31'
    const activity = (await ask('GET', `/user/daily/activity?${days}`, undefined, teamKey)).body
    expect(activity.metadata.total_spend).toBe(0)
    expect((await ask('GET', '/spend/logs', undefined, personal)).body).toHaveLength(1)
  })

  it('changes nothing of its user outside the team', async () => {
    const { ask, personal, teamKey } = await teamOfTwo()
    const refused: [string, object][] = [
      ['/key/generate', {}],
      ['/key/generate', { team_id: 'other' }],
      ['/key/update', { key: personal, max_budget: 1 }],
      ['/key/delete', { keys: [personal] }],
      ['/key/regenerate', { key: personal }],
      ['/key/block', { key: personal }],
      ['/team/update', { team_id: 'other', team_alias: 'x' }],
      ['/team/member_add', { team_id: 'other', member: { user_id: 'ada', role: 'admin' } }],
    ]
    for (const [path, body] of refused)
      expect([path, (await ask('POST', path, body, teamKey)).status]).toEqual([path, 403])
    expect((await ask('GET', `/key/info?key=${personal}`, undefined, teamKey)).status).toBe(403)
    expect((await ask('POST', '/key/update', { key: teamKey, max_budget: 1 }, teamKey)).status).toBe(200)
  })

  it('does not become an admin with its user, and personal keys do', async () => {
    const { ask, personal, teamKey } = await teamOfTwo()
    for (const user_role of ['proxy_admin_viewer', 'proxy_admin']) {
      await ask('POST', '/user/update', { user_id: 'ben', user_role })
      const refused = await ask('GET', '/user/list', undefined, teamKey)
      expect(refused.status).toBe(401)
      expect(refused.body.message).toContain('the key is of the team red')
      expect(refused.body.message).toContain('Use a key of ben without a team.')
      expect((await ask('GET', '/user/list', undefined, personal)).status).toBe(200)
    }
  })

  it('administers its team, if its user does', async () => {
    const { ask, ada } = await teamOfTwo()
    const { key } = (await ask('POST', '/key/generate', { team_id: 'red' }, ada)).body
    expect((await ask('POST', '/key/generate', { team_id: 'red', user_id: 'ben' }, key)).status).toBe(200)
    expect((await ask('POST', '/team/update', { team_id: 'red', team_alias: 'Red' }, key)).status).toBe(200)
  })
})

it('gives keys of members the life that the team sets, unless they ask for another', async () => {
  const { ask } = await openTest()
  await ask('POST', '/user/new', { user_id: 'ada' })
  const team = { team_id: 't', members_with_roles: [{ user_id: 'ada', role: 'user' }] }
  expect((await ask('POST', '/team/new', { ...team, team_member_key_duration: 'long' })).status).toBe(400)
  await ask('POST', '/team/new', { ...team, team_member_key_duration: '1d' })
  const days = async (fields: object) => {
    const { expires } = (await ask('POST', '/key/generate', { team_id: 't', ...fields })).body
    return expires === null ? null : Math.round((Date.parse(expires) - Date.now()) / 86_400_000)
  }
  expect(await days({ user_id: 'ada' })).toBe(1)
  expect(await days({ user_id: 'ada', duration: '2d' })).toBe(2)
  expect(await days({})).toBe(null)
})

it('shows a member the own keys of a team, and its admins all', async () => {
  const { ask, ada, personal } = await teamOfTwo()
  await ask('POST', '/key/generate', { team_id: 'red', key_alias: 'of-ada' }, ada)
  const service = (await ask('POST', '/key/generate', { team_id: 'red', key_alias: 'service' })).body.key as string
  await ask('POST', '/key/generate', { team_id: 'red', key_alias: 'service-2' })
  const listed = async (key: string) => {
    const teams = (await ask('GET', '/team/list?team_id=red', undefined, key)).body
    return teams[0].keys.map((row: { key_alias: string }) => row.key_alias).sort()
  }
  expect(await listed(personal)).toEqual(['of-red'])
  expect(await listed(ada)).toEqual(['of-ada', 'of-red', 'service', 'service-2'])
  const { keys } = (await ask('GET', '/team/info?team_id=red', undefined, service)).body
  expect(keys.map((row: { key_alias: string }) => row.key_alias)).toEqual(['service'])
})
