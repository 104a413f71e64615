import { expect, test } from "vitest";
import { show } from "~/test/render";
import { Markdown, safeHref } from "./markdown";

function html(text: string): string {
  const { container } = show(<Markdown text={text} />);
  return container.querySelector(".markdown")?.innerHTML ?? "";
}

test.each([
  ["# One", "<h2>One</h2>"],
  ["a **b** *c* ~~d~~ `e`", "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>"],
  ["- x\n- y", "<ul><li>x</li><li>y</li></ul>"],
  ["3. x", '<ol start="3"><li>x</li></ol>'],
  ["> q", "<blockquote><p>q</p></blockquote>"],
  ["R&amp;D &lt;b&gt; &#65;", "<p>R&amp;D &lt;b&gt; A</p>"],
  ["\\*no\\*", "<p>*no*</p>"],
])("%j", (text, expected) => {
  expect(html(text)).toBe(expected);
});

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "a <b onclick=alert(1)>b</b>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "![x](data:text/html;base64,PHNjcmlwdD4=)",
  "<javascript:alert(1)>",
  "[x]: javascript:alert(1)\n\n[x]",
  "[x](vbscript:x) [y](//evil.test) [z](/api/auth/logout)",
])("no tag, handler or address of %j comes through", (text) => {
  const { container } = show(<Markdown text={text} />);
  expect(container.querySelector("script, img, a, [onclick], [onerror]")).toBeNull();
});

test("links lead out safely, pictures become links", () => {
  const { container } = show(<Markdown text={"[a](https://a.test) ![b](https://b.test/b.png) https://c.test"} />);
  const links = [...container.querySelectorAll("a")];
  expect(links.map((link) => link.getAttribute("href"))).toEqual([
    "https://a.test",
    "https://b.test/b.png",
    "https://c.test",
  ]);
  expect(links.every((link) => link.rel.includes("noopener") && link.target === "_blank")).toBe(true);
  expect(safeHref("mailto:a@b.test")).toBe("mailto:a@b.test");
});

test("text that nests without end is still shown", () => {
  const { container } = show(<Markdown text={`${">".repeat(5_000)} deep`} />);
  expect(container.textContent).toContain("deep");
});
