import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The host replaces __NONCE__ in index.html with a fresh nonce for each response.
export default defineConfig({
  plugins: [react()],
  html: { cspNonce: "__NONCE__" },
  build: {
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
  },
  server: {
    proxy: {
      "/graphql": { target: "http://localhost:8080", ws: true },
      "/api": "http://localhost:8080",
      "/health": "http://localhost:8080",
      "/console.json": "http://localhost:8080",
    },
  },
});
