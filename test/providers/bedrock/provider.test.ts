import { describe, expect, it } from 'vitest'
import { provider } from '../../../providers/bedrock.js'
import type { Settings } from '../../../providers/contract.js'
import { BadRequestError } from '../../../src/errors.js'

const base = provider.address.base as (settings: Settings) => string

describe('the provider', () => {
  it.each([
    ['us-east-1', 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    ['us-gov-west-1', 'https://bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'https://bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', 'https://bedrock-runtime.us-iso-east-1.c2s.ic.gov'],
  ])('uses for %s the host %s', (region, url) => {
    expect(base({ region })).toBe(url)
  })

  it.each(['evil.example/', 'us-east-1.evil.example', 'US', '', 'a@b'])("rejects the region '%s'", (region) => {
    expect(() => base({ region })).toThrow(BadRequestError)
  })

  it.each([
    ['us.amazon.nova-lite-v1:0', 'chat', false, '/model/us.amazon.nova-lite-v1%3A0/converse'],
    ['us.amazon.nova-lite-v1:0', 'chat', true, '/model/us.amazon.nova-lite-v1%3A0/converse-stream'],
    ['converse/anthropic.claude-v2', 'chat', false, '/model/anthropic.claude-v2/converse'],
    ['amazon.titan-embed-text-v2:0', 'embedding', false, '/model/amazon.titan-embed-text-v2%3A0/invoke'],
    [
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
      'chat',
      false,
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse',
    ],
  ] as const)('calls %s (%s, stream %s) at %s', (model, operation, stream, path) => {
    expect(provider.address.path(operation, model, stream, {}, '')).toBe(path)
  })

  const profile = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc'

  it.each([
    [profile, 'eu-west-1', profile],
    [encodeURIComponent(profile), 'eu-west-1', profile],
    ['arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0', 'us-gov-west-1', undefined],
    ['ap-southeast-2/amazon.nova-lite-v1:0', 'ap-southeast-2', 'amazon.nova-lite-v1:0'],
    ['converse/us-gov-west-1/amazon.nova-lite-v1:0', 'us-gov-west-1', 'amazon.nova-lite-v1:0'],
    ['invoke/eu-west-3/anthropic.claude-3-haiku-20240307-v1:0', 'eu-west-3', 'anthropic.claude-3-haiku-20240307-v1:0'],
    [`llama/${profile}`, 'eu-west-1', profile],
  ])('takes the region of %s', async (model, region, id) => {
    const served = (await provider.route?.(model)) ?? provider
    const setting = served.settings?.find(({ option }) => option === 'region')
    expect(setting).toMatchObject({ default: region, env: [] })
    const host = (served.address.base as (settings: Settings) => string)({ region: 'us-east-1' })
    expect(host).toBe(`https://bedrock-runtime.${region}.amazonaws.com`)
    const name = served.modelName?.(model) ?? ''
    if (id !== undefined) expect(name).toBe(id)
    expect(served.address.path('chat', name, false, {}, '')).toContain(`/model/${encodeURIComponent(name)}/`)
    const keys = { accessKeyId: 'AKIA1', secretAccessKey: 's', region: 'us-east-1' }
    const signable = { method: 'POST', url: `${host}/x`, headers: {}, body: '', now: 0 } as const
    const headers = await served.authorize?.(signable, keys, {
      key: undefined,
      send: async () => ({ status: 0, text: '' }),
    })
    expect(headers?.authorization).toContain(`/${region}/bedrock/`)
    expect(await provider.route?.(model)).toBe(served)
  })

  it('keeps names without a region', async () => {
    for (const model of ['us.amazon.nova-lite-v1:0', 'converse/amazon.nova-lite-v1:0', 'custom/name']) {
      expect(await provider.route?.(model)).toBe(provider)
    }
  })

  it.each(['..', '.', 'converse/..'])("rejects the model name '%s'", (model) => {
    expect(() => provider.address.path('chat', model, false, {}, '')).toThrow(BadRequestError)
  })

  it('prefers a bearer token to keys and is frozen', () => {
    expect(provider.auth.schemes).toEqual([
      { option: 'apiKey', env: ['AWS_BEARER_TOKEN_BEDROCK'], header: 'authorization', prefix: 'Bearer ' },
    ])
    const settings = Object.fromEntries((provider.settings ?? []).map((setting) => [setting.option, setting]))
    expect(settings.region).toMatchObject({
      required: true,
      env: ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_REGION_NAME'],
    })
    expect(settings.secretAccessKey).toMatchObject({ secret: true })
    expect(settings.sessionToken).toMatchObject({ secret: true })
    for (const part of [provider, provider.address, provider.auth, provider.settings, provider.dialect]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})
