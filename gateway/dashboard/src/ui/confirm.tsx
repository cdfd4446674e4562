import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../i18n/i18n.tsx'
import { sentenceOf } from '../i18n/server.ts'
import { Notice } from './bits.tsx'

interface ConfirmProps {
  readonly title: string
  /** The consequences, and a note if they can't be undone. */
  readonly children: ReactNode
  /** Word of the button: 'Delete', 'Rotate'. */
  readonly verb: string
  readonly danger?: boolean
  readonly onConfirm: () => Promise<unknown>
  readonly onClose: () => void
}

/** Asks before an action, and shows why it failed. */
export function Confirm({ title, children, verb, danger = false, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTexts()
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: unknown }>({ busy: false })
  const run = async () => {
    setState({ busy: true })
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack gap="md">
        <Text size="sm">{children}</Text>
        {state.error !== undefined && <Notice tone="bad">{sentenceOf(state.error, t)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button {...(danger && { color: 'red.9' })} loading={state.busy} onClick={run} data-autofocus>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
