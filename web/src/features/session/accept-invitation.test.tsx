import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "~/test/render";
import { problem, serve, session } from "~/test/server";
import { AcceptInvitation } from "./accept-invitation";

const ACCEPT = "POST /api/auth/invitations/accept";

async function choose(password: string, again = password) {
  await userEvent.type(screen.getByLabelText("Password"), password);
  await userEvent.type(screen.getByLabelText("The same again"), again);
  await userEvent.click(screen.getByRole("button", { name: "Save and sign in" }));
}

test("a password is chosen, and one is signed in", async () => {
  const calls = serve({ [ACCEPT]: () => session("token-1") });
  const onAccepted = vi.fn();
  show(<AcceptInvitation token="t0ken" onAccepted={onAccepted} />);
  await choose("a long enough secret");
  await waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
  expect(calls[0]?.body).toEqual({ token: "t0ken", password: "a long enough secret" });
});

test("what is too short or differs is told before anything is sent", async () => {
  const calls = serve({});
  show(<AcceptInvitation token="t0ken" onAccepted={() => undefined} />);
  await choose("short", "other");
  expect(screen.getByText("Use 12 characters or more.")).toBeInTheDocument();
  expect(screen.getByText("The two are not the same.")).toBeInTheDocument();
  expect(calls).toEqual([]);
});

test("what the server says of a password is told at the field", async () => {
  const errors = [{ field: "password", message: "is one of the first that anybody would guess; choose another" }];
  serve({ [ACCEPT]: () => problem(422, "validation_failed", { errors }) });
  show(<AcceptInvitation token="t0ken" onAccepted={() => undefined} />);
  await choose("password1234");
  expect(await screen.findByText(/first that anybody would guess/)).toBeInTheDocument();
});

test("a used link, and one without a token, are told", async () => {
  serve({ [ACCEPT]: () => problem(401, "invitation_invalid", { detail: "this invitation is used" }) });
  const { unmount } = show(<AcceptInvitation token="t0ken" onAccepted={() => undefined} />);
  await choose("a long enough secret");
  expect(await screen.findByRole("alert")).toHaveTextContent("this invitation is used");
  unmount();
  show(<AcceptInvitation token="" onAccepted={() => undefined} />);
  expect(screen.getByRole("alert")).toHaveTextContent("This link is not complete.");
  expect(screen.getByRole("button", { name: "Save and sign in" })).toBeDisabled();
});
