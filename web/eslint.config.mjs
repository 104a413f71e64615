import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist", "test-results", "playwright-report", "src/routeTree.gen.ts", "src/api/schema.d.ts"]),
  tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      eqeqeq: ["error", "smart"],
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Texts of customers and models are shown as text, never as HTML.",
        },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    // Routes, tests and the entry may use every feature; a feature uses none but itself.
    files: ["src/features/**", "src/components/**", "src/api/**", "src/lib/**", "src/live/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["~/features/*"], message: "What two features need is in components, api, live or lib." },
          ],
        },
      ],
    },
  },
  {
    // Tools for people at a terminal.
    files: ["scripts/**"],
    rules: { "no-console": "off" },
  },
);
