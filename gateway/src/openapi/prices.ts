import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import { anyObject, boolean, component, flag, integer, number, type Operations, open, string, text } from './parts.js'

const tag = 'Prices'

const price = component(
  'Price',
  open({
    id: string,
    model: string.describe('`provider/model`, a model group, or the id of a deployment.'),
    prices_per_million: anyObject.describe('US dollars for a million tokens.'),
    effective_at: string,
    source: z.enum(['override', 'refresh']),
    created_at: string,
    created_by: string,
  }),
  'A price that was set at run time.',
)

const prices = {
  input_cost_per_token: z
    .number()
    .min(0)
    .optional()
    .describe('US dollars. Also every other price of `litellm_params`.'),
  output_cost_per_token: z.number().min(0).optional(),
}

export const priceOperations: Operations = {
  'GET /spend/prices': {
    tag,
    summary: 'Prices that were set at run time',
    answer: z.object({ prices: z.array(price) }),
  },
  'POST /spend/prices': {
    tag,
    summary: 'Set a price, from now or from a later time on',
    body: open({ model: kinds.text, effective_at: text.describe('A day or a time. Default: now.'), ...prices }),
    answer: open({ ...price.shape, deployments: z.array(z.string().nullish()) }),
  },
  'POST /spend/prices/delete': {
    tag,
    summary: 'Remove a price',
    body: open({ id: kinds.text }),
    answer: z.object({ deleted: string }),
  },
  'POST /spend/prices/refresh': {
    tag,
    summary: 'Read the table of prices again',
    description: 'Needs `llmux_settings.prices_url`.',
    bodyOptional: true,
    answer: open({ models: integer, changed: z.array(price) }),
  },
  'POST /spend/rerate': {
    tag,
    summary: 'Price past calls anew',
    body: open({
      start_date: kinds.text.describe('A day or a time.'),
      end_date: text.describe('A day, which is included, or a time. Default: now.'),
      model: text,
      model_group: text,
      provider: text,
      deployment: text,
      only_unknown: flag.describe('Only calls without a known price.'),
      dry_run: flag.describe('Counts without a change.'),
      ...prices,
    }),
    answer: open({
      id: string,
      dry_run: boolean,
      calls: integer,
      changed: integer,
      spend_before: number,
      spend_after: number,
    }),
  },
  'GET /spend/ratings': {
    tag,
    summary: 'Corrections of past prices',
    answer: z.object({ ratings: z.array(anyObject) }),
  },
  'POST /spend/reconcile': {
    tag,
    summary: 'Compare the ledger with the export of a provider',
    body: open({
      csv: z.string().describe('Text of the export.'),
      provider: text,
      tolerance: z.number().min(0).optional().describe('A share such as 0.01, which is the default.'),
    }),
    answer: open({ total: anyObject }),
  },
}
