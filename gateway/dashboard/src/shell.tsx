import { ActionIcon, AppShell, Box, Burger, Center, Group, Loader, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { api } from './api/client.ts'
import { useTexts } from './i18n/i18n.tsx'
import { navigation } from './nav.ts'
import { rightsOf, type SignedIn, sessionQuery } from './session/session.ts'
import { SignIn } from './session/sign-in.tsx'
import { Brand, LanguageMenu, SchemeButton } from './ui/chrome.tsx'
import { Icon } from './ui/icons.tsx'
import { Empty, Failure } from './ui/states.tsx'

/** The frame of all pages: sign-in, or navigation and content. */
export function Shell() {
  const session = useQuery(sessionQuery)
  const { t } = useTexts()
  if (session.isPending) {
    return (
      <Center h="100%" role="status" aria-label={t('common.loading')}>
        <Loader size="sm" />
      </Center>
    )
  }
  if (session.isError) {
    return (
      <Center h="100%" component="main">
        <Failure error={session.error} onRetry={() => session.refetch()} />
      </Center>
    )
  }
  return session.data.signed_in ? <Frame session={session.data} /> : <SignIn session={session.data} />
}

function Frame({ session }: { readonly session: SignedIn }) {
  const { t } = useTexts()
  const [opened, { toggle, close }] = useDisclosure(false)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu of a narrow screen closes with each navigation
  useEffect(close, [pathname])
  const rights = rightsOf(session)
  return (
    <AppShell
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      header={{ height: 48, collapsed: false }}
      layout="alt"
      padding={0}
    >
      <a className="skip-link" href="#content">
        {t('nav.skip')}
      </a>
      <AppShell.Header bg="var(--mantine-color-body)" style={{ borderColor: 'var(--line)' }}>
        <Group h="100%" px={{ base: 'sm', sm: 'lg' }} justify="space-between" wrap="nowrap">
          <Group gap="xs">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.menu')} />
            <Box hiddenFrom="sm">
              <Brand />
            </Box>
          </Group>
          <Group gap={4} wrap="nowrap">
            <LanguageMenu />
            <SchemeButton />
            <Account session={session} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar bg="var(--surface)" style={{ borderColor: 'var(--line)' }} p="xs" aria-label={t('nav.label')}>
        <Group px={10} h={40} justify="space-between" wrap="nowrap">
          <Brand />
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.menu')} />
        </Group>
        {navigation.map((group) => {
          const items = group.items.filter((item) => item.visible(rights))
          return items.length === 0 ? null : (
            <Box key={group.label}>
              <Text className="nav-group">{t(group.label)}</Text>
              {items.map((item) => (
                <Link key={item.to} to={item.to} className="nav-link" activeOptions={{ includeSearch: false }}>
                  <Icon name={item.icon} />
                  {t(item.label)}
                </Link>
              ))}
            </Box>
          )
        })}
        <Text size="xs" c="dimmed" mt="auto" px={10} py={4}>
          llmux-gateway {session.version}
        </Text>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Box p={{ base: 'sm', sm: 'lg' }} maw={1480}>
          <Outlet />
        </Box>
      </AppShell.Main>
    </AppShell>
  )
}

function Account({ session }: { readonly session: SignedIn }) {
  const { t } = useTexts()
  const name =
    session.user_email ??
    session.key_alias ??
    (session.master ? t('role.master') : (session.user_id ?? session.key_name ?? ''))
  const signOut = async () => {
    await api('/session', { method: 'DELETE' })
    // nothing of the session stays in memory
    location.assign('/ui/')
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" w="auto" px={8} aria-label={`${t('nav.account')}: ${name}`}>
          <Group gap={6} wrap="nowrap">
            <Icon name="users" />
            <Text size="sm" c="var(--mantine-color-text)" visibleFrom="xs" truncate maw={180}>
              {name}
            </Text>
          </Group>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py={6}>
          <Text size="sm" fw={600} truncate maw={240}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {t(`role.${session.role}`)}
          </Text>
        </Box>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signOut" size={16} />} onClick={signOut}>
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

export function NotFound() {
  const { t } = useTexts()
  return (
    <Empty
      icon="search"
      title={t('error.notFound')}
      action={
        <Link to="/overview" className="link">
          {t('error.notFound.link')}
        </Link>
      }
    >
      {t('error.notFound.text')}
    </Empty>
  )
}
