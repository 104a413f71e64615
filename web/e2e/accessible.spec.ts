import type { Page } from "@playwright/test";
import { enter, expect, test, violations } from "./fixtures";
import { PUBLIC, addresses, routes, settled } from "./pages";

const LOOKS = [
  { name: "light and dark", width: 1440, height: 900, dark: true },
  // Colours are those of the wide page.
  { name: "phone", width: 390, height: 844, dark: false },
] as const;

for (const { name, width, height, dark } of LOOKS) {
  test(`every page, ${name}`, async ({ page, request }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    const check = async (route: string) => {
      await settled(page);
      expect.soft(await violations(page), route).toEqual([]);
      if (dark) await checkDark(page, route);
      // Nothing sticks out at the side.
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(over, `${route} is too wide`).toBeLessThanOrEqual(0);
    };
    for (const route of PUBLIC) {
      await page.goto(route);
      await check(route);
    }
    await enter(page, "admin@demo.test");
    await expect(page.getByRole("main")).toHaveAttribute("id", "content");
    const inside = routes().filter((route) => !PUBLIC.includes(route));
    for (const { route, path } of await addresses(request, inside)) {
      await page.goto(path);
      await check(route);
      expect(new URL(page.url()).pathname, route).toBe(path);
    }
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("combobox", { name: "Search or jump to" })).toBeFocused();
    expect.soft(await violations(page), "palette").toEqual([]);
    if (dark) await checkDark(page, "palette");
  });
}

/** What is there is the same as in the light, only the colours differ: the page follows the system without being loaded anew. */
async function checkDark(page: Page, route: string): Promise<void> {
  const scheme = page.locator("html");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(scheme).toHaveAttribute("data-mantine-color-scheme", "dark");
  expect.soft(await violations(page, ["color-contrast"]), `${route} in the dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
  await expect(scheme).toHaveAttribute("data-mantine-color-scheme", "light");
}
