import { Box, Button, Center, Divider, Group, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import { useTexts } from '../i18n/i18n.tsx'
import { sentenceOf } from '../i18n/server.ts'
import { Brand, LanguageMenu, SchemeButton } from '../ui/chrome.tsx'
import { type Session, type SignedOut, sessionQuery } from './session.ts'

/** Sign-in with a key of the gateway, or with the identity provider. */
export function SignIn({ session }: { readonly session: SignedOut }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  useEffect(() => {
    document.title = `${t('signIn.title')} · llmux`
  }, [t])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (key.trim() === '') return setError(t('signIn.missing'))
    setBusy(true)
    setError(undefined)
    try {
      const next = await api<Session>('/session', { method: 'POST', body: { key: key.trim() } })
      queries.setQueryData(sessionQuery.queryKey, next)
    } catch (failure) {
      const isWrong = failure instanceof ApiError && failure.status === 401
      setError(isWrong ? t('signIn.wrong') : sentenceOf(failure, t))
      setBusy(false)
    }
  }
  const returnTo = `/ui${location.pathname.replace(/^\/ui/, '')}${location.search}`
  return (
    <Box component="main" mih="100%" pos="relative">
      <Group pos="absolute" top={10} right={14} gap={4}>
        <LanguageMenu />
        <SchemeButton />
      </Group>
      <Center mih="100vh" px="md">
        <Stack w="100%" maw={380} gap="lg">
          <Brand />
          <Box className="card" p="lg">
            <Stack gap="md">
              <Box>
                <Title order={1}>{t('signIn.title')}</Title>
                <Text size="sm" c="dimmed" mt={4}>
                  {t('signIn.text')}
                </Text>
              </Box>
              {session.oidc && (
                <>
                  <Button component="a" fullWidth href={`/sso/key/generate?return_to=${encodeURIComponent(returnTo)}`}>
                    {t('signIn.oidc')}
                  </Button>
                  <Divider label={t('signIn.or')} />
                </>
              )}
              <form onSubmit={submit} noValidate>
                <Stack gap="md">
                  <PasswordInput
                    label={t('signIn.key')}
                    placeholder="sk-…"
                    value={key}
                    onChange={(event) => setKey(event.currentTarget.value)}
                    error={error}
                    autoComplete="current-password"
                    name="password"
                    data-autofocus
                    autoFocus
                    visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
                  />
                  <Button type="submit" loading={busy} fullWidth variant={session.oidc ? 'default' : 'filled'}>
                    {t('signIn.submit')}
                  </Button>
                </Stack>
              </form>
            </Stack>
          </Box>
          <Text size="xs" c="dimmed">
            {t('signIn.hint')}
          </Text>
        </Stack>
      </Center>
    </Box>
  )
}
