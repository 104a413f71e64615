import { expect, signIn, test, violations } from "./fixtures";
import { PUBLIC, addresses, routes, settled } from "./pages";

const LOOKS = [
  { name: "light", colorScheme: "light", width: 1440, height: 900, rules: [] },
  // What is there is the same as in the light, only the colours differ.
  { name: "dark", colorScheme: "dark", width: 1440, height: 900, rules: ["color-contrast"] },
  { name: "phone", colorScheme: "light", width: 390, height: 844, rules: [] },
] as const;

for (const { name, colorScheme, width, height, rules } of LOOKS) {
  test(`every page, ${name}`, async ({ page, request }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    const check = async (route: string) => {
      await settled(page);
      expect.soft(await violations(page, [...rules]), route).toEqual([]);
      // Nothing sticks out at the side.
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(over, `${route} is too wide`).toBeLessThanOrEqual(0);
    };
    for (const route of PUBLIC) {
      await page.goto(route);
      await check(route);
    }
    await signIn(page, "admin@demo.test");
    await expect(page.getByRole("main")).toHaveAttribute("id", "content");
    const inside = routes().filter((route) => !PUBLIC.includes(route));
    for (const { route, path } of await addresses(request, inside)) {
      await page.goto(path);
      await check(route);
      expect(new URL(page.url()).pathname, route).toBe(path);
    }
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("combobox", { name: "Search or jump to" })).toBeFocused();
    expect.soft(await violations(page, [...rules]), "palette").toEqual([]);
  });
}
