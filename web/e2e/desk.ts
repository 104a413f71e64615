import { type APIRequestContext, type Page, expect } from "@playwright/test";

const PASSWORD = "patchcord-demo";

interface Session {
  headers: { Authorization: string };
  userId: string;
}

/** Signs in without a page, as a program would. */
export async function session(request: APIRequestContext, email: string, server = ""): Promise<Session> {
  const answer = await request.post(`${server}/api/auth/login`, { data: { email, password: PASSWORD } });
  expect(answer.status()).toBe(200);
  const { accessToken, user } = (await answer.json()) as { accessToken: string; user: { id: string } };
  return { headers: { Authorization: `Bearer ${accessToken}` }, userId: user.id };
}

interface Ticket {
  id: string;
  label: string;
}

interface Wanted {
  subject: string;
  message?: string;
  tags?: string[];
  priority?: string;
}

/** Opens a ticket, so that a test has one of its own. */
export async function openTicket(
  request: APIRequestContext,
  { headers }: Session,
  wanted: Wanted,
  server = "",
): Promise<Ticket> {
  const data = { message: "It does not work any more.", ...wanted };
  const answer = await request.post(`${server}/api/tickets`, { headers, data });
  expect(answer.status()).toBe(201);
  return (await answer.json()) as Ticket;
}

/** A word that no other test uses. */
export function unique(word: string): string {
  return `${word}${String(Date.now())}`;
}

/** The tickets in the list, by their rows. */
export function rows(page: Page) {
  return page.getByRole("region", { name: "Tickets", exact: true }).getByRole("link");
}

/** The toast that tells what was done. */
export function toast(page: Page, text: string | RegExp) {
  return page.getByRole("alert").filter({ hasText: text });
}
