import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const accent: MantineColorsTuple = [
  '#eef1fd',
  '#dde2f8',
  '#b9c3f0',
  '#93a3e9',
  '#7487e2',
  '#5f75de',
  '#4c61d0',
  '#3f51c7',
  '#3446a8',
  '#2a3987',
]

/** The header of a dialog is none of the page. */
const dialogAttributes = { header: { role: 'presentation' } }

const dialogStyles = {
  title: { fontWeight: 600, fontSize: 16 },
  content: { background: 'var(--surface)' },
  header: { background: 'var(--surface)' },
}

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: {
    accent,
    dark: [
      '#e3e5e9',
      '#c3c7cf',
      '#a3a9b4',
      '#767d8a',
      '#3a3f4a',
      '#2b3039',
      '#22262e',
      '#191c22',
      '#131519',
      '#0d0e11',
    ],
  },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '1.3' },
      h2: { fontSize: '15px', lineHeight: '1.4' },
      h3: { fontSize: '14px', lineHeight: '1.4' },
    },
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Drawer: {
      defaultProps: { position: 'right', size: 'lg', padding: 'lg', attributes: dialogAttributes },
      styles: dialogStyles,
    },
    Modal: { defaultProps: { padding: 'lg', centered: true, attributes: dialogAttributes }, styles: dialogStyles },
    InputWrapper: {
      styles: {
        label: { fontWeight: 500, marginBottom: 3 },
        description: { fontSize: 12, marginBottom: 5 },
        error: { fontSize: 12 },
      },
    },
  },
})

/** Colours of text that reach a contrast of 4.5 to 1 on all surfaces. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f7f8fa',
    '--mantine-color-text': '#1b1f27',
    '--mantine-color-dimmed': '#5a6372',
    '--mantine-color-placeholder': '#6b7383',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#3446a8',
    '--surface': '#ffffff',
    '--surface-sunken': '#f1f3f6',
    '--line': '#e2e5ea',
    '--good': '#1f7a4d',
    '--warn': '#8a5a00',
    '--bad': '#b3261e',
    '--good-fill': '#2f9e6b',
    '--warn-fill': '#d99a1c',
    '--bad-fill': '#d6453d',
  },
  dark: {
    '--mantine-color-body': '#131519',
    '--mantine-color-text': '#e3e5e9',
    '--mantine-color-dimmed': '#a3a9b4',
    '--mantine-color-placeholder': '#8b92a0',
    '--mantine-color-error': '#ff9b93',
    '--mantine-color-anchor': '#a9b6f4',
    '--surface': '#191c22',
    '--surface-sunken': '#22262e',
    '--line': '#2b3039',
    '--good': '#68d3a0',
    '--warn': '#f0c05c',
    '--bad': '#ff9b93',
    '--good-fill': '#3aa876',
    '--warn-fill': '#d99a1c',
    '--bad-fill': '#dd5a52',
  },
})

/** Colours of series in charts, told apart also with the common kinds of colour blindness. */
export const seriesColors = [
  '#5f75de',
  '#2f9e8f',
  '#d99a1c',
  '#c2557f',
  '#7a9a3a',
  '#8b6fd0',
  '#4a9fd8',
  '#b36a3c',
] as const
