import { Box, Group, Text } from '@mantine/core'
import type { CallDetail } from '../../api/logs.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { outcomeText } from '../../i18n/server.ts'
import { Status } from '../../ui/bits.tsx'

/** The attempts of a call in time: retries, fallbacks, and the waits between them. */
export function Timeline({ call }: { readonly call: CallDetail }) {
  const { t, format } = useTexts()
  const { attempts } = call
  if (attempts.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t(call.cache_hit === 'True' ? 'call.attempts.cached' : 'call.attempts.none')}
      </Text>
    )
  }
  const whole = Math.max(
    1,
    call.request_duration_ms,
    ...attempts.map((one) => (one.startMs ?? 0) + (one.durationMs ?? 0)),
  )
  return (
    <Box component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
      {attempts.map((attempt, index) => {
        const isGood = attempt.outcome === 'success'
        const start = ((attempt.startMs ?? 0) / whole) * 100
        const width = Math.max(1, ((attempt.durationMs ?? 0) / whole) * 100)
        const isFallback = index > 0 && attempt.modelGroup !== attempts[index - 1]?.modelGroup
        return (
          <Box component="li" key={`${attempt.startMs}-${attempt.deployment}-${attempt.outcome}`} mb="sm">
            <Group justify="space-between" gap="xs" wrap="nowrap" mb={4}>
              <Text size="sm">
                {`${index + 1}. `}
                <b>{[attempt.provider, attempt.model].filter(Boolean).join('/')}</b>
                {index > 0 && (
                  <Text size="xs" c="dimmed" span>{` ${t(isFallback ? 'call.fallback' : 'call.retry')}`}</Text>
                )}
              </Text>
              <Text size="xs" component="div">
                <Status tone={isGood ? 'good' : 'bad'}>
                  {`${attempt.status ?? ''} ${isGood ? t('logs.ok') : outcomeText(attempt.outcome, t)}`.trim()}
                </Status>
              </Text>
            </Group>
            <Box className="bar" aria-hidden="true">
              <span
                style={{
                  marginInlineStart: `${Math.min(99, start)}%`,
                  width: `${Math.min(width, 100 - Math.min(99, start))}%`,
                  background: isGood ? 'var(--good-fill)' : 'var(--bad-fill)',
                }}
              />
            </Box>
            <Text size="xs" c="dimmed" mt={3} style={{ overflowWrap: 'anywhere' }}>
              {[
                t('call.took', {
                  at: format.duration(attempt.startMs ?? 0),
                  time: format.duration(attempt.durationMs),
                }),
                attempt.message,
                attempt.delayMs ? t('call.waited', { time: format.duration(attempt.delayMs) }) : undefined,
                attempt.reason,
              ]
                .filter(Boolean)
                .join(' · ')}
            </Text>
          </Box>
        )
      })}
    </Box>
  )
}
