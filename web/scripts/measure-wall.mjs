// How the live wall bears a busy desk: `npm run measure:wall -- ../target/release/patchcord [--minutes N] [--write]`.
//
// Starts the binary with the demo data, and before it a server that hands everything on but the calls: it has 100 calls in
// progress, and sends 500 events a second over the event socket: 400 of running words and 100 that a turn is final, a caller's
// mood has changed or the call is with another agent. Chromium shows the wall and watches one call. What counts is the longest
// task of the page's main thread, and the heap after collecting garbage, in the first minute and in the last.
import { createHash } from "node:crypto";
import { createServer, request as ask } from "node:http";
import { DEMO, VIEWPORT, figure, freePort, readWords, report, signIn, start } from "./measuring.mjs";

const CALLS = 100;
const EVENTS_A_SECOND = 500;
/** Events are sent in so many portions a second. */
const PORTIONS = 50;
/** Of the events of each call, one in so many is no running word: it ends the turn, */
const TURN_EACH = 5;
/** or, one in so many, the caller's mood changes and another agent takes the call. */
const CHANGE_EACH = 50;
/** Running words grow by so many at a time. */
const WORDS_AT_ONCE = 3;
/** The first figures are taken after so long: the page has settled. */
const WARM_MS = 20_000;
/** The heap is read so many times in a row. */
const READINGS = 5;
const LONGEST_TASK_MS = 100;
const GROWTH_MAX = 1.1;
const WORDS = "the printer on our third floor has a paper jam and it will not print any more since this morning".split(
  " ",
);

const { named, binary, flags } = readWords("npm run measure:wall -- ../target/release/patchcord");
const minutes = Number(flags[flags.indexOf("--minutes") + 1] ?? 10) || 10;
const ownPort = await freePort();
const ownBase = `http://127.0.0.1:${String(ownPort)}`;
const { port, browser, load, stop } = await start(binary, { chromiumArgs: ["--enable-precise-memory-info"] });
const desk = makeDesk();
const front = startFront();
try {
  report(
    {
      title: "The live wall",
      command: `npm run measure:wall -- ${named} --minutes ${String(minutes)} --write`,
      on: {
        before: `${String(CALLS)} made-up calls, one of them watched, for ${String(minutes)} minutes; `,
        after: "",
      },
      load,
      write: flags.includes("--write"),
    },
    await measure(),
  );
} finally {
  front.close();
  front.closeAllConnections();
  clearInterval(desk.timer);
  await stop();
}

async function measure() {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await signIn(page, ownBase, DEMO);
  await page.goto(`${ownBase}/calls/live?call=${desk.calls[0].id}`);
  const cards = page.getByRole("list", { name: "Calls in progress" }).getByRole("listitem");
  await cards.nth(CALLS - 1).waitFor({ state: "attached" });
  await page.locator("[data-running]").first().waitFor({ state: "attached" });
  const devtools = await context.newCDPSession(page);
  // Events come while the heap is read, and what they leave is garbage as well: the smallest of a few has least of it.
  const heap = async () => {
    let least = Infinity;
    for (let reading = 0; reading < READINGS; reading += 1) {
      await devtools.send("HeapProfiler.collectGarbage");
      least = Math.min(least, (await devtools.send("Runtime.getHeapUsage")).usedSize / 1_048_576);
    }
    return least;
  };
  await page.waitForTimeout(WARM_MS);
  await page.evaluate(() => {
    const seen = { longest: 0, tasks: 0, frames: 0, slowest: 0, changes: 0 };
    window.wallFigures = seen;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        seen.tasks += 1;
        seen.longest = Math.max(seen.longest, duration);
      }
    }).observe({ type: "longtask" });
    new MutationObserver((all) => (seen.changes += all.length)).observe(document.querySelector("main"), {
      subtree: true,
      characterData: true,
      childList: true,
    });
    let before = performance.now();
    const step = (now) => {
      seen.frames += 1;
      seen.slowest = Math.max(seen.slowest, now - before);
      before = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const [began, sentBefore] = [Date.now(), desk.sent];
  const heaps = [await heap()];
  for (let minute = 0; minute < minutes; minute += 1) {
    // Collecting all garbage takes long; its own task does not count.
    await page.waitForTimeout(55_000);
    const kept = await page.evaluate(() => ({ ...window.wallFigures }));
    heaps.push(await heap());
    await page.waitForTimeout(5_000);
    await page.evaluate(
      (before) => Object.assign(window.wallFigures, { longest: before.longest, tasks: before.tasks }),
      kept,
    );
  }
  const seconds = (Date.now() - began) / 1_000;
  const { longest, tasks, frames, changes } = await page.evaluate(() => window.wallFigures);
  const [first, last] = [heaps[1] ?? heaps[0], heaps.at(-1)];
  const rate = (desk.sent - sentBefore) / seconds;
  return [
    figure("events that the page got", `${rate.toFixed(0)} a second`, "500 a second", rate > EVENTS_A_SECOND * 0.95),
    figure("changes that it drew", `${(changes / seconds).toFixed(0)} a second`, "", changes > 0),
    figure(
      "longest task; tasks over 50 ms",
      `${longest === 0 ? "none over 50" : longest.toFixed(0)} ms; ${String(tasks)}`,
      "≤ 100 ms",
      longest <= LONGEST_TASK_MS,
    ),
    figure("frames", `${(frames / seconds).toFixed(0)} a second`, ""),
    figure(
      "heap after collecting garbage, first and last minute",
      `${first.toFixed(1)} and ${last.toFixed(1)} MiB`,
      "flat",
      last <= first * GROWTH_MAX + 1,
    ),
  ];
}

/** A desk of made-up calls, and what happens in them. */
function makeDesk() {
  const at = (ms) => new Date(Date.now() - ms).toISOString();
  const calls = Array.from({ length: CALLS }, (_, nth) => ({
    id: nth.toString(16).padStart(32, "0"),
    provider: "TWILIO",
    providerCallSid: `CA${String(nth)}`,
    callerPhone: `+1202555${String(1_000 + nth)}`,
    fromNumber: `+1202555${String(1_000 + nth)}`,
    toNumber: "+12025550100",
    organization: { id: `o${String(nth)}`, name: `Organization ${String(nth)}` },
    contact: { id: `p${String(nth)}`, name: `Caller ${String(nth)}` },
    device: nth % 2 ? { id: `d${String(nth)}`, name: `DEVICE-${String(nth)}` } : null,
    identifiedBy: "BOTH",
    verification: "VERIFIED",
    status: "IN_PROGRESS",
    engine: "RELAY",
    model: "builtin",
    currentAgent: "printer_agent",
    startedAt: at(nth * 3_000),
    answeredAt: at(nth * 3_000),
    endedAt: null,
    durationSeconds: null,
    aiResolution: "UNKNOWN",
    wasEscalated: false,
    summary: null,
    sentiment: "neutral",
    ticket: null,
    hasRecording: false,
    isErased: false,
    turnCount: 0,
    version: 1,
    turns: [],
  }));
  const made = { calls, sockets: new Set(), sent: 0, timer: undefined };
  /** What is being said in each call: no part of the call, which the page loads. */
  const running = new Map(calls.map(({ id }) => [id, []]));
  let nth = 0;
  const tell = (frame) => {
    made.sent += 1;
    const bytes = frameOf(JSON.stringify(frame));
    for (const socket of made.sockets) socket.write(bytes);
  };
  const happen = () => {
    nth += 1;
    const call = calls[(nth * 37) % CALLS];
    // Each call has its turn once in a round of all. A round more each time, or the same calls would always get the same:
    // words that no turn ever ends, or turns without words.
    const beat = nth + Math.floor(nth / CALLS);
    const speaker = call.turnCount % 2 ? "AGENT" : "CALLER";
    const agent = speaker === "AGENT" ? call.currentAgent : null;
    const words = running.get(call.id);
    for (let more = 0; more < WORDS_AT_ONCE; more += 1) words.push(WORDS[(nth + more) % WORDS.length]);
    const about = { callId: call.id, speaker, agent };
    if (beat % TURN_EACH !== 0) {
      const data = { ...about, text: words.join(" "), provisional: true };
      return tell({ type: "call.partial", at: at(0), data });
    }
    if (beat % CHANGE_EACH === 0) {
      call.sentiment = ["negative", "neutral", "positive"][(beat / CHANGE_EACH) % 3];
      call.currentAgent = call.currentAgent === "printer_agent" ? "network_agent" : "printer_agent";
      return tell({ id: `e${String(nth)}`, type: "call.updated", at: at(0), data: { callId: call.id } });
    }
    call.turnCount += 1;
    const turn = {
      id: `${call.id}${String(call.turnCount)}`,
      seq: call.turnCount,
      speaker,
      agent,
      text: words.splice(0).join(" "),
      startedMs: call.turnCount * 2_000,
      endedMs: call.turnCount * 2_000 + 1_500,
      responseMs: null,
      sentimentScore: null,
      interrupted: false,
      createdAt: at(0),
    };
    // As long as a long call.
    call.turns = [...call.turns, turn].slice(-60);
    tell({ id: `e${String(nth)}`, type: "call.turn", at: at(0), data: { ...about, seq: call.turnCount } });
  };
  let due = 0;
  let before = performance.now();
  made.timer = setInterval(() => {
    const now = performance.now();
    due += ((now - before) / 1_000) * EVENTS_A_SECOND;
    before = now;
    if (made.sockets.size === 0) due = 0;
    for (; due >= 1; due -= 1) happen();
  }, 1_000 / PORTIONS);
  return made;
}

/** Answers for the calls itself and hands everything else on. */
function startFront() {
  const own = (path) => {
    if (path === "/api/calls/live")
      return { items: desk.calls.map((call) => ({ ...call, turns: call.turns.slice(-6) })) };
    const call = desk.calls.find(({ id }) => path === `/api/calls/${id}`);
    return call && { ...call, interactions: [], usage: [], carrierCharges: [], analysis: null, transcript: null };
  };
  const made = createServer((asked, answer) => {
    const body = own(asked.url.split("?")[0]);
    if (body) {
      answer.writeHead(200, { "Content-Type": "application/json" });
      return answer.end(JSON.stringify(body));
    }
    const { url: path, method, headers } = asked;
    const onward = ask({ host: "127.0.0.1", port, path, method, headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  made.on("upgrade", (asked, socket) => {
    const key = `${asked.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: patchcord.v1\r\n\r\n`,
    );
    // Whatever the page says is a wish for topics.
    socket.once("data", () => {
      socket.write(frameOf(JSON.stringify({ type: "subscribed", topics: ["calls"] })));
      desk.sockets.add(socket);
    });
    socket.on("data", () => undefined);
    for (const end of ["close", "error"]) socket.on(end, () => desk.sockets.delete(socket));
  });
  made.listen(ownPort, "127.0.0.1");
  return made;
}

/** A text as one frame of RFC 6455, from a server. */
function frameOf(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
