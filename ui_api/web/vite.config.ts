import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const server = process.env.TRACEHOUSE_API_BASE ?? "http://127.0.0.1:4318";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../tracehouse_api/static",
    emptyOutDir: true,
    target: "es2022",
    // Scripts and styles come from files alone: the page's policy allows nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(["/v1", "/auth", "/docs", "/openapi.json"].map((path) => [path, server])),
  },
  test: { include: ["tests/**/*.test.ts"] },
});
