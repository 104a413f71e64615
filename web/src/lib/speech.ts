/** Whether a model that speaks is set up, so that calls may go by microphone; the server says so in the page itself. */
export function hasSpeech(): boolean {
  return document.querySelector<HTMLMetaElement>("meta[name='patchcord-speech']")?.content === "true";
}
