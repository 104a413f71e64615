/** Columns of each kind of file, as the server names them. */
export const COLUMNS: Record<string, string[]> = {
  organizations: ["name", "ueCode", "domain", "accountManager", "notes", "status"],
  contacts: ["organization", "ueCode", "location", "name", "email", "phone", "title", "isVip", "preferredLanguage"],
  devices: [
    "organization",
    "ueCode",
    "location",
    "name",
    "type",
    "manufacturer",
    "model",
    "operatingSystem",
    "osVersion",
    "domain",
    "serialNumber",
    "assetTag",
    "ipAddress",
    "macAddress",
    "status",
    "lastSeenAt",
    "warrantyUntil",
    "notes",
  ],
};

/** Bytes of the file that are read for the names of its columns. */
export const HEAD_BYTES = 64 * 1024;

/** The names in the first line, cut where the server cuts: at commas, semicolons or tabs, with quotes as RFC 4180 has them. */
export function namesIn(text: string): string[] {
  const line = firstLine(text.replace(/^\uFEFF/, ""));
  const outside = line.replace(/"(?:[^"]|"")*"/g, "");
  const counted = [",", ";", "\t"].map((mark) => ({ mark, times: outside.split(mark).length }));
  const { mark } = counted.reduce((best, one) => (one.times > best.times ? one : best));
  const names: string[] = [];
  let [cell, quoted] = ["", false];
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? "";
    if (letter === '"' && quoted && line[at + 1] === '"') {
      cell += letter;
      at += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === mark && !quoted) {
      names.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...names, cell.trim()].filter(Boolean);
}

/** Quotes may have line ends in them. */
function firstLine(text: string): string {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (!quoted && (text[at] === "\n" || text[at] === "\r") && at > 0) return text.slice(0, at);
  }
  return text;
}
