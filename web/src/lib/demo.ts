/** Whether the server runs with demonstration data and well-known passwords; it says so in the page itself. */
export function isDemo(): boolean {
  return document.querySelector<HTMLMetaElement>("meta[name='patchcord-demo']")?.content === "true";
}
