import type { MessageKey } from './i18n/i18n.tsx'
import type { Rights } from './session/session.ts'
import type { IconName } from './ui/icons.tsx'

export interface NavItem {
  readonly to: '/overview' | '/keys'
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

export const navigation: readonly NavGroup[] = [
  {
    label: 'nav.group.usage',
    items: [{ to: '/overview', label: 'nav.overview', icon: 'overview', visible: reads('GET /user/daily/activity') }],
  },
  {
    label: 'nav.group.access',
    items: [
      {
        to: '/keys',
        label: 'nav.keys',
        icon: 'keys',
        visible: (rights) => rights.can('GET /key/list') && rights.session.role !== 'service',
      },
    ],
  },
]
