/** Whether people can sign in at an identity provider; the server says so in the page itself. */
export function hasOidc(): boolean {
  return document.querySelector<HTMLMetaElement>("meta[name='patchcord-oidc']")?.content === "true";
}

/** Where a sign-in at the identity provider begins; it ends at a path of this page. */
export function oidcStart(next: string): string {
  return `/api/auth/oidc/start?next=${encodeURIComponent(next)}`;
}
