import { describe, expect, it } from 'vitest'
import { hosts, placeOf } from './folders/hosts.js'
import { corpusFolder, howToConfigure, recordings } from './wire/recording.js'

/** Where recordings were made elsewhere than at the address that llmux knows, and why that is right. */
const elsewhere: Readonly<Record<string, string>> = {
  'alibaba https://alibaba.invalid/v1': 'the recorder did not say where',
  'cloudflare https://api.cloudflare.com/client/v4/accounts/my-account/ai/v1': "the user's account is in it",
  'databricks https://my-workspace.azuredatabricks.net/serving-endpoints': "the user's workspace is in it",
  'deepseek https://api.deepseek.com/beta': 'where a prefix is taken; given as apiBase',
  'deepseek https://api.deepseek.com/v1': 'the same as without the version, as its page says',
  'github-copilot https://api.githubcopilot.com': 'has no prefix here: its tokens come of signing in with a browser',
  'gpustack http://gpustack.invalid/v1': 'a server of one’s own',
  'huggingface https://api-inference.huggingface.co/models/…/v1': 'the address of before the router',
  'huggingface https://router.huggingface.co/fireworks-ai/inference/v1': 'one host behind the router',
  'huggingface https://router.huggingface.co/hf-inference/models/…/v1': 'one host behind the router',
  'huggingface https://router.huggingface.co/hyperbolic/v1': 'one host behind the router',
  'huggingface https://router.huggingface.co/nebius/v1': 'one host behind the router',
  'huggingface https://router.huggingface.co/novita/v3/openai': 'one host behind the router',
  'huggingface https://router.huggingface.co/sambanova/v1': 'one host behind the router',
  'huggingface https://router.huggingface.co/together/v1': 'one host behind the router',
  'llamacpp http://localhost:8080/v1': 'a server of one’s own; llmux says 127.0.0.1',
  'llamafile https://unknown.invalid/v1': 'the recorder did not say where',
  'moonshot https://moonshot.invalid/v1': 'the recorder did not say where',
  'nebius https://api.studio.nebius.ai/v1': 'the address before Token Factory',
  'snowflake https://my-account.snowflakecomputing.com/api/v2/cortex/v1': "the user's account is in it",
  'tgi http://localhost:8080/v1': 'a server of one’s own',
  'together https://api.together.ai/v1': 'its other name: both answer',
  'vllm http://localhost:8000': 'rerank is served with the version and without',
  'vllm http://localhost:8000/v1': 'a server of one’s own',
  'zai https://api.z.ai/api/coding/paas/v4': 'the coding plan; given as apiBase',
}

const folder = corpusFolder()

describe('recorded addresses', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  it('match those of llmux, or are listed as different', async () => {
    const found = new Map<string, number>()
    let own = 0
    for (const recording of recordings(folder, Object.keys(hosts))) {
      // the resource is the user's own: where it is called is checked with every request
      if (recording.provider === 'azure' || !/^(chat|embedding|rerank)/.test(recording.operation)) continue
      const place = await placeOf(recording)
      if (!place) continue
      if (place.options.apiBase === undefined) own++
      else {
        const base = `${recording.provider} ${place.options.apiBase.replace(/\/models\/.+\/v1$/, '/models/…/v1')}`
        found.set(base, (found.get(base) ?? 0) + 1)
      }
    }
    console.log(
      `${own} recordings at the address that llmux knows, ${[...found.values()].reduce((a, b) => a + b, 0)} elsewhere`,
    )
    expect([...found.keys()].filter((base) => !Object.hasOwn(elsewhere, base))).toEqual([])
    expect(Object.keys(elsewhere).filter((base) => !found.has(base))).toEqual([])
  })
})
