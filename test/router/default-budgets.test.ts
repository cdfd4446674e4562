import { afterEach, describe, expect, it } from 'vitest'
import { BudgetExceededError, Router, type RouterOptions } from '../../src/index.js'
import { rejection, simulated, user } from '../helpers/simulated.js'

const { sim } = simulated()
const routers: Router[] = []
afterEach(async () => {
  for (const router of routers.splice(0)) await router.close()
})

const tiny = { maxBudget: 0.0001, budgetDuration: '1d' }

function routerWith(budgets: RouterOptions['budgets']): Router {
  const router = new Router({
    modelList: [{ modelName: 'chat', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase: sim().openaiBase } }],
    budgets,
  })
  routers.push(router)
  sim().reply({ text: 'x', usage: { promptTokens: 20, completionTokens: 5 } }, { times: Number.POSITIVE_INFINITY })
  return router
}

/** The names that can be called a second time. */
async function callTwice(
  router: Router,
  options: (name: string) => object,
  names: readonly string[],
): Promise<string[]> {
  const allowed = async (name: string) => {
    try {
      await router.completion({ model: 'chat', messages: user('hi'), max_tokens: 5, ...options(name) })
      return true
    } catch (error) {
      if (error instanceof BudgetExceededError) return false
      throw error
    }
  }
  for (const name of names) expect(await allowed(name)).toBe(true)
  const left: string[] = []
  for (const name of names) if (await allowed(name)) left.push(name)
  return left
}

describe('budgets from a default', () => {
  it('are made for each user, beside those with an entry', async () => {
    const router = routerWith({ users: { '*': tiny, boss: { maxBudget: 100 } } })
    expect(await callTwice(router, (name) => ({ user: name }), ['ann', 'ben', 'boss'])).toEqual(['boss'])
    expect(
      router
        .snapshot()
        .budgets.map(({ key }) => key)
        .sort(),
    ).toEqual(['user:ann', 'user:ben', 'user:boss'])
    await router.completion({ model: 'chat', messages: user('hi') })
  })

  it('are made for each tag', async () => {
    const router = routerWith({ tags: { '*': tiny } })
    expect(await callTwice(router, (name) => ({ tags: [name] }), ['a', 'b'])).toEqual([])
  })

  it('keep their spending when the default changes, and are gone with it', async () => {
    const router = routerWith({ users: { '*': tiny } })
    await callTwice(router, (name) => ({ user: name }), ['ann'])
    const { modelList } = {
      modelList: [{ modelName: 'chat', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase: sim().openaiBase } }],
    }
    router.configure({ modelList, budgets: { users: { '*': { ...tiny, maxBudget: 0.00011 } } } })
    const call = () => router.completion({ model: 'chat', messages: user('hi'), max_tokens: 5, user: 'ann' })
    expect(await rejection(call())).toBeInstanceOf(BudgetExceededError)
    router.configure({ modelList, budgets: {} })
    await call()
    expect(router.snapshot().budgets).toEqual([])
  })
})
