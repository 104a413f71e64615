import { Inbox } from "lucide-react";
import { NoneOpen } from "~/components/record-page";

/** Instead of a ticket, when none is open. */
export function NothingOpen() {
  return <NoneOpen icon={Inbox} one="ticket" />;
}
