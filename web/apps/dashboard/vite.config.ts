import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/* Where the API is while developing; the application itself always speaks to its own origin. */
const api = "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: { "react-style-singleton": "@tenon/ui/adopted-styles" },
  },
  build: {
    outDir: "../../dist",
    emptyOutDir: true,
    target: "es2022",
    /* The Content-Security-Policy admits fonts from the origin only, so nothing becomes a data: address. */
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        /* The components are used by every page; an icon a file would cost more requests than bytes. */
        codeSplitting: { groups: [{ name: "ui", test: /packages[\\/]ui|lucide-react|radix-ui|@floating-ui/ }] },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: api, headers: { origin: api } },
      "/v1": { target: api },
      "/openapi.json": { target: api },
      "/docs": { target: api },
    },
  },
});
