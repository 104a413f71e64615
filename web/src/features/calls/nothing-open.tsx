import { Phone } from "lucide-react";
import { NoneOpen } from "~/components/record-page";

/** Instead of a call, when none is open. */
export function NothingOpen() {
  return <NoneOpen icon={Phone} one="call" />;
}
