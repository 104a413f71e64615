import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, signIn, test } from "./fixtures";
import { PUBLIC, addresses, nameOf, routes, settled } from "./pages";

const FOLDER = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** The pages that people use on a phone. */
const ON_A_PHONE = [
  "/sign-in",
  "/tickets",
  "/tickets/$ticket",
  "/knowledge",
  "/knowledge/$article",
  "/calls",
  "/calls/$call",
  "/calls/live",
  "/calls/now",
  "/settings/users",
  "/settings/hours",
];

const LOOKS = [
  { name: "desktop", width: 1440, height: 900, wanted: null },
  { name: "phone", width: 390, height: 844, wanted: ON_A_PHONE },
] as const;

for (const { name, width, height, wanted } of LOOKS) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${name}, ${colorScheme}`, async ({ page, request }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height });
      const shoot = async (what: string) => {
        await settled(page);
        await page.screenshot({ path: `${FOLDER}${what}-${name}-${colorScheme}.png`, animations: "disabled" });
      };
      const of = (route: string) => wanted === null || (wanted as readonly string[]).includes(route);
      for (const route of PUBLIC.filter(of)) {
        await page.goto(route);
        await shoot(nameOf(route));
      }
      await signIn(page, "admin@demo.test");
      await expect(page.getByRole("main")).toHaveAttribute("id", "content");
      const inside = routes().filter((route) => !PUBLIC.includes(route) && of(route));
      for (const { route, path } of await addresses(request, inside)) {
        await page.goto(path);
        await settled(page);
        if (route === "/tickets/$ticket" && name === "desktop") await askCopilot(page);
        await shoot(nameOf(route));
      }
      if (name === "phone") return;
      await page.goto("/tickets/TKT-0024");
      await settled(page);
      await page.keyboard.press("Control+k");
      await page.keyboard.type("an");
      await expect(page.getByRole("option").first()).toBeVisible();
      await page.waitForTimeout(500);
      await shoot("palette");
    });
  }
}

/** The panel of the copilot is worth a picture when there is something in it. */
async function askCopilot(page: Page): Promise<void> {
  if (await page.getByTestId("analysis-summary").isVisible()) return;
  await page.getByTestId("analyze-button").click();
  await expect(page.getByTestId("analysis-summary")).toBeVisible();
}
