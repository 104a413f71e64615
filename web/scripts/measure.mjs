// How fast the page is, against a server of its own: `npm run measure -- ../target/release/patchcord [--write]`.
//
// Starts the binary with the demo data and a second workspace of 10,000 made-up tickets, drives Chromium, and prints one line
// a figure; `--write` puts them into docs/performance.md. Every round is a new browser context, so that nothing is in its
// cache; the session's cookie is carried over, as it is after a reload.
import { DEMO, VIEWPORT, figure, readWords, report, signIn, start } from "./measuring.mjs";

const ROUNDS = 7;
const TICKETS = 10_000;
const LOAD = { email: "load@patchcord.test", password: "a long enough secret" };

const { named, binary, flags } = readWords("npm run measure -- ../target/release/patchcord");
const { base, browser, load, stop } = await start(binary, {
  prepare: (command) => {
    command(["workspace", "add", "Load", "--admin", LOAD.email]);
    command(["user", "passwd", LOAD.email], LOAD.password);
    command(["seed", "--load", String(TICKETS), "--workspace", "load"]);
  },
});
try {
  const ready = await measureReady();
  const opening = await measureOpening();
  const scrolling = await measureScrolling();
  const analytics = await measureAnalytics();
  report(
    {
      title: "The page",
      command: `npm run measure -- ${named} --write`,
      on: { before: "", after: " The middle of the rounds counts." },
      load,
      write: flags.includes("--write"),
    },
    [...ready, ...opening, ...scrolling, ...analytics],
  );
} finally {
  await stop();
}

/** From the first byte asked for until the list is there and a key moves the focus into it. */
async function measureReady() {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ viewport: VIEWPORT, storageState: await signedIn(DEMO) });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(`${base}/tickets`, { waitUntil: "commit" });
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.waitForFunction(() => document.activeElement?.tagName === "A");
    times.push(performance.now() - began);
    await context.close();
  }
  const context = await browser.newContext({ viewport: VIEWPORT, storageState: await signedIn(DEMO) });
  const page = await context.newPage();
  await page.goto(`${base}/tickets/TKT-0001`);
  await page.getByRole("region", { name: "Conversation" }).waitFor();
  const wire = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })),
  );
  await context.close();
  const sum = (ending) =>
    wire.filter(({ name }) => ending.test(name)).reduce((total, { bytes }) => total + bytes, 0) / 1_000;
  return [
    figure("list visible and a key works, nothing in the cache", inMs(times), "< 1,000 ms", median(times) < 1_000),
    figure(
      "JavaScript that the browser loads for the ticket page, compressed",
      `${sum(/\.js$/).toFixed(0)} kB`,
      "≤ 250 kB before the page shows",
    ),
    figure("style sheets, compressed", `${sum(/\.css$/).toFixed(0)} kB`, ""),
  ];
}

/** From the key that opens a ticket until something of it is on the screen. */
async function measureOpening() {
  const context = await browser.newContext({ viewport: VIEWPORT, storageState: await signedIn(DEMO) });
  const page = await context.newPage();
  await page.goto(`${base}/tickets`);
  await rows(page).first().waitFor();
  await page.waitForTimeout(1_500);
  const first = [];
  const again = [];
  for (const times of [first, again]) {
    for (let round = 0; round < 12; round += 1) {
      await page.keyboard.press("j");
      await page.waitForTimeout(60);
      times.push(await timeOfOpening(page));
      await page.waitForTimeout(400);
    }
    await rows(page).first().focus();
  }
  await context.close();
  return [
    figure("open a ticket from the list: its subject is there", inMs(first), "< 100 ms", median(first) < 100),
    figure("open it again, from the cache: its messages are there", inMs(again), "< 100 ms", median(again) < 100),
  ];
}

/** From the first byte asked for until no figure and no chart of the demonstration is waited for. */
async function measureAnalytics() {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ viewport: VIEWPORT, storageState: await signedIn(DEMO) });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(`${base}/analytics`, { waitUntil: "commit" });
    const card = page.getByRole("region", { name: "Tickets opened and solved" });
    await card.locator(".recharts-surface path").first().waitFor();
    await page.waitForFunction(() => document.querySelector(".mantine-Skeleton-root") === null);
    times.push(performance.now() - began);
    await context.close();
  }
  return [
    figure(
      "analytics, every figure and chart is drawn, nothing in the cache",
      inMs(times),
      "< 1,500 ms",
      median(times) < 1_500,
    ),
  ];
}

/** Presses Enter on the row in focus, and waits for the frame in which its ticket is drawn. */
function timeOfOpening(page) {
  return page.evaluate(
    () =>
      new Promise((done, failed) => {
        const link = document.activeElement;
        const began = performance.now();
        link?.click();
        const look = () => {
          const shown = document.querySelector("section[aria-label^='Ticket '] h1")?.textContent;
          if (shown && link?.textContent.includes(shown)) {
            return requestAnimationFrame(() => done(performance.now() - began));
          }
          if (performance.now() - began > 5_000) return failed(new Error("the ticket did not open"));
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );
}

/** Turns the wheel through the whole list, and looks in every frame at what is on the screen. */
async function measureScrolling() {
  const context = await browser.newContext({ viewport: VIEWPORT, storageState: await signedIn(LOAD) });
  const page = await context.newPage();
  await page.goto(`${base}/tickets`);
  await rows(page).first().waitFor();
  await page.waitForTimeout(1_000);
  const seen = await page.evaluate(
    (wanted) =>
      new Promise((done) => {
        const list = document.querySelector("[aria-label='List of tickets']");
        const result = { frames: 0, blank: 0, shapes: 0, longest: 0, slow: 0 };
        // The list begins with a little room above its first row, which belongs to no row.
        const [ul, row] = [list.querySelector("ul"), list.querySelector("li")].map((one) =>
          one.getBoundingClientRect(),
        );
        const lead = row.top - ul.top;
        let [before, still] = [performance.now(), 0];
        const step = (now) => {
          result.longest = Math.max(result.longest, now - before);
          if (now - before > 50) result.slow += 1;
          before = now;
          const frame = list.getBoundingClientRect();
          const places = [...list.querySelectorAll("li")].map((li) => ({ li, box: li.getBoundingClientRect() }));
          const inSight = places.filter(({ box }) => box.bottom > frame.top && box.top < frame.bottom);
          const covered = inSight.reduce(
            (sum, { box }) => sum + Math.min(box.bottom, frame.bottom) - Math.max(box.top, frame.top),
            0,
          );
          result.frames += 1;
          const all = list.querySelector("ul").getBoundingClientRect();
          const space = Math.min(frame.bottom, all.bottom) - Math.max(frame.top, all.top + lead);
          if (covered < space - 4) result.blank += 1;
          if (inSight.some(({ li }) => !li.querySelector("a"))) result.shapes += 1;
          const top = list.scrollTop;
          // A fast hand: 12,000 px a second at 60 frames.
          list.scrollTop = top + 200;
          const last = Number(places.at(-1)?.li.dataset.index ?? 0);
          still = list.scrollTop === top ? still + 1 : 0;
          if (last >= wanted - 1 && still > 30) return done({ ...result, last: last + 1 });
          if (result.frames > 40_000) return done({ ...result, last: last + 1 });
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    TICKETS,
  );
  await context.close();
  const { frames, blank, shapes, longest, slow, last } = seen;
  return [
    figure(
      `scroll ${last.toLocaleString("en")} tickets at 200 px a frame: frames with a blank part`,
      `${String(blank)} of ${frames.toLocaleString("en")}`,
      "0",
      blank === 0,
    ),
    figure("… frames that show the shape of a row that is not loaded yet", String(shapes), ""),
    figure("… frames that took longer than 50 ms; the longest", `${String(slow)}; ${longest.toFixed(0)} ms`, ""),
  ];
}

async function signedIn({ email, password }) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await signIn(page, base, { email, password });
  await rows(page).first().waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

function rows(page) {
  return page.getByRole("region", { name: "List of tickets" }).getByRole("link");
}

function median(times) {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

function inMs(times) {
  const sorted = [...times].sort((a, b) => a - b).map((ms) => ms.toFixed(0));
  return `${median(times).toFixed(0)} ms (${sorted[0] ?? ""} to ${sorted.at(-1) ?? ""}, ${String(times.length)} rounds)`;
}
