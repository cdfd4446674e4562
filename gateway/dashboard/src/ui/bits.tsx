import { ActionIcon, Badge, Box, Code, CopyButton, Group, Text, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTexts } from '../i18n/i18n.tsx'
import { Icon } from './icons.tsx'

type Tone = 'good' | 'warn' | 'bad' | 'quiet'

const fills: Readonly<Record<Tone, string>> = {
  good: 'var(--good-fill)',
  warn: 'var(--warn-fill)',
  bad: 'var(--bad-fill)',
  quiet: 'var(--mantine-color-dimmed)',
}

/** A state as a word with a dot: the colour only repeats the word. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <span className="dot" style={{ background: fills[tone] }} />
      <span>{children}</span>
    </Group>
  )
}

/** A message within a page or a form. An error is read out at once. */
export function Notice({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : undefined}>
      {children}
    </div>
  )
}

/** A time as its distance from now; the full time is in the tooltip. */
export function Ago({ at }: { readonly at: string | number | null | undefined }) {
  const { format, t } = useTexts()
  if (at === null || at === undefined) return <Text c="dimmed">{t('common.never')}</Text>
  return (
    <time dateTime={new Date(at).toISOString()} title={format.time(at)}>
      {format.relative(at)}
    </time>
  )
}

interface BudgetProps {
  readonly spend: number
  readonly budget: number | null
  readonly resetAt?: string | null | undefined
  readonly label: string
}

/** Spend of a budget as a bar with its amounts. */
export function BudgetBar({ spend, budget, resetAt, label }: BudgetProps) {
  const { t, format } = useTexts()
  if (budget === null) {
    return (
      <Text size="sm" component="span">
        {format.money(spend)} <Text c="dimmed" size="xs" span>{`· ${t('budget.none')}`}</Text>
      </Text>
    )
  }
  const share = budget === 0 ? 1 : spend / budget
  const tone: Tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good'
  const percent = Math.min(100, Math.round(share * 100))
  return (
    <Box miw={150} title={resetAt ? t('budget.resets', { time: format.time(resetAt) }) : undefined}>
      <Group justify="space-between" gap={6} wrap="nowrap" mb={3}>
        <Text size="xs">{t('budget.of', { spend: format.money(spend), budget: format.money(budget) })}</Text>
        <Text size="xs" c="dimmed">
          {format.percent(share)}
        </Text>
      </Group>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers don't agree on the parts of a meter element */}
      <div
        className="bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={t('budget.of', { spend: format.money(spend), budget: format.money(budget) })}
      >
        <span style={{ width: `${percent}%`, background: fills[tone] }} />
      </div>
    </Box>
  )
}

interface CopyProps {
  readonly value: string
  readonly label: string
}

/** Copies a text, and says so. */
export function CopyIcon({ value, label }: CopyProps) {
  const { t } = useTexts()
  return (
    <CopyButton value={value} timeout={2_000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('common.copied') : label}>
          <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={copied ? t('common.copied') : label}>
            <Icon name={copied ? 'check' : 'copy'} size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

/** A block of code with a button that copies it. */
export function Snippet({ code, label }: { readonly code: string; readonly label: string }) {
  return (
    <Box pos="relative">
      <Code block tabIndex={0} aria-label={label} pr={44} fz={12.5} bg="var(--surface-sunken)" c="inherit">
        {code}
      </Code>
      <Box pos="absolute" top={6} right={6}>
        <CopyIcon value={code} label={label} />
      </Box>
    </Box>
  )
}

/** Some names, and the number of the others. */
export function Names({
  names,
  most = 2,
  none,
}: {
  readonly names: readonly string[]
  readonly most?: number
  readonly none: string
}) {
  if (names.length === 0)
    return (
      <Text c="dimmed" size="sm" span>
        {none}
      </Text>
    )
  return (
    <Group gap={4} wrap="nowrap">
      {names.slice(0, most).map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
      {names.length > most && (
        <Tooltip label={names.slice(most).join(', ')} multiline maw={360}>
          <Text size="xs" c="dimmed" tabIndex={0}>{`+${names.length - most}`}</Text>
        </Tooltip>
      )}
    </Group>
  )
}

export const Tag = ({ children }: { readonly children: string }) => (
  <Badge variant="default" radius="sm" tt="none" fw={500} size="sm" maw={220} title={children}>
    {children}
  </Badge>
)
