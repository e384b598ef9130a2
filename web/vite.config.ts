import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const gateway = 'http://127.0.0.1:4000'
const worthCompressing = 1_024

/** A gzip and a Brotli form beside each text file, so that the gateway never compresses anything. */
const compressed = (): Plugin => ({
  name: 'compressed',
  // Before this step Vite still writes into the files.
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle)) {
      const file = join(dir!, name)
      if (!/\.(js|css)$/.test(name) || statSync(file).size < worthCompressing) continue
      const content = readFileSync(file)
      writeFileSync(`${file}.br`, brotliCompressSync(content))
      writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
    }
  },
})

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    // Only these names carry a hash: the gateway lets browsers keep them for ever.
    assetsDir: 'static',
    // A file that is inlined would be a data URL, which the policy of the page refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: '.manifest.json',
    license: { fileName: 'licences.md' },
    target: 'es2023',
    emptyOutDir: true,
  },
  server: {
    proxy: {
      '/api': gateway,
      '/graphql': { target: gateway, ws: true },
    },
  },
})
