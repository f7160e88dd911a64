import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

/**
 * The layers of docs/architecture.md, top to bottom. Each folder of src-main may import itself and the
 * folders named here; everything else is an error.
 */
const layers = {
  lib: [],
  store: ['lib'],
  engine: ['lib'],
  ssh: ['lib'],
  api: ['lib', 'store'],
  controllers: ['lib', 'store', 'api'],
  scheduler: ['lib', 'store', 'api'],
  network: ['lib', 'store', 'api', 'engine'],
  storage: ['lib', 'store', 'api'],
  kubelet: ['lib', 'store', 'api', 'engine'],
  servers: ['lib', 'store', 'api', 'engine', 'ssh'],
  desktop: ['lib', 'store', 'api'],
}

const forbidElectron = {
  group: ['electron', 'electron/*'],
  message: 'Only src-main/desktop imports electron.',
}

const aboveEveryLayer = {
  regex: '^(\\.\\./)+(control-plane|serve|cli|main)\\.ts$',
  message: 'The composition root stands above every layer.',
}

const layerRules = Object.entries(layers).map(([layer, allowed]) => {
  const others = Object.keys(layers).filter(name => name !== layer && !allowed.includes(name))
  return {
    files: [`src-main/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${others.join('|')})(/|\\.ts$)`,
              message: `src-main/${layer} may import only: ${[layer, ...allowed].join(', ')}.`,
            },
            ...(layer === 'desktop' ? [] : [aboveEveryLayer, forbidElectron]),
          ],
        },
      ],
    },
  }
})

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'resources/schema/'] },
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'] },
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly' },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Exports are named, so that a thing has one name everywhere.',
        },
      ],
    },
  },
  { files: ['*.config.*', '**/*.vue'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.vue'],
    rules: {
      // prettier owns the layout of templates
      'vue/html-indent': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
    },
  },
  ...layerRules,
  {
    files: ['src-main/*.ts'],
    ignores: ['src-main/main.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [forbidElectron] }] },
  },
  {
    files: ['src-renderer/**/*.{ts,vue}'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            forbidElectron,
            {
              group: ['**/src-main/**', '!**/src-main/api/**'],
              message: 'The renderer imports only src-main/api types.',
            },
            {
              group: ['**/src-main/api/**'],
              allowTypeImports: true,
              message: 'Import only types from src-main/api.',
            },
          ],
        },
      ],
    },
  },
)
