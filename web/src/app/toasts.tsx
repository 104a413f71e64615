import { Notifications } from "@mantine/notifications";

/** Where toasts show up. */
export function Toasts() {
  return <Notifications position="bottom-left" limit={4} />;
}
