// How long until the list of tickets is there and works, against a running demo: `npm run ready`, with the address in PATCHCORD_URL.
// A new browser each time, so that nothing is in its cache; the session's cookie is carried over, as it is after a reload.
import { chromium } from "@playwright/test";

const base = process.env.PATCHCORD_URL ?? "http://127.0.0.1:3000";
const rounds = Number(process.env.ROUNDS ?? "7");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function signedIn() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(base);
  await page.getByLabel("E-mail").fill("agent@demo.test");
  await page.getByLabel("Password", { exact: true }).fill("patchcord-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: /VPN/ }).first().waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

const times = [];
let bytes = 0;
for (let round = 0; round < rounds; round += 1) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    storageState: await signedIn(),
  });
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(`${base}/tickets`, { waitUntil: "commit" });
  await page.getByRole("region", { name: "Tickets" }).getByRole("link").first().waitFor();
  // Interactive: the first key moves the focus into the list.
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement?.tagName === "A");
  times.push(performance.now() - began);
  bytes = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .reduce((sum, entry) => sum + entry.transferSize, 0),
  );
  await context.close();
}
await browser.close();
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)];
console.log(
  `ready: median ${median.toFixed(0)} ms of ${String(rounds)} (${times.map((ms) => ms.toFixed(0)).join(", ")}); JavaScript over the wire ${(bytes / 1024).toFixed(0)} KiB`,
);
