const languages = new Intl.DisplayNames("en", { type: "language" });

/** `de-CH` → `Swiss High German`; what is no code of a language stays as it is. */
export function languageName(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}
