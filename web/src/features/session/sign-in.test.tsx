import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test } from "vitest";
import { show } from "~/test/render";
import { SignIn } from "./sign-in";

function oidc(content: string) {
  const meta = document.createElement("meta");
  meta.name = "patchcord-oidc";
  meta.content = content;
  document.head.append(meta);
}

afterEach(() => {
  document.querySelector("meta[name='patchcord-oidc']")?.remove();
});

test("the way to the identity provider is shown when there is one, and leads back", async () => {
  oidc("true");
  show(<SignIn next="/tickets/42?tab=a&b" onSignedIn={() => undefined} />);
  const link = screen.getByRole("link", { name: "Sign in with your organization" });
  expect(link).toHaveAttribute("href", "/api/auth/oidc/start?next=%2Ftickets%2F42%3Ftab%3Da%26b");
  // On the way back the page must ask for the session that the cookie carries.
  expect(localStorage.getItem("patchcord.session")).toBeNull();
  link.addEventListener("click", (event) => event.preventDefault());
  await userEvent.click(link);
  expect(localStorage.getItem("patchcord.session")).toBe("1");
});

test.each(["false", "__OIDC__"])("without one (%s) there is a password only", (content) => {
  oidc(content);
  show(<SignIn onSignedIn={() => undefined} />);
  expect(screen.queryByRole("link")).toBeNull();
  expect(screen.getByLabelText("Password")).toBeVisible();
});

test.each([
  ["user_not_provisioned", /Ask an administrator/],
  ["sign_in_expired", /took too long/],
  ["unavailable", /cannot be reached/],
  ["<b>anything</b>", /did not let you in/],
])("what went wrong there (%s) is told in words", (code, words) => {
  show(<SignIn problemElsewhere={code} onSignedIn={() => undefined} />);
  expect(screen.getByRole("alert")).toHaveTextContent(words);
  expect(screen.getByRole("alert")).not.toHaveTextContent(code);
});
