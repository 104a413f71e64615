import { type ChildProcess, spawn } from "node:child_process";

interface Wanted {
  scenario: string;
  /** How many callers at once. */
  count?: number;
  /** How many times faster than people speak. */
  speed?: number;
}

/** The server whose calls are placed here. */
const SERVER = process.env.PATCHCORD_URL ?? "http://127.0.0.1:3000";

/** Callers and a carrier beside the server, as `patchcord call` plays them. They hang up when the test is over. */
export class Callers {
  readonly #running: ChildProcess[] = [];

  call({ scenario, count = 1, speed = 1 }: Wanted): void {
    const binary = process.env.PATCHCORD_BINARY ?? "../target/debug/patchcord";
    const many = count > 1 ? ["--count", String(count), "--concurrency", String(count)] : [];
    const words = ["call", "--scenario", scenario, "--url", SERVER, "--speed", String(speed), ...many];
    const port = process.env.PATCHCORD_CARRIER_PORT;
    const env = { ...process.env, ...(process.env.PATCHCORD_DATA_DIR && { DATA_DIR: process.env.PATCHCORD_DATA_DIR }) };
    const child = spawn(binary, [...words, "--engine", "relay", ...(port ? ["--rest-port", port] : [])], {
      env,
      stdio: process.env.PATCHCORD_CALLS_SHOWN ? "inherit" : "ignore",
    });
    this.#running.push(child);
  }

  /** Ends those who still call. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#running.splice(0).map(
        (child) =>
          new Promise<void>((done) => {
            if (child.exitCode !== null || child.signalCode !== null) return done();
            child.once("exit", () => done());
            child.kill();
          }),
      ),
    );
  }
}
