import tseslint from 'typescript-eslint'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'

/** `from` may not import what lies in `targets`: the arrows of docs/architecture.md, held by the linter. */
const arrow = (from, targets, message) => ({
  files: [`src/${from}/**/*.ts`],
  rules: {
    'no-restricted-imports': ['error', { patterns: [{ regex: `(^|/)(${targets.join('|')})/`, message }] }],
  },
})

export default tseslint.config(
  { ignores: ['dist', 'build', 'node_modules', 'assets', '.tap', 'src/generated'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  { files: ['bench/**', 'scripts/**', 'test/**', 'src/cli.ts', 'src/cli/**'], rules: { 'no-console': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts', 'src/config/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'src/config.ts is the only reader of the environment',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/server.ts', 'src/cli.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'exit', message: 'only the process entry may exit' }] },
  },
  arrow('datasources', ['resolvers', 'subscriptions', 'operation', 'transports', 'health'], 'data sources know nothing above them'),
  arrow('projections', ['resolvers', 'subscriptions', 'operation', 'transports', 'health'], 'projections know nothing above them'),
  arrow(
    'resolvers',
    ['transports', 'operation', 'datasources/[a-z]+/(sql|jetstream|pglite|postgres|redis|memory)-[a-z-]+'],
    'resolvers know ports only',
  ),
  arrow('subscriptions', ['transports', 'operation'], 'subscriptions know ports only'),
  arrow('operation', ['transports'], 'the pipeline knows no transport'),
)
