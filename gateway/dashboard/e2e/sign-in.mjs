// Sign-in with an identity provider: oidc-provider with a form of its own, and a gateway that uses it.

import { generateKeyPair } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import Provider from 'oidc-provider'
import { startStage } from './stage.mjs'

const clientSecret = 'a-secret-of-the-stage-that-is-long-enough'

/** People by their names. Groups decide about the role at the gateway. */
const people = {
  marie: { name: 'Marie Example', email: 'marie@example.com', groups: ['llm-admins'] },
  niels: { name: 'Niels Example', email: 'niels@example.com', groups: ['llm-readers', 'chemistry'] },
  lise: { name: 'Lise Example', email: 'lise@example.com', groups: ['chemistry'] },
  mallory: { name: 'Mallory Example', email: 'mallory@elsewhere.test', groups: ['llm-admins'] },
}

/** Starts a provider, and a gateway that accepts its people of example.com. */
async function startSignIn() {
  let answer = (_request, response) => response.end()
  const server = createServer((request, response) => answer(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${server.address().port}`
  const stage = await startStage({
    environment: {
      GENERIC_CLIENT_ID: 'gateway',
      GENERIC_CLIENT_SECRET: clientSecret,
      GENERIC_ISSUER: issuer,
      GENERIC_SCOPE: 'openid email profile groups',
      GENERIC_ROLE_MAPPINGS_ROLES: JSON.stringify({
        proxy_admin: ['llm-admins'],
        proxy_admin_viewer: ['llm-readers'],
      }),
      ALLOWED_EMAIL_DOMAINS: 'example.com',
    },
  })
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'stage' }] },
    cookies: { keys: ['a-key-for-cookies-of-the-stage'] },
    clients: [{ client_id: 'gateway', client_secret: clientSecret, redirect_uris: [`${stage.url}/sso/callback`] }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, email_verified: true, ...people[sub] }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
  })
  const callback = provider.callback()
  answer = (request, response) => {
    if (request.url.startsWith('/interaction/')) interact(provider, request, response).catch(() => response.end())
    else callback(request, response)
  }
  return {
    ...stage,
    issuer,
    async stop() {
      await stage.stop()
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A form for the name; what the gateway asks for is granted. */
async function interact(provider, request, response) {
  const { prompt, params, session, uid } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login' && request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    return response.end(`<!doctype html><html lang="en"><title>Identity provider</title><h1>Identity provider</h1>
<form method="post" action="/interaction/${uid}"><label>Name <input name="name" autofocus></label>
<button>Continue</button><button name="cancel" value="yes">Cancel</button></form></html>`)
  }
  if (prompt.name === 'login') {
    let text = ''
    for await (const part of request) text += part
    const form = new URLSearchParams(text)
    const result =
      form.get('cancel') || !Object.hasOwn(people, form.get('name') ?? '')
        ? { error: 'access_denied', error_description: 'The person did not sign in.' }
        : { login: { accountId: form.get('name') } }
    return await provider.interactionFinished(request, response, result)
  }
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id })
  grant.addOIDCScope(String(params.scope))
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

export async function signInFlows({ check, open, axe, settled }) {
  const { url, call, stop } = await startSignIn()
  const signIn = async (name, options) => {
    const page = await open(undefined, { at: url, elsewhere: true, ...options })
    await page.goto('/ui/keys')
    await page.getByRole('link', { name: 'Continue with your organization' }).click()
    await page.getByRole('heading', { name: 'Identity provider' }).waitFor()
    if (name === undefined) await page.getByRole('button', { name: 'Cancel' }).click()
    else {
      await page.getByRole('textbox', { name: 'Name' }).fill(name)
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    return page
  }
  const account = async (page, role) => {
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('menu').getByText(role, { exact: true }).waitFor()
  }

  await check('sign-in with an identity provider: a group becomes the role of an admin', async () => {
    const page = await signIn('marie')
    // back at the page that was asked for
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Create key' }).first().waitFor()
    await account(page, 'Admin')
    await page.shot('oidc-admin')
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Users' }).click()
    await page.getByText('marie@example.com').first().waitFor()
    await page.getByRole('cell', { name: 'Admin', exact: true }).first().waitFor()
    await settled(page)
    await page.shot('oidc-users')
    const cookies = await page.context().cookies()
    const session = cookies.find(({ name }) => name === 'llmux_session')
    if (!session?.httpOnly || session.sameSite !== 'Lax') throw new Error(`the cookie is ${JSON.stringify(session)}`)
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
    const after = await fetch(`${url}/key/list`, { headers: { authorization: `Bearer ${session.value}` } })
    if (after.status !== 401) throw new Error(`the session after the sign-out: ${after.status}`)
    await page.done()
  })

  await check('sign-in with an identity provider: a group of readers may change nothing', async () => {
    const page = await signIn('niels')
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    await settled(page)
    if ((await page.getByRole('button', { name: 'Create key' }).count()) > 0) throw new Error('a button to create')
    await account(page, 'Admin, read only')
    await page.done()
  })

  await check('sign-in with an identity provider: without a group of the gateway, a user', async () => {
    const page = await signIn('lise')
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    const links = await page.getByRole('navigation').getByRole('link').allTextContents()
    if (links.includes('Users') || links.includes('Settings')) throw new Error(`the menu has ${links.join()}`)
    await account(page, 'User')
    await page.done()
  })

  await check('a refused sign-in is a page with the reason and the way back', async () => {
    const page = await signIn('mallory', { scheme: 'dark' })
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await page.getByRole('alert').waitFor()
    await page.shot('oidc-refused')
    await axe(page)
    await page.getByRole('link', { name: 'Sign in with a key' }).click()
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
    await page.done()

    await call('/user/block', { user_ids: ['lise'] })
    const blocked = await signIn('lise')
    await blocked.getByText('The user lise is blocked.').waitFor()
    await blocked.done()

    const cancelled = await signIn(undefined)
    await cancelled.getByText('The identity provider refused the sign-in: access_denied.').waitFor()
    await cancelled.getByRole('link', { name: 'Try again' }).click()
    await cancelled.getByRole('heading', { name: 'Identity provider' }).waitFor()
    await cancelled.done()
  })
  await stop()
}
