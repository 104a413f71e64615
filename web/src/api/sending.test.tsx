import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "~/test/render";
import { json, problem, serve, session } from "~/test/server";
import { useSending } from "./sending";

function Logout({ onError }: { onError: () => void }) {
  const change = useSending("post", "/api/auth/password", { onError });
  const body = { currentPassword: "old", newPassword: "new" };
  return (
    <button
      onClick={() => {
        // Twice within one click: no render lies between.
        change.mutate({ body });
        change.mutate({ body });
      }}
    >
      Change
    </button>
  );
}

test("two clicks before the next render send once; after the answer it can be sent again", async () => {
  let refused = 0;
  const calls = serve({
    "POST /api/auth/refresh": () => session("t"),
    "POST /api/auth/password": () => (refused === 0 ? problem(422, "invalid") : json(null)),
  });
  const sent = () => calls.filter(({ path }) => path === "/api/auth/password").length;
  show(
    <Logout
      onError={() => {
        refused += 1;
      }}
    />,
  );
  screen.getByRole("button").click();
  await waitFor(() => expect(refused).toBe(1));
  expect(sent()).toBe(1);
  screen.getByRole("button").click();
  await waitFor(() => expect(sent()).toBe(2));
});
