import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { signV4 } from '../../../providers/aws/sigv4.js'

interface Signed {
  url: string
  headers: Record<string, string>
  body: string
  now: number
  region: string
  sessionToken?: string
  signedHeaders: string
  signature: string
}

const { requests, ...keys } = JSON.parse(
  readFileSync(new URL('./fixtures/sigv4-botocore.json', import.meta.url), 'utf8'),
) as { requests: Signed[]; accessKeyId: string; secretAccessKey: string }

describe('signature version 4', () => {
  it.each(requests.map((request, index) => [`${index} ${request.url.slice(0, 90)}`, request] as const))(
    'is that of botocore: %s',
    (_, { url, headers, body, now, region, sessionToken, signedHeaders, signature }) => {
      const signed = signV4(
        { method: 'POST', url, headers, body, now },
        { ...keys, sessionToken },
        { region, service: 'bedrock' },
      )
      expect(signed.authorization).toContain(`SignedHeaders=${signedHeaders}, Signature=${signature}`)
      expect(signed['x-amz-security-token']).toBe(sessionToken)
    },
  )

  // names and signatures of AWS's published suite (aws-sig-v4-test-suite)
  const suite: [name: string, method: string, path: string, signature: string][] = [
    ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ]

  it.each(suite)('matches %s', (_, method, path, signature) => {
    const now = Date.UTC(2015, 7, 30, 12, 36)
    const request = { method, url: `https://example.amazonaws.com${path}`, headers: {}, body: '', now }
    const signed = signV4(request, keys, { region: 'us-east-1', service: 'service' })
    expect(signed).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        `SignedHeaders=host;x-amz-date, Signature=${signature}`,
    })
  })

  it('excludes headers that proxies change', () => {
    const base = { method: 'POST', url: 'https://example.amazonaws.com/', body: '', now: 0 }
    const scope = { region: 'us-east-1', service: 'service' }
    const signed = signV4(
      { ...base, headers: { 'user-agent': 'x', authorization: 'y', 'x-amzn-trace-id': 'z' } },
      keys,
      scope,
    )
    expect(signed).toEqual(signV4({ ...base, headers: {} }, keys, scope))
  })
})
