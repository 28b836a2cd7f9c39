import { describeSettings } from '../config.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The settings as the README shows them: a Markdown table with one row a group, each setting with its default. */
export function settingsOverview(): string {
  const rows = new Map<string, string[]>()
  for (const { names, group, shown } of describeSettings()) {
    const named = rows.get(group) ?? []
    named.push(`\`${names[0]}\`${shown === '' ? '' : ` (${cell(shown)})`}`)
    rows.set(group, named)
  }
  const lines = [...rows].map(([group, named]) => `| **${group}** | ${named.join(' · ')} |`)
  return `${['| | settings, with their default |', '|---|---|', ...lines].join('\n')}\n`
}

/** The settings as docs/settings.md shows them: a Markdown table, one row a setting, a bold row before each group. */
export function settingsTable(): string {
  const rows = ['| setting | default | what it does |', '|---|---|---|']
  let current = ''
  for (const { names, group, shown, help } of describeSettings()) {
    if (group !== current) rows.push(`| **${group}** | | |`)
    current = group
    rows.push(`| ${names.map((name) => `\`${name}\``).join(', ')} | ${cell(shown === '' ? '' : shown)} | ${cell(help)} |`)
  }
  return `${rows.join('\n')}\n`
}
