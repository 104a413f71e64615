import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

/** `cargo xtask screenshots`: no tests, pictures of every page. */
export default defineConfig({
  ...tests,
  testDir: "e2e",
  testMatch: "screenshots.ts",
  timeout: 600_000,
});
