import { Box, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface PageProps {
  readonly title: string
  readonly description?: string | undefined
  /** Controls beside the title. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A page of the dashboard: one heading, its controls, its content. */
export function Page({ title, description, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · llmux`
  }, [title])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Box>
          <Title order={1}>{title}</Title>
          {description && (
            <Text size="sm" c="dimmed" maw={720}>
              {description}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}

interface SectionProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  /** Whether the content touches the border, as tables do. */
  readonly flush?: boolean
}

/** A card with a heading. */
export function Section({ title, aside, children, flush = false }: SectionProps) {
  return (
    <section className="card" aria-label={title}>
      <Group justify="space-between" px="md" pt="sm" pb={flush ? 'xs' : 0} gap="sm">
        <Title order={2}>{title}</Title>
        {aside}
      </Group>
      <Box p={flush ? 0 : 'md'} pt={flush ? 0 : 'sm'}>
        {children}
      </Box>
    </section>
  )
}
