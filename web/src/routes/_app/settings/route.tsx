import { Outlet, createFileRoute } from "@tanstack/react-router";
import { useIsAdmin } from "~/api/session";
import { Forbidden } from "~/components/forbidden";
import { SettingsFrame } from "~/features/settings/frame";

export const Route = createFileRoute("/_app/settings")({ component: SettingsRoute });

/** The server refuses others; this spares them the refusals. */
function SettingsRoute() {
  if (!useIsAdmin()) return <Forbidden />;
  return (
    <SettingsFrame>
      <Outlet />
    </SettingsFrame>
  );
}
