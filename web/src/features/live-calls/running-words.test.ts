import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { coalesce } from "./coalesce";
import { tail } from "./looks";
import { RunningWords } from "./running-words";

/** Words whose frames of the screen come when the test says so. */
function begin() {
  const waiting: (() => void)[] = [];
  const words = new RunningWords((work) => waiting.push(work));
  const frame = () => waiting.splice(0).forEach((work) => work());
  return { words, frame, waiting };
}

test("all that comes within a frame is told once, to those whom it is about", () => {
  const { words, frame, waiting } = begin();
  const [first, second] = [vi.fn(), vi.fn()];
  words.subscribe("c1", first);
  const stop = words.subscribe("c2", second);
  for (const text of ["My", "My printer", "My printer is"]) words.note("c1", "CALLER", null, text);
  expect(first).not.toHaveBeenCalled();
  frame();
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
  expect(words.get("c1")?.text).toBe("My printer is");
  stop();
  words.note("c2", "CALLER", null, "Hello");
  expect(waiting).toHaveLength(0);
  frame();
  expect(second).not.toHaveBeenCalled();
});

test("words stay until their turn is loaded; another speaker's turn does not settle them", () => {
  const { words } = begin();
  words.note("c1", "AGENT", "printer_agent", "Which printer");
  words.settle("c1", "CALLER", 4);
  expect(words.get("c1")?.settledAs).toBeNull();
  words.settle("c1", "AGENT", 5);
  expect(words.get("c1")?.settledAs).toBe(5);
  words.note("c1", "CALLER", null, "The");
  expect(words.get("c1")).toMatchObject({ speaker: "CALLER", settledAs: null });
});

test("it holds no more than the calls that last, and no more of each than is shown", () => {
  const { words, frame, waiting } = begin();
  for (let call = 0; call < 1_000; call += 1) words.note(`c${String(call)}`, "CALLER", null, "x".repeat(5_000));
  expect(words.get("c1")?.text).toHaveLength(2_000);
  words.keep(new Set(["c1", "c2"]));
  expect(words.size).toBe(2);
  words.subscribe("c1", () => undefined);
  for (let event = 0; event < 1_000; event += 1) words.note("c1", "CALLER", null, String(event));
  expect(waiting).toHaveLength(1);
  frame();
  words.drop("c1");
  words.drop("c2");
  expect(words.size).toBe(0);
});

test("of a long text nothing but its end stays in memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    return getHeapStatistics().used_heap_size / 1_048_576;
  };
  const { words } = begin();
  const before = used();
  // As it comes from a frame: a text of its own, of a hundred thousand characters.
  const long = JSON.stringify("word ".repeat(20_000));
  for (let call = 0; call < 100; call += 1) words.note(`c${String(call)}`, "CALLER", null, JSON.parse(long) as string);
  expect(used() - before).toBeLessThan(2);
  expect(words.get("c1")?.text).toBe("word ".repeat(400));
});

test("of a long text the end is shown, from a word on", () => {
  expect(tail("short", 20)).toBe("short");
  expect(tail("one two three four five", 12)).toBe("…four five");
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("requests come one at a time, and the last is not forgotten", async () => {
  const done: (() => void)[] = [];
  const work = vi.fn(() => new Promise<void>((resolve) => done.push(resolve)));
  const { call, cancel } = coalesce(work, 100);
  for (let asked = 0; asked < 50; asked += 1) call();
  expect(work).toHaveBeenCalledTimes(1);
  done.pop()?.();
  await vi.advanceTimersByTimeAsync(99);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  done.pop()?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(work).toHaveBeenCalledTimes(2);
  call();
  cancel();
  done.pop()?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(work).toHaveBeenCalledTimes(3);
});
