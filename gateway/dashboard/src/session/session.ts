import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'

export type Role = 'proxy_admin' | 'proxy_admin_viewer' | 'internal_user' | 'internal_user_viewer' | 'service'

export interface SignedOut {
  readonly signed_in: false
  /** Whether an identity provider is configured. */
  readonly oidc: boolean
  readonly version: string
}

export interface SignedIn {
  readonly signed_in: true
  readonly oidc: boolean
  readonly version: string
  readonly role: Role
  readonly master: boolean
  readonly user_id: string | null
  readonly user_email: string | null
  readonly key_name: string | null
  readonly key_alias: string | null
  readonly team_id: string | null
  readonly teams_admin: readonly string[]
  readonly expires: string
  /** Management routes that the caller may use: `METHOD path`. */
  readonly routes: readonly string[]
}

export type Session = SignedIn | SignedOut

declare global {
  /** The answer of `GET /session` that index.html has asked for. */
  var llmuxSession: Promise<Response | undefined> | undefined
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const early = await globalThis.llmuxSession
    globalThis.llmuxSession = undefined
    return early?.ok ? ((await early.json()) as Session) : await api<Session>('/session', { signal })
  },
  staleTime: 60_000,
})

/** What the signed-in caller may do. The gateway decides; the page only hides. */
export interface Rights {
  readonly session: SignedIn
  /** Whether the caller may use a route such as `POST /key/generate`. */
  can(route: string): boolean
  /** Whether the caller sees the rows of all users. */
  readonly seesAll: boolean
}

export const rightsOf = (session: SignedIn): Rights => {
  const routes = new Set(session.routes)
  return {
    session,
    can: (route) => routes.has(route),
    seesAll: session.role === 'proxy_admin' || session.role === 'proxy_admin_viewer',
  }
}

/** The rights of the caller. Only below the shell, which shows the sign-in to others. */
export function useRights(): Rights {
  const { data } = useQuery(sessionQuery)
  if (!data?.signed_in) throw new Error('useRights() must be used inside of the shell.')
  return rightsOf(data)
}
