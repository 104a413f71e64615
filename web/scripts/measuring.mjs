// What the measurements share: a server of its own with the demo data, a browser, and a chapter of docs/performance.md.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "@playwright/test";

export const DEMO = { email: "agent@demo.test", password: "patchcord-demo" };
export const VIEWPORT = { width: 1440, height: 900 };

/** The binary that was named at the terminal, and what else stands there. */
export function readWords(usage) {
  const [named, ...flags] = process.argv.slice(2);
  if (!named) throw new Error(`name the binary: ${usage}`);
  return { named, binary: resolve(named), flags };
}

/**
 * Starts the binary with the demo data and whatever `prepare` adds by its commands, and Chromium. `load` is the load average
 * before; `stop` ends both and takes the data away.
 */
export async function start(binary, { prepare = () => undefined, chromiumArgs = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "patchcord-measure-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${String(port)}`;
  const env = {
    ...process.env,
    PORT: String(port),
    BIND: "127.0.0.1",
    DATA_DIR: folder,
    COPILOT_PROVIDER: "builtin",
    RATE_LIMIT_PER_MINUTE: "0",
  };
  const command = (words, input) => {
    const { status, stderr } = spawnSync(binary, words, { env, input, encoding: "utf8" });
    if (status !== 0) throw new Error(`patchcord ${words.join(" ")}: ${stderr}`);
  };
  const [load = 0] = loadavg();
  let server;
  let browser;
  const stop = async () => {
    await browser?.close();
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    command(["seed", "--demo"]);
    prepare(command);
    server = spawn(binary, ["serve"], { env, stdio: "ignore" });
    await healthy(base);
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", ...chromiumArgs],
    });
    return { port, base, browser, load, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Signs in on the sign-in page. */
export async function signIn(page, base, { email, password }) {
  await page.goto(base);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("region", { name: "List of tickets" }).waitFor();
}

/** A line of a chapter. */
export function figure(name, measured, goal, ok = true) {
  return { name, measured: ok ? measured : `${measured} **missed**`, goal };
}

/** Prints a chapter, and puts it into the document with `write`. `on` is what stands before and after the machine. */
export function report({ title, command, on, load, write }, figures) {
  const today = new Date().toISOString().slice(0, 10);
  const lines = [
    `## ${title}`,
    "",
    `Written by \`${command}\` in \`web/\` on ${today}: ${on.before}` +
      `server, Chromium and Node.js ${process.version} together on ${String(cpus().length)} cores, ` +
      `load average before the run ${load.toFixed(2)}.${on.after}`,
    "",
    "| figure | measured | goal |",
    "|---|---|---|",
    ...figures.map(({ name, measured, goal }) => `| ${name} | ${measured} | ${goal} |`),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (!write) return;
  const file = new URL("../../docs/performance.md", import.meta.url);
  const [before, own = ""] = readFileSync(file, "utf8").split(`\n## ${title}\n`);
  const [, ...after] = own.split("\n## ");
  const chapters = [before.trimEnd(), lines.join("\n").trimEnd(), ...after.map((chapter) => `## ${chapter.trimEnd()}`)];
  writeFileSync(file, `${chapters.join("\n\n")}\n`);
}

async function healthy(base) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(`${base}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error("the server does not answer");
}

export function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => done(free));
    });
  });
}
