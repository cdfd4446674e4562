import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

/** Made by scripts/build.mjs. */
const { sidebar } = JSON.parse(readFileSync(new URL('../.cache/sidebar.json', import.meta.url), 'utf8'))

export default defineConfig({
  title: 'llmux',
  description: 'One completion() for every LLM, and a self-hosted gateway on it.',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
  srcDir: '.cache/pages',
  outDir: 'dist',
  cacheDir: '.cache/vitepress',
  lastUpdated: false,
  metaChunk: true,
  // checked by scripts/links.mjs, anchors as well
  ignoreDeadLinks: true,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // each page is there as Markdown as well, for programs
  transformHead: ({ page, siteData }) =>
    page === 'index.md' || page === '404.md'
      ? []
      : [['link', { rel: 'alternate', type: 'text/markdown', href: `${siteData.base}${page}` }]],
  markdown: {
    // the anchors of GitHub, so that links work in the repository as well
    anchor: {
      slugify: (text) =>
        text
          .trim()
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, '')
          .replace(/\s/g, '-'),
    },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
  },
  themeConfig: {
    nav: [
      { text: 'SDK', link: '/guide' },
      { text: 'Gateway', link: '/gateway' },
      { text: 'API', link: '/api/' },
      { text: 'Examples', link: '/examples/' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/llmux/llmux' }],
    editLink: {
      pattern: ({ filePath, frontmatter }) =>
        frontmatter.source
          ? `https://github.com/llmux/llmux/edit/main/${frontmatter.source}`
          : `https://github.com/llmux/llmux/blob/main/${filePath}`,
      text: 'Edit this page',
    },
    footer: { message: 'MIT' },
  },
})
