import type { MessageKey } from './i18n/i18n.tsx'
import type { Rights } from './session/session.ts'
import type { IconName } from './ui/icons.tsx'

/** Addresses of pages in the menu. */
export type AppPath =
  | '/overview'
  | '/logs'
  | '/keys'
  | '/teams'
  | '/users'
  | '/customers'
  | '/budgets'
  | '/models'
  | '/playground'
  | '/settings'

export interface NavItem {
  readonly to: AppPath
  readonly label: MessageKey
  readonly icon: IconName
  /** Whether the caller may read the page. */
  readonly visible: (rights: Rights) => boolean
}

export interface NavGroup {
  readonly label: MessageKey
  readonly items: readonly NavItem[]
}

const reads = (route: string) => (rights: Rights) => rights.can(route)

/** A key without a user has no rows of its own. */
const isPerson = (route: string) => (rights: Rights) => rights.session.role !== 'service' && rights.can(route)

export const navigation: readonly NavGroup[] = [
  {
    label: 'nav.group.usage',
    items: [
      { to: '/overview', label: 'nav.overview', icon: 'overview', visible: reads('GET /spend/usage') },
      { to: '/logs', label: 'nav.logs', icon: 'logs', visible: reads('GET /spend/logs') },
    ],
  },
  {
    label: 'nav.group.access',
    items: [
      { to: '/keys', label: 'nav.keys', icon: 'keys', visible: isPerson('GET /key/list') },
      { to: '/teams', label: 'nav.teams', icon: 'teams', visible: isPerson('GET /v2/team/list') },
      { to: '/users', label: 'nav.users', icon: 'users', visible: reads('GET /user/list') },
      { to: '/customers', label: 'nav.customers', icon: 'customers', visible: reads('GET /customer/list') },
      { to: '/budgets', label: 'nav.budgets', icon: 'budgets', visible: reads('GET /budget/list') },
    ],
  },
  {
    label: 'nav.group.gateway',
    items: [
      { to: '/models', label: 'nav.models', icon: 'models', visible: reads('GET /model/info') },
      { to: '/playground', label: 'nav.playground', icon: 'playground', visible: () => true },
      { to: '/settings', label: 'nav.settings', icon: 'settings', visible: reads('GET /dashboard/settings') },
    ],
  },
]
