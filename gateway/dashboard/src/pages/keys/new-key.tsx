import { Button, Group, Modal, Stack, Tabs, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { NewKey } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { CopyIcon, Notice, Snippet } from '../../ui/bits.tsx'
import { snippetsOf } from './snippets.ts'

/** A new key with code that uses it. It is shown once: the gateway keeps only its hash. */
export function NewKeyDialog({ made, onClose }: { readonly made: NewKey; readonly onClose: () => void }) {
  const { t } = useTexts()
  const groups = useQuery({
    queryKey: ['models', 'groups'],
    queryFn: ({ signal }) => api<{ data: readonly { model_group: string }[] }>('/model_group/info', { signal }),
  })
  const own = made.models.find((name) => name !== 'all-proxy-models' && !name.includes('*'))
  const model = own ?? groups.data?.data.find(({ model_group }) => !model_group.includes('*'))?.model_group ?? 'gpt-4o'
  const snippets = snippetsOf(location.origin, made.key, model)
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={t('newKey.title')}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="md">
        <Notice tone="warn">{t('newKey.once')}</Notice>
        <TextInput
          label={made.key_alias ?? t('newKey.key')}
          value={made.key}
          readOnly
          onFocus={(event) => event.currentTarget.select()}
          rightSection={<CopyIcon value={made.key} label={t('newKey.copy')} />}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        />
        <Tabs defaultValue="curl">
          <Tabs.List aria-label={t('newKey.snippets')}>
            {snippets.map(({ id, name }) => (
              <Tabs.Tab key={id} value={id}>
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {snippets.map(({ id, name, code }) => (
            <Tabs.Panel key={id} value={id} pt="sm">
              <Snippet code={code} label={t('newKey.copySnippet', { name })} />
            </Tabs.Panel>
          ))}
        </Tabs>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t('newKey.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
