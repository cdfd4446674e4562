import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import { generatedKeyFields, keyRowAnswer, newKeyBody } from './keys.js'
import {
  amount,
  anyValue,
  boolean,
  component,
  fixed,
  flag,
  increaseFields,
  integer,
  keptFields,
  limitFields,
  list,
  maybeNumber,
  maybeString,
  number,
  type Operations,
  object,
  open,
  paged,
  string,
  strings,
  text,
  textParam,
  texts,
  word,
} from './parts.js'
import { teamAnswer, userAnswer } from './subject-answers.js'

const userFields = {
  user_alias: text,
  user_email: text,
  user_role: word(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']),
  ...limitFields,
  models: texts,
  metadata: object,
  blocked: flag,
  ...increaseFields,
  ...keptFields(['sso_user_id', 'object_permission', 'policies']),
}

const userChange = component(
  'UserChange',
  open({
    ...userFields,
    user_id: text.describe('The user; or `user_email`. An unknown id creates the user.'),
    spend: amount,
  }),
)
const users = 'Users'
const usersNamed = open({ user_ids: kinds.texts.min(1) })
const usersBlocked = z.object({ blocked_users: z.array(userAnswer) })
const userBlock = open({ user_ids: kinds.texts.min(1).optional(), user_id: text })

export const userOperations: Operations = {
  'POST /user/new': {
    tag: users,
    summary: 'Create a user, and a key',
    body: newKeyBody.extend({
      ...userFields,
      user_id: text.describe('Default: a random id.'),
      teams: list.describe('Ids of teams, or objects with a `team_id`.'),
      auto_create_key: flag.describe('Default: true.'),
      spend: amount,
    }),
    answer: z.object({
      ...Object.fromEntries(Object.entries(generatedKeyFields).map(([name, field]) => [name, field.optional()])),
      key: string.describe('The key; empty without one.'),
      key_name: maybeString,
      token: maybeString,
      user_id: string,
      models: strings,
      max_budget: maybeNumber,
      spend: number,
      user_email: maybeString,
      user_role: maybeString,
      user_alias: maybeString,
      teams: strings.nullable(),
    }),
  },
  'POST /user/update': {
    tag: users,
    summary: 'Change a user',
    body: userChange,
    answer: z.object({ user_id: string, data: userAnswer }),
  },
  'POST /user/bulk_update': {
    tag: users,
    summary: 'Change several users, or all',
    body: open({ users: z.array(userChange).nullish(), all_users: flag, user_updates: object }),
    answer: z.object({
      results: z.array(
        z.object({
          user_id: anyValue,
          success: boolean,
          error: string.optional(),
          updated_user: userAnswer.optional(),
        }),
      ),
      total_requested: integer,
      successful_updates: integer,
      failed_updates: integer,
    }),
  },
  'GET /user/info': {
    tag: users,
    summary: 'Show a user with keys and teams',
    query: z.object({ user_id: textParam.describe('Default: the user of the key.'), user_email: textParam }),
    answer: z.object({
      user_id: maybeString,
      user_info: userAnswer.extend({ model_max_budget_usage: fixed.emptyObject }).nullable(),
      keys: z.array(keyRowAnswer.extend({ team_alias: maybeString })),
      teams: z.array(teamAnswer),
    }),
  },
  'GET /v2/user/info': {
    tag: users,
    summary: 'Show a user',
    query: z.object({ user_id: textParam, user_email: textParam }),
    answer: userAnswer,
  },
  'GET /user/list': {
    tag: users,
    summary: 'List users in pages',
    query: z.object({
      ...paged('page_size', 25),
      role: textParam,
      user_email: textParam.describe('A part of the address.'),
      user_ids: textParam.describe('Ids, separated by commas.'),
      team: textParam.describe('Id of a team.'),
    }),
    answer: z.object({
      users: z.array(userAnswer.extend({ key_count: integer })),
      total: integer,
      page: integer,
      page_size: integer,
      total_pages: integer,
    }),
  },
  'POST /user/delete': {
    tag: users,
    summary: 'Delete users and their keys',
    body: usersNamed,
    answer: integer.describe('Number of deleted users.'),
  },
  'POST /user/block': { tag: users, summary: 'Block users', body: userBlock, answer: usersBlocked },
  'POST /user/unblock': { tag: users, summary: 'Unblock users', body: userBlock, answer: usersBlocked },
}
