/** Without accents and capitals, keeping one character for each. */
function fold(text: string): string {
  return [...text]
    .map((character) => {
      const plain = character.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
      return plain.length === character.length ? plain : character;
    })
    .join("");
}

/** Parts of a text, those that begin with one of the searched words marked, as the server finds them. */
export function highlight(text: string, words: string | undefined): { text: string; hit: boolean }[] {
  const wanted = fold(words ?? "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
  if (wanted.length === 0) return [{ text, hit: false }];
  const folded = fold(text);
  const parts: { text: string; hit: boolean }[] = [];
  let end = 0;
  for (const match of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    const word = wanted.filter((one) => match[0].startsWith(one)).sort((a, b) => b.length - a.length)[0];
    if (!word) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), hit: false });
    end = match.index + word.length;
    parts.push({ text: text.slice(match.index, end), hit: true });
  }
  if (end < text.length) parts.push({ text: text.slice(end), hit: false });
  return parts;
}
