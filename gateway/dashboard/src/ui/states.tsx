import { Box, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTexts } from '../i18n/i18n.tsx'
import { sentenceOf } from '../i18n/server.ts'
import { Icon, type IconName } from './icons.tsx'

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  /** The next step. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** Nothing to show yet, and the next step. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Box c="dimmed">
        <Icon name={icon} size={28} />
      </Box>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={460}>
        {children}
      </Text>
      {action && <Box mt="xs">{action}</Box>}
    </Stack>
  )
}

interface FailureProps {
  readonly error: unknown
  readonly onRetry?: (() => void) | undefined
}

/** A part of the page that could not be loaded. */
export function Failure({ error, onRetry }: FailureProps) {
  const { t } = useTexts()
  return (
    <Stack align="center" gap="xs" py={40} px="md" ta="center" role="alert">
      <Box c="var(--bad)">
        <Icon name="warning" size={28} />
      </Box>
      <Title order={3}>{t('error.title')}</Title>
      <Text size="sm" c="dimmed" maw={560} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}>
        {sentenceOf(error, t)}
      </Text>
      {onRetry && (
        <Button variant="default" mt="xs" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </Stack>
  )
}

/** Lines in the place of rows that are loading. */
export function LoadingRows({ rows = 6 }: { readonly rows?: number }) {
  const { t } = useTexts()
  return (
    <Stack gap="sm" p="md" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all lines are alike
        <Group key={index} gap="md" wrap="nowrap">
          <Skeleton height={14} width="28%" />
          <Skeleton height={14} width="18%" />
          <Skeleton height={14} flex={1} />
        </Group>
      ))}
    </Stack>
  )
}
