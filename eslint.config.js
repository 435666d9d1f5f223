import { defineConfig } from 'eslint/config';
import n from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

/** Forbidden wherever our code is linted. */
const forbiddenSyntax = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: a name that is the same everywhere can be searched for.',
  },
  {
    selector: ':matches(ObjectExpression, ClassBody) > [key.name="shell"], ObjectExpression > [key.value="shell"]',
    message: 'No shell, ever: hand an argv of an absolute program to the one runner in src/host.',
  },
];

const takeClock = 'Take the time as an argument (a clock or a Date): pure code gives the same answer every time.';
const takeRandomness = 'Take the id or the random value as an argument: pure code gives the same answer every time.';
const takeEnvironment =
  'Take what you need of the environment as an argument; only src/cli and src/host know the process.';

/** Where clock, randomness, environment and waiting may only come in as arguments. */
const pureFiles = [
  'src/model/**/*.ts',
  'src/plan/**/*.ts',
  'src/render/**/*.ts',
  'src/resources/*/schema.ts',
  'src/resources/*/compare.ts',
];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { n },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      curly: 'error',
      complexity: ['error', 14],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
      'no-param-reassign': 'error',
      'no-restricted-syntax': ['error', ...forbiddenSyntax],
      'n/no-process-exit': 'error',
      'n/prefer-node-protocol': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/strict-boolean-expressions': [
        'error',
        // Numbers: chains of comparators.
        { allowNullableObject: false, allowNumber: true, allowString: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false }],
    },
  },
  // The one place that may end the program in the middle.
  { files: ['src/cli/end-now.ts'], rules: { 'n/no-process-exit': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**', 'src/host/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: takeEnvironment }],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:process', message: takeEnvironment }] }],
    },
  },
  {
    files: pureFiles,
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: takeEnvironment },
        { name: 'performance', message: takeClock },
        { name: 'setTimeout', message: takeClock },
        { name: 'setInterval', message: takeClock },
        { name: 'setImmediate', message: takeClock },
        { name: 'fetch', message: 'Pure code reads nothing: gather in src/engine and hand the result in.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:process', message: takeEnvironment },
            {
              name: 'node:crypto',
              allowImportNames: ['createHash', 'hash'],
              message: `Only hashing (createHash) is pure. ${takeRandomness}`,
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: takeClock },
        { object: 'Math', property: 'random', message: takeRandomness },
        { object: 'crypto', property: 'randomUUID', message: takeRandomness },
        { object: 'crypto', property: 'getRandomValues', message: takeRandomness },
        { object: 'globalThis', property: 'process', message: takeEnvironment },
        { object: 'globalThis', property: 'crypto', message: takeRandomness },
      ],
      'no-restricted-syntax': [
        'error',
        ...forbiddenSyntax,
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: takeClock },
        { selector: 'CallExpression[callee.name="Date"]', message: takeClock },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    // A yargs builder's type is what it was built from; writing it down would say the same twice.
    files: ['src/cli/options.ts', 'src/cli/control-options.ts', 'src/cli/commands/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
