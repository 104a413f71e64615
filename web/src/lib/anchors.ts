/** The element id of a message, so that a citation can lead to it. */
export function messageAnchor(id: string): string {
  return `message-${id}`;
}
