import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { firstLoad } from "./first-load.ts";

/** Where `npm run dev` finds a running server. */
const server = process.env.PATCHCORD_URL ?? "http://127.0.0.1:3000";

/** What the server fills in when it serves the page, while Vite serves it. */
function placeholders(): Plugin {
  return {
    name: "placeholders",
    apply: "serve",
    transformIndexHtml: (html) => html.replace("__DEMO__", "true").replace("__SPEECH__", "true"),
  };
}

/** Files smaller than this gain nothing by being packed. */
const PACKED_MIN_BYTES = 1_024;

/** Puts a `.br` and a `.gz` beside each text of the build, so that the server has them ready. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    writeBundle({ dir = "dist" }, files) {
      for (const name of Object.keys(files)) {
        if (!/^assets\/.*\.(js|css|svg)$/.test(name)) continue;
        const content = readFileSync(join(dir, name));
        if (content.length < PACKED_MIN_BYTES) continue;
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** Components of Mantine that every page shows, so that they come in one file: many small ones pack badly. */
const SHOWN =
  "ActionIcon|Alert|Box|Burger|Button|CloseButton|Drawer|FileButton|FloatingIndicator|FocusTrap|Group|Input|InputBase|InlineInput|Kbd|Loader|Menu|Modal|ModalBase|NativeScrollArea|Notification|Overlay|Paper|Popover|Portal|RemoveScroll|ScrollArea|SegmentedControl|Skeleton|Stack|Tabs|Text|TextInput|Textarea|Title|Tooltip|Transition|UnstyledButton|VisuallyHidden";
const BASE = new RegExp(
  `node_modules/(react|react-dom|scheduler|use-sync-external-store|@tanstack/|zod/|openapi-|@floating-ui/|get-nonce|clsx|@mantine/notifications|@mantine/core/esm/(core/|utils/|components/(${SHOWN})/))`,
);

/** What every page needs of the desk itself. */
const DESK =
  /web\/src\/(api\/(client|problem|queries|session)|lib\/(commands|drafts|flight|highlight|once|paused|return-focus|shortcuts|store|text|time|zod)|live\/|components\/(brand|dot|empty|forbidden|marked|not-found|panes|refusal|route-error|time|toast))/;
const GROUPS = [
  { name: "base", test: BASE },
  { name: "desk", test: DESK },
];

export default defineConfig({
  plugins: [
    tanstackRouter({
      target: "react",
      autoCodeSplitting: true,
      generatedRouteTree: "src/routeTree.gen.ts",
      tmpDir: "node_modules/.tanstack",
    }),
    react(),
    placeholders(),
    packed(),
    firstLoad(),
  ],
  resolve: { alias: { "~": fileURLToPath(new URL("src", import.meta.url)) } },
  // The server puts a fresh nonce into each answer; without it the policy would block styles made at run time.
  html: { cspNonce: "__CSP_NONCE__" },
  // The policy allows no `data:` fonts or scripts, so nothing is inlined.
  build: {
    assetsInlineLimit: 0,
    target: "es2022",
    // `first-load.ts` says how large is too large.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
  },
  server: { proxy: { "/api": { target: server, ws: true } } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    // Components take their time on a machine that does other things as well.
    testTimeout: 20_000,
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
