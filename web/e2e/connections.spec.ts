import { openTicket, session, toast, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

test.use({ refusals: [409, 422] });

test("a webhook: a wrong address, the secret once, a test that fails and is sent again, deleted", async ({ page }) => {
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  await page.getByRole("button", { name: "New webhook" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await dialog.getByLabel("Address").fill("not an address");
  await dialog.getByRole("button", { name: "Make the webhook" }).click();
  await expect(dialog.getByLabel("Address")).toHaveAttribute("aria-invalid", "true");
  const address = `https://hooks.invalid/${String(Date.now())}`;
  await dialog.getByLabel("Address").fill(address);
  await dialog.getByRole("button", { name: "Make the webhook" }).dblclick();
  const secret = page.getByRole("dialog", { name: "Signing secret" });
  await expect(secret.getByLabel("Signing secret", { exact: true })).toHaveValue(/^whsec_/);
  await secret.getByRole("button", { name: "Done" }).click();

  await expect(page.getByRole("link", { name: address })).toHaveCount(1);
  await page.getByRole("link", { name: address }).click();
  await page.getByRole("button", { name: "Send a test" }).click();
  const row = page.getByRole("row", { name: /webhook\.test/ }).first();
  await expect(row).toBeVisible();
  await row.getByRole("button", { name: /Show the delivery/ }).click();
  const delivery = page.getByRole("dialog", { name: "Delivery of webhook.test" });
  await expect(delivery.getByRole("region", { name: "Request" })).toContainText("webhook.test");
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "New secret…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
  await expect(secret.getByLabel("Signing secret", { exact: true })).toHaveValue(/^whsec_/);
  await secret.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("button", { name: "Enable" })).toBeVisible();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { name: "Webhooks", level: 1 })).toBeVisible();
  await expect(page.getByRole("link", { name: address })).toHaveCount(0);
});

test("a team is made, and its deletion is undone", async ({ page }) => {
  const name = `Second line ${String(Date.now())}`;
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Teams and agents" }).click();
  await page.getByRole("button", { name: "New team" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New team" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText("Whoever waits longest");
  await row.getByRole("button", { name: `Delete ${name}` }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("alert").filter({ hasText: "is deleted" }).getByRole("button", { name: "Undo" }).click();
  await expect(row).toHaveCount(1);
});

test("a ticket is given to a team: whose turn it is gets it, and that is undone", async ({ page, request }) => {
  const name = unique("Third line ");
  const admin = await session(request, "admin@demo.test");
  const { headers } = admin;
  const agents = (await (await request.get("/api/support-agents?kind=HUMAN&isAvailable=true", { headers })).json()) as {
    items: { id: string; name: string }[];
  };
  const member = agents.items[0];
  if (!member) throw new Error("the demo data has nobody who is available any more");
  const data = { name, strategy: "ROUND_ROBIN", productAreas: [], members: [member.id] };
  const team = await request.post("/api/teams", { headers, data });
  expect(team.status()).toBe(201);
  const ticket = await openTicket(request, admin, { subject: unique("For a team ") });
  await enter(page, "agent@demo.test", `/tickets/${ticket.label}`);
  await page
    .getByRole("button", { name: /^Assign/ })
    .first()
    .click();
  await page.getByRole("combobox", { name: /^Assign/ }).fill(name);
  await page.getByRole("option", { name: new RegExp(name) }).click();
  const done = toast(page, `${ticket.label}: assigned to ${member.name} of ${name}`);
  await expect(done).toBeVisible();
  const now = async () => {
    const answer = await request.get(`/api/tickets/${ticket.id}`, { headers });
    return ((await answer.json()) as { assignee: { id: string } | null }).assignee?.id ?? null;
  };
  expect(await now()).toBe(member.id);
  await done.getByRole("button", { name: "Undo" }).click();
  await expect.poll(now).toBe(null);
});

test("from the palette to a customer, a person and a device", async ({ page }) => {
  await enter(page, "agent@demo.test");
  await expect(page.getByRole("link", { name: "Organizations" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search or jump to" })).toBeFocused();
  await page.keyboard.type("Halden");
  await page.getByRole("group", { name: "Organizations" }).getByRole("option").first().click();
  await expect(page.getByRole("heading", { name: "Halden Logistics", level: 1 })).toBeVisible();
  await page.getByRole("table", { name: "Contacts" }).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Newest tickets" })).toBeVisible();
  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByRole("table", { name: "Devices" }).getByRole("link").first().click();
  await expect(page.getByText("Serial number")).toBeVisible();
});
