import { createHash } from 'node:crypto'

export type FormatIssue = 'contains_crlf_line_endings' | 'contains_bom' | 'contains_trailing_whitespace' | 'hunk_ordering_incorrect'

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const HUNK = /^@@ -(\d+)/

interface Section {
  /** Headers of one file, and whatever else stands before its first hunk. */
  readonly head: string[]
  readonly hunks: string[][]
}

const beginsFile = (lines: readonly string[], at: number): boolean =>
  lines[at]?.startsWith('diff --git ') === true || (lines[at]?.startsWith('--- ') === true && lines[at + 1]?.startsWith('+++ ') === true)

/** Lines that a hunk's header says belong to it are never taken for headers: a removed line may read `-- x`. */
function hunkLength(lines: readonly string[], at: number): number {
  const match = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[at] ?? '')
  if (match === null) return 1
  let before = Number(match[1] ?? 1)
  let after = Number(match[2] ?? 1)
  let next = at + 1
  while (next < lines.length && (before > 0 || after > 0)) {
    const mark = lines[next]?.[0]
    if (mark === '+') after -= 1
    else if (mark === '-') before -= 1
    else if (mark === ' ' || lines[next] === '') {
      before -= 1
      after -= 1
    } else if (mark !== '\\') break
    next += 1
  }
  if (lines[next]?.startsWith('\\') === true) next += 1
  return next - at
}

function sectionsOf(lines: readonly string[]): Section[] {
  const sections: Section[] = [{ head: [], hunks: [] }]
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? ''
    const current = sections.at(-1)
    if (current === undefined) break
    if (HUNK.test(line)) {
      const length = hunkLength(lines, at)
      current.hunks.push(lines.slice(at, at + length))
      at += length
      continue
    }
    // a new file begins where its header follows hunks; `diff --git` and `---` of one file stay together
    if (beginsFile(lines, at) && current.hunks.length > 0) sections.push({ head: [line], hunks: [] })
    else if (current.hunks.length > 0) current.hunks.at(-1)?.push(line)
    else current.head.push(line)
    at += 1
  }
  return sections
}

const startOf = (hunk: readonly string[]): number => Number(HUNK.exec(hunk[0] ?? '')?.[1] ?? 0)

/**
 * The canonical form of a patch (contract: guarantees 6): no BOM, LF, hunks sorted by old start line within one file, headers kept, one LF at the
 * end. Trailing blanks stay: a blank context line is one space. Idempotent.
 */
export function canonicalPatch(patch: string): string {
  const text = patch
    .replace(/^\uFEFF+/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/\n+$/, '')
  const lines = text.split('\n')
  const sorted = sectionsOf(lines).flatMap(({ head, hunks }) => [
    ...head,
    ...hunks
      .map((hunk, index) => ({ hunk, index }))
      .sort((left, right) => startOf(left.hunk) - startOf(right.hunk) || left.index - right.index)
      .flatMap(({ hunk }) => hunk),
  ])
  return `${sorted.join('\n').replace(/\n+$/, '')}\n`
}

export interface PatchCheck {
  readonly canonical: string
  readonly isCanonical: boolean
  readonly originalHash: string
  readonly canonicalHash: string
  readonly lengthDiff: number
  readonly formatIssues: readonly FormatIssue[]
}

/** Whether a patch is canonical, and what is not. */
export function checkPatch(patch: string): PatchCheck {
  const canonical = canonicalPatch(patch)
  const issues: FormatIssue[] = []
  if (patch.includes('\r')) issues.push('contains_crlf_line_endings')
  if (patch.startsWith('\uFEFF')) issues.push('contains_bom')
  if (/[ \t]+$/m.test(patch.replace(/\r/g, ''))) issues.push('contains_trailing_whitespace')
  const starts = sectionsOf(
    patch
      .replace(/^\uFEFF+/, '')
      .replace(/\r\n?/g, '\n')
      .split('\n'),
  ).map(({ hunks }) => hunks.map(startOf))
  if (starts.some((of) => of.some((start, at) => at > 0 && start < (of[at - 1] ?? 0)))) issues.push('hunk_ordering_incorrect')
  return {
    canonical,
    isCanonical: canonical === patch,
    originalHash: sha256(patch),
    canonicalHash: sha256(canonical),
    lengthDiff: canonical.length - patch.length,
    formatIssues: issues,
  }
}
