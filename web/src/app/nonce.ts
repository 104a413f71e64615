import { setNonce } from "get-nonce";

/** The nonce of this answer of the server. Browsers hide it from attributes, so it is read as a property. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']")?.nonce ?? "";
}

// For the styles that dialogs add while they lock scrolling.
setNonce(styleNonce());
