/** Offers something as a download under a name. */
export function offer(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser takes the content after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
