import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src-renderer',
  base: './',
  plugins: [vue()],
  resolve: {
    alias: {
      // monaco-yaml 5.5 asks for the worker where monaco-editor kept it before 0.55
      'monaco-editor/esm/vs/editor/editor.worker.js': 'monaco-editor/editor/editor.worker',
    },
  },
  worker: { format: 'es' },
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'es2023',
    // data: URLs would need a wider content security policy
    assetsInlineLimit: 0,
    // the editor is one lazily loaded chunk of about 4 MB
    chunkSizeWarningLimit: 6000,
  },
})
