import { openTicket, rows, session, toast, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

test("a list is worked through with the keyboard only", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const tag = unique("triage");
  for (const subject of ["Third in the list", "Second in the list", "First in the list"]) {
    await openTicket(request, admin, { subject, tags: [tag] });
  }
  await enter(page, "agent@demo.test");
  await expect(rows(page).first()).toBeVisible();

  await test.step("search with a typed filter", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type(`tag:${tag} `);
    await expect(page).toHaveURL(new RegExp(`tag=${tag}`));
    await expect(rows(page)).toHaveCount(3);
    await page.keyboard.press("Escape");
  });

  await test.step("move", async () => {
    await page.keyboard.press("j");
    await expect(rows(page).nth(0)).toBeFocused();
    await page.keyboard.press("j");
    await expect(rows(page).nth(1)).toBeFocused();
    await page.keyboard.press("k");
    await expect(rows(page).nth(0)).toBeFocused();
  });

  await test.step("priority and assignee of the row in focus", async () => {
    await page.keyboard.press("p");
    await expect(page.getByRole("combobox", { name: /^Priority of TKT-/ })).toBeFocused();
    await page.keyboard.type("urg");
    await page.keyboard.press("Enter");
    await expect(toast(page, "Urgent priority")).toBeVisible();
    await expect(rows(page).nth(0)).toContainText("Urgent");
    await page.keyboard.press("a");
    await expect(page.getByRole("dialog", { name: /^Assign TKT-/ })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await expect(toast(page, "assigned to Sam Kessler")).toBeVisible();
  });

  await test.step("open it, reply, write a note", async () => {
    await rows(page).nth(0).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "First in the list", level: 1 })).toBeVisible();
    const conversation = page.getByRole("region", { name: "Conversation" });
    await page.keyboard.press("r");
    await expect(page.getByLabel("Text of the reply")).toBeFocused();
    await page.keyboard.type("We are looking at it.");
    await page.keyboard.press("Control+Enter");
    await expect(conversation.getByText("We are looking at it.")).toHaveCount(1);
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await expect(page.getByLabel("Text of the note")).toBeFocused();
    await page.keyboard.type("Same as last week.");
    await page.keyboard.press("Control+Enter");
    await expect(conversation.getByRole("article", { name: /^Internal note/ })).toContainText("Same as last week.");
    await page.keyboard.press("Escape");
  });

  await test.step("resolve it, then close it", async () => {
    await page.keyboard.press("e");
    await expect(toast(page, "Resolved")).toBeVisible();
    await page.keyboard.press("e");
    await expect(toast(page, "Closed")).toBeVisible();
    await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
  });

  await test.step("the sheet lists the keys", async () => {
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keys" })).toContainText("Assign");
    await page.keyboard.press("Escape");
  });
});

test("many tickets are closed at once, and that is undone", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const tag = unique("bulk");
  for (const subject of ["Bulk three", "Bulk two", "Bulk one"]) {
    await openTicket(request, admin, { subject, tags: [tag] });
  }
  await enter(page, "agent@demo.test", `/tickets?tag=${tag}`);
  await expect(rows(page)).toHaveCount(3);
  await page.keyboard.press("j");
  await expect(rows(page).nth(0)).toBeFocused();
  await page.keyboard.press("x");
  await rows(page)
    .nth(2)
    .click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar", { name: "Chosen tickets" });
  await expect(bar).toContainText("3 selected");
  await expectAccessible(page);
  await bar.getByRole("button", { name: "Close", exact: true }).click();
  await expect(toast(page, "3 tickets: Closed")).toBeVisible();
  for (const index of [0, 1, 2]) await expect(rows(page).nth(index)).toContainText("Closed");
  await toast(page, "3 tickets: Closed").getByRole("button", { name: "Undo" }).click();
  for (const index of [0, 1, 2]) await expect(rows(page).nth(index)).toContainText("Open");
  const answer = await request.get(`/api/tickets?tag=${tag}`, { headers: admin.headers });
  const { items } = (await answer.json()) as { items: { status: string }[] };
  expect(items.map(({ status }) => status)).toEqual(["OPEN", "OPEN", "OPEN"]);
});

test("a change that the server refuses is taken back, with the reason", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const ticket = await openTicket(request, admin, { subject: unique("Refused ") });
  await enter(page, "agent@demo.test", `/tickets/${ticket.label}`);
  await expect(page.getByRole("button", { name: "Priority: Medium" })).toBeVisible();
  await page.route("**/api/tickets/bulk", async (route) => {
    const results = [
      { id: ticket.id, ok: false, code: "invalid_transition", detail: "it was merged away", undo: null },
    ];
    await route.fulfill({ json: { results }, headers: { "X-Request-Id": "r-refused" } });
  });
  await page.keyboard.press("p");
  await expect(page.getByRole("combobox", { name: /^Priority of TKT-/ })).toBeFocused();
  await page.keyboard.type("high");
  await page.keyboard.press("Enter");
  const told = toast(page, `The priority of ${ticket.label} was not changed`);
  await expect(told).toContainText("it was merged away");
  await expect(told).toContainText("r-refused");
  await expect(page.getByRole("button", { name: "Priority: Medium" })).toBeVisible();
});

test("a view is kept under a name, renamed and deleted", async ({ page }) => {
  await enter(page, "agent@demo.test", "/tickets?status=WAITING_ON_CUSTOMER&priority=HIGH,MEDIUM");
  await page.getByRole("button", { name: "Save as a view" }).click();
  await page.getByRole("menuitem", { name: "Save as a new view…" }).click();
  const name = unique("Waiting ");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Save the view" }).click();
  const link = page.getByRole("link", { name: new RegExp(name) });
  await expect(link).toBeVisible();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/view=/);
  await link.hover();
  await page.getByRole("button", { name: `View ${name}: more` }).click();
  await page.getByRole("menuitem", { name: "Rename…" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`${name} again`);
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(page.getByRole("link", { name: new RegExp(`${name} again`) })).toBeVisible();
  await page.getByRole("button", { name: `View ${name} again: more` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByRole("link", { name: new RegExp(name) })).toHaveCount(0);
});
